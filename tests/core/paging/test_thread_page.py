"""What a page says of a thread as a whole."""

from __future__ import annotations

from syrupy.assertion import SnapshotAssertion

from functions.core.paging.desk import Thread
from functions.core.paging.page import (
    ACKNOWLEDGE,
    TRIGGER,
    UPDATE,
)
from functions.core.paging.thread_page import (
    STORM_TITLE,
    acknowledged_page,
    storm_page,
    storm_subject,
)
from functions.core.troubles.response import Acknowledgement
from tests.builders import DASHBOARD, NOW
from tests.core.paging.shown import shown

STORM = Thread("PW-1120-1343-a1b", storm_subject("PW-1120-1343-a1b"), STORM_TITLE, "info", NOW)


def test_somebody_took_it_over(snapshot: SnapshotAssertion) -> None:
    message = Acknowledgement("PW-1120-1343-4f2", "asha", NOW + 60, "calling HDFC")
    thread = Thread("PW-1120-1343-4f2", "a subject", "payments failing", "critical", NOW)
    page = acknowledged_page(message, thread, DASHBOARD)
    assert shown(page) == snapshot


def test_many_troubles_at_once(snapshot: SnapshotAssertion) -> None:
    page = storm_page(STORM, "critical", ["one", "two", "three"], DASHBOARD)
    assert shown(page) == snapshot


def test_a_storm_is_news_once_and_then_an_update() -> None:
    kinds = [
        storm_page(STORM, "critical", [], DASHBOARD, is_news=news).kind for news in (True, False)
    ]
    assert kinds == [TRIGGER, UPDATE]


def test_a_storm_is_as_severe_as_what_joined_it_last() -> None:
    assert storm_page(STORM, "warning", ["one"], DASHBOARD).severity == "warning"


def test_taking_over_without_a_comment_says_who_and_when() -> None:
    page = acknowledged_page(Acknowledgement(STORM.id, "asha", NOW + 60), STORM, DASHBOARD)
    assert page.headline == "TAKEN by asha: many troubles at once"
    assert [name for name, _ in page.facts] == ["At"]
    assert (page.kind, page.at, page.started_at) == (ACKNOWLEDGE, NOW + 60, NOW)
