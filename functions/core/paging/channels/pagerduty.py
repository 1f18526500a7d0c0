"""A page as an event of PagerDuty's Events API v2.

Fields and limits: developer.pagerduty.com, Events API v2, "Send an alert event" and "PD-CEF".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from functions.core.counting.slices import ALL, slice_key, words
from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, TRIGGER, Fact, Page
from functions.core.payments.event import DIMENSIONS
from functions.core.texts import plain

SUMMARY_LENGTH: Final = 1024
DEDUP_KEY_LENGTH: Final = 255
DETAIL_LENGTH: Final = 4000
_ACTIONS: Final = {ACKNOWLEDGE: "acknowledge", RESOLVE: "resolve"}


def events(page: Page, source: str) -> list[dict[str, Any]]:
    """The page's events, to be sent in this order. What was over before anybody was told is triggered and
    resolved at once: an alert says that it was, and none stays open."""
    begins = [event(replace(page, kind=TRIGGER), source)] if page.untold else []
    return [*begins, event(page, source)]


def event(page: Page, source: str) -> dict[str, Any]:
    """The event, without the routing key. `source`: the deployment.

    A thread is one alert of PagerDuty's: an update triggers it again, which adds to its log and
    wakes nobody; an acknowledgement or a resolution says no more than that.
    """
    action = _ACTIONS.get(page.kind, "trigger")
    sent: dict[str, Any] = {
        "event_action": action,
        "dedup_key": page.thread[:DEDUP_KEY_LENGTH],
    }
    if action != "trigger":
        return sent
    sent["payload"] = {
        "summary": _cut(plain(page.headline) or page.thread, SUMMARY_LENGTH),
        "source": source,
        "severity": page.severity,
        "timestamp": instant(page.at),
        "component": plain(_component(page)),
        "group": plain(page.labels.get("owner", "")) or "unknown",
        "class": plain(page.labels.get("signal") or page.labels.get("alarm") or "") or "alarm",
        "custom_details": {
            **dict(map(_detail, page.facts)),
            **dict(map(_detail, (page.action,) if page.action else ())),
            "thread": page.thread,
            "labels": {plain(name): plain(value) for name, value in page.labels.items()},
        },
    }
    sent["client"] = "Paywatch"
    if page.url:
        sent["client_url"] = page.url
        sent["links"] = [{"href": page.url, "text": "Dashboard"}]
    return sent


def instant(second: int) -> str:
    """ISO 8601 in UTC: `2025-11-20T13:43:00Z`."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _component(page: Page) -> str:
    """What is broken: `issuer HDFC × network VISA`; the alarm where no slice is known."""
    place = slice_key({name: page.labels[name] for name in DIMENSIONS if name in page.labels})
    return (page.labels.get("alarm") if place == ALL else None) or words(place)


def _detail(fact: Fact) -> Fact:
    name, value = fact
    return plain(name), _cut(plain(value), DETAIL_LENGTH)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
