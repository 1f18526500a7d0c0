"""What a page says of alarms that no incident explains."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from functions.core.paging.alarm_page import alarm_ok_page, alarm_page
from functions.core.paging.page import (
    RESOLVE,
    TRIGGER,
    UPDATE,
)
from tests.builders import ALARMS, DASHBOARD, NOW, alarm, change
from tests.core.paging.shown import page_of, shown, thread_of

CRITICAL = [alarm.name for alarm in ALARMS.values() if alarm.severity == "critical"]


def test_an_alarm_without_an_incident(snapshot: SnapshotAssertion) -> None:
    assert shown(page_of(alarm("FailureRate-critical"))) == snapshot


def test_silence(snapshot: SnapshotAssertion) -> None:
    assert shown(page_of(alarm("NoTraffic"))) == snapshot


def test_an_alarm_is_over(snapshot: SnapshotAssertion) -> None:
    page = alarm_ok_page(thread_of(alarm("FailureRate-critical")), NOW + 600, DASHBOARD)
    assert shown(page) == snapshot


@pytest.mark.parametrize("name", CRITICAL)  # the others send no SMS
def test_an_sms_for_an_alarm_says_what_to_do_first(name: str) -> None:
    assert "First: " in page_of(alarm(name)).sms


def test_a_more_severe_alarm_is_an_update_under_the_subject_of_its_thread() -> None:
    thread = thread_of(alarm("FailureRate-warning"))
    page = alarm_page(change("FailureRate-critical"), thread, DASHBOARD, is_news=False)
    assert (page.kind, page.severity, page.subject) == (UPDATE, "critical", thread.subject)


def test_an_alarm_that_is_over_resolves_what_it_triggered() -> None:
    thread = thread_of(alarm("NoTraffic"))
    kinds = [page_of(alarm("NoTraffic")).kind, alarm_ok_page(thread, NOW + 1, DASHBOARD).kind]
    assert kinds == [TRIGGER, RESOLVE]


def test_labels_of_an_alarm_name_it_for_machines() -> None:
    assert page_of(alarm("NoTraffic")).labels == {"alarm": "NoTraffic", "owner": "unknown"}
