"""A page as Alertmanager's webhook."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from functions.core.paging.channels.alertmanager import notification
from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, Page
from tests import channel_schemas
from tests.channel_pages import (
    ACKNOWLEDGED,
    ONE_OF_EACH,
    RESOLVED,
    TRIGGERED,
    UPDATED,
    page,
    pages,
)


def posted(told: Page) -> dict[str, Any]:
    made = notification(told)
    assert made is not None
    return made


def alert(told: Page) -> dict[str, Any]:
    made: dict[str, Any]
    (made,) = posted(told)["alerts"]
    return made


SENT = {name: told for name, told in ONE_OF_EACH.items() if told.kind != ACKNOWLEDGE}


@pytest.mark.parametrize("name", SENT)
def test_a_page_as_a_webhook_gets_it(name: str, snapshot: SnapshotAssertion) -> None:
    assert posted(SENT[name]) == snapshot(extension_class=JSONSnapshotExtension)


@given(pages.filter(lambda any_page: any_page.kind != ACKNOWLEDGE))
def test_a_reader_of_alertmanagers_webhooks_takes_any_page(any_page: Page) -> None:
    channel_schemas.alertmanager(posted(any_page))


def test_that_somebody_took_it_over_the_format_cannot_say() -> None:
    assert notification(ACKNOWLEDGED) is None


def test_a_thread_is_one_alert_from_its_beginning_to_its_end() -> None:
    thread = (TRIGGERED, UPDATED, RESOLVED)
    assert len({alert(told)["fingerprint"] for told in thread}) == 1
    assert len({posted(told)["groupKey"] for told in thread}) == 1


@given(pages)
def test_two_threads_are_two_alerts(any_page: Page) -> None:
    told = page(thread=any_page.thread)
    other = page(thread=f"{any_page.thread}!")
    assert alert(told)["fingerprint"] != alert(other)["fingerprint"]


def test_an_alert_that_fires_has_no_end_yet() -> None:
    assert alert(TRIGGERED)["startsAt"] == "2025-11-20T13:43:00Z"
    assert alert(TRIGGERED)["endsAt"] == "0001-01-01T00:00:00Z"


def test_one_that_is_over_has_its_end() -> None:
    told = posted(RESOLVED)
    assert told["status"] == told["alerts"][0]["status"] == "resolved"
    assert told["alerts"][0]["endsAt"] == "2025-11-20T13:53:07Z"


def test_only_a_resolution_resolves() -> None:
    assert {posted(told)["status"] for told in SENT.values() if told.kind != RESOLVE} == {"firing"}


def test_labels_have_names_that_prometheus_allows_and_no_empty_values() -> None:
    labels = alert(page(labels={"card type": "debit", "2nd": "x", "country": ""}))["labels"]
    assert labels["card_type"] == "debit"
    assert labels["_2nd"] == "x"
    assert "country" not in labels


def test_no_label_of_a_page_can_pass_for_the_alerts_own() -> None:
    labels = alert(page(labels={"severity": "none", "alertname": "Other", "thread": "x"}))["labels"]
    assert (labels["severity"], labels["alertname"]) == ("critical", "Paywatch")
    assert labels["thread"] == TRIGGERED.thread


def test_a_quote_in_a_thread_stays_inside_of_its_group_key() -> None:
    key = posted(page(thread='a"b'))["groupKey"]
    assert key == '{}:{alertname="Paywatch", thread="a\\"b"}'
