"""What a channel gets from its queue, and what it remembers of a thread.

A message is a page, or what Lambda passed on raw because notify failed: that is told in plain words,
as a trouble of its own.
"""

from __future__ import annotations

import hashlib
from typing import Final, TypeVar

import msgspec

from functions.core.counting.slices import words
from functions.core.paging.page import (
    ACKNOWLEDGE,
    KINDS,
    RESOLVE,
    TRIGGER,
    Page,
    sms_text,
    subject_line,
)
from functions.core.troubles.severity import CRITICAL, RANK

SLACK, PAGERDUTY, WEBHOOK = "slack", "pagerduty", "webhook"
CHANNELS: Final = (SLACK, PAGERDUTY, WEBHOOK)
"""The channels beside e-mail and SMS."""
MOST_SHOWN: Final = 2000
"""Characters of a raw message that people are shown."""
_ACTION: Final = "act on what stands here; then read the log group of notify, which failed."


class QueuedPage(msgspec.Struct, frozen=True):
    """One message of a channel's queue. sent_at: epoch seconds. receives: how often it came. fault:
    why notify failed, where Lambda passed the message on."""

    id: str
    body: str
    sent_at: int
    receives: int
    fault: str = ""


class ChannelMemory(msgspec.Struct, frozen=True):
    """What a channel remembers of a thread. marks: of the pages that were told. begun, over: `at` of
    the newest trigger and of the newest resolution among them, 0 for none; pages with a number go by that.
    root: Slack's name of the post that began the thread.
    """

    marks: frozenset[str] = frozenset()
    begun: int = 0
    over: int = 0
    root: str = ""


def mark(page: Page) -> str:
    """Names a page within its thread, so that one that comes twice is told once; and says what it was
    about, so that one that comes late is known."""
    if page.number:
        return f"{_NUMBERED}{page.number}/{page.kind}/{page.about}"
    return f"{page.kind}@{page.at}#{hashlib.sha256(page.headline.encode()).hexdigest()[:12]}"


def is_outdated(page: Page, told: ChannelMemory) -> bool:
    """Whether the page was held up so long that telling it would bring an old state back: after its
    trouble was told to be over, or back; or after later news of the same incident."""
    if page.number:
        return any(_is_later(one, page) for one in told.marks)
    if page.kind == RESOLVE:
        return page.at < told.begun
    return page.kind != ACKNOWLEDGE and page.at < told.over


_NUMBERED: Final = "page "


def _is_later(mark: str, page: Page) -> bool:
    """Whether the page of that mark says how things stand, and this one how they stood before."""
    if not mark.startswith(_NUMBERED):
        return False
    number, kind, about = mark.removeprefix(_NUMBERED).split("/", 2)
    if int(number) <= page.number:
        return False
    if kind == RESOLVE or (kind == TRIGGER and page.kind == RESOLVE):
        return True
    is_same = about != "" and about == page.about
    return is_same and ACKNOWLEDGE not in (kind, page.kind)


def read_page(message: QueuedPage, url: str) -> Page:
    """The page in a message; a message that is no page as a page. `url`: of the dashboard.

    Never fails: whatever comes is told.
    """
    page = _decoded(message.body, Page)
    if page is not None and page.kind in KINDS and page.severity in RANK:
        return page
    return _raw(message, url)


class _Incident(msgspec.Struct):
    id: str
    signal: str
    slice: str
    narrowed: str = ""


class _Said(msgspec.Struct):
    transition: str
    incident: _Incident


class _Announcement(msgspec.Struct):
    paywatch_announcement: _Said


class _Alarm(msgspec.Struct):
    AlarmName: str
    NewStateValue: str
    NewStateReason: str = ""


class _Sns(msgspec.Struct):
    Message: str


class _Record(msgspec.Struct):
    Sns: _Sns


class _Event(msgspec.Struct):
    """What SNS called notify with, and Lambda passes on as it was."""

    Records: tuple[_Record, ...]


_T = TypeVar("_T")


def _decoded(text: str, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _raw(message: QueuedPage, url: str) -> Page:
    event = _decoded(message.body, _Event)
    inside = [record.Sns.Message for record in event.Records] if event else []
    what, facts = _words(inside[0] if inside else message.body)
    if message.fault:
        facts.append(("notify says", message.fault[:MOST_SHOWN]))
    thread = f"PW-raw-{hashlib.sha256(message.body.encode('utf-8', 'replace')).hexdigest()[:10]}"
    headline = f"CRITICAL, told raw: {what}"
    return Page(
        thread=thread,
        kind=TRIGGER,
        severity=CRITICAL,
        subject=subject_line(f"{thread}: {what}"),
        headline=headline,
        facts=tuple(facts),
        action=("First", _ACTION),
        names=(("Thread", thread), ("Dashboard", url)),
        sms=sms_text(headline, thread),
        labels={"owner": "unknown"},
        started_at=message.sent_at,
        at=message.sent_at,
        url=url,
    )


def _words(text: str) -> tuple[str, list[tuple[str, str]]]:
    """A message of the alarms topic in one line, and what else it says."""
    if alarm := _decoded(text, _Alarm):
        reason = alarm.NewStateReason[:MOST_SHOWN] or "nothing"
        return (
            f"the alarm {alarm.AlarmName} is {alarm.NewStateValue}",
            [("CloudWatch says", reason)],
        )
    if announced := _decoded(text, _Announcement):
        said = announced.paywatch_announcement
        incident = said.incident
        place = _place(incident.narrowed or incident.slice)
        return (
            f"incident {incident.id} {said.transition}: {incident.signal} on {place}",
            [("Incident", incident.id), ("Where", place)],
        )
    return "a message that Paywatch does not know", [("It says", text[:MOST_SHOWN] or "nothing")]


def _place(key: str) -> str:
    try:
        return words(key)
    except ValueError:
        return key
