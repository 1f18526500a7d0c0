"""A page as an event of PagerDuty's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from functions.core.paging.channels.pagerduty import event, events
from functions.core.paging.page import RESOLVE, Page
from tests import channel_schemas
from tests.channel_pages import (
    ACKNOWLEDGED,
    ALARM,
    ONE_OF_EACH,
    RESOLVED,
    THREAD,
    TRIGGERED,
    UPDATED,
    page,
    pages,
)

ROUTING_KEY = "0123456789abcdef0123456789abcdef"


def sent(told: Page) -> dict[str, Any]:
    return {"routing_key": ROUTING_KEY, **event(told, "paywatch-prod")}


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_page_as_pagerduty_gets_it(name: str, snapshot: SnapshotAssertion) -> None:
    shown = event(ONE_OF_EACH[name], "paywatch-prod")
    assert shown == snapshot(extension_class=JSONSnapshotExtension)


@given(pages)
def test_pagerduty_takes_any_page(any_page: Page) -> None:
    channel_schemas.pagerduty(sent(any_page))


def test_all_pages_of_a_thread_are_one_alert() -> None:
    keys = {event(told, "x")["dedup_key"] for told in (TRIGGERED, UPDATED, ACKNOWLEDGED, RESOLVED)}
    assert keys == {THREAD}


def test_news_triggers_the_alert_again_and_the_rest_changes_its_state() -> None:
    actions = [event(told, "x")["event_action"] for told in (TRIGGERED, UPDATED, ACKNOWLEDGED, RESOLVED)]  # fmt: skip
    assert actions == ["trigger", "trigger", "acknowledge", "resolve"]


def test_the_component_is_the_slice_that_is_broken() -> None:
    payload = event(TRIGGERED, "x")["payload"]
    assert payload["component"] == "issuer HDFC × network VISA"
    assert (payload["class"], payload["group"]) == ("failed", "issuer")


def test_an_alarm_has_its_name_where_an_incident_has_its_slice() -> None:
    payload = event(ALARM, "x")["payload"]
    assert payload["component"] == payload["class"] == "Parked"


def test_without_slice_and_alarm_it_is_about_all_traffic() -> None:
    assert event(page(labels={}), "x")["payload"]["component"] == "all traffic"


def test_every_fact_and_the_first_action_are_in_the_details() -> None:
    details = event(TRIGGERED, "x")["payload"]["custom_details"]
    assert details.items() >= dict(TRIGGERED.facts).items()
    assert details["First"].startswith("nothing can be moved: payments")


def test_a_headline_too_long_for_a_summary_is_cut_and_says_so() -> None:
    summary = event(page(headline="x" * 2000), "x")["payload"]["summary"]
    assert summary == "x" * 1023 + "…"


def test_what_was_over_before_anybody_was_told_is_triggered_and_resolved() -> None:
    untold = page(kind=RESOLVE, untold=True, headline="CRITICAL: 58 % fail, recovered after 26 s")
    begun, over = events(untold, "x")
    assert (begun["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert begun["dedup_key"] == over["dedup_key"]
    assert begun["payload"]["summary"] == untold.headline
    assert [one["event_action"] for one in events(RESOLVED, "x")] == ["resolve"]
