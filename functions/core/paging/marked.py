"""What was changed shortly before a trouble began: on its pages, and on its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from functions.core.counting.slices import ALL, Slice
from functions.core.paging.alarm_change import AlarmChange, joins_incidents
from functions.core.paging.desk import Decision, Manners
from functions.core.paging.page import RESOLVE, SMS_LENGTH, Page, duration, sms_text
from functions.core.troubles.incident import Announcement, Incident, as_named
from functions.core.troubles.markers import LATE_SECONDS, Marker, near
from functions.core.troubles.mutes import LONGEST_SECONDS, MuteEnd, Unmute

CHANGED: Final = "What changed"
_BEFORE: Final = frozenset(("Since", "Back since", "Until"))
"""The facts that what changed stands behind."""
_FIRST: Final = ". First: "


class Beginning(NamedTuple):
    """Where a trouble is, and when it began (epoch seconds)."""

    slice: Slice
    at: int


def beginning(message: object) -> Beginning | None:
    """Of the trouble that a message tells of, as far as payments are what is wrong."""
    if isinstance(message, Announcement):
        return beginning_of(message.incident)
    if isinstance(message, AlarmChange) and joins_incidents(message.alarm):
        return Beginning(ALL, message.at) if message.state == "ALARM" else None
    return None


def wanted(message: object, now: int, manners: Manners) -> tuple[int, int] | None:
    """From when until when the markers lie that are to be known when a message is taken (epoch seconds)."""
    if isinstance(message, MuteEnd | Unmute):
        return now - LONGEST_SECONDS - manners.marker_seconds, now
    began = beginning(message)
    return span(began.at, manners) if began else None


def beginning_of(incident: Incident) -> Beginning:
    return Beginning(as_named(incident).slice, incident.stands_since)


def span(began: int, manners: Manners) -> tuple[int, int]:
    """From when until when a marker may be one that such a trouble follows from (epoch seconds)."""
    return began - manners.marker_seconds, began + LATE_SECONDS


def marked(
    told: Decision, message: object, markers: Sequence[Marker], manners: Manners
) -> Decision:
    """What is told and noted of a trouble, with what was changed before it began. An alarm that joins an
    incident adds nothing: the incident says when it began."""
    began = beginning(message)
    if began is None or (told.page is None and isinstance(message, AlarmChange)):
        return told
    found = near(markers, began.slice, began.at, manners.marker_seconds)
    if not found:
        return told
    notes = tuple(replace(note, markers=found) for note in told.notes)
    page = told.page and with_markers(told.page, found, began.at)
    return replace(told, page=page, notes=notes)


def with_markers(page: Page, found: Sequence[Marker], began: int) -> Page:
    """The page with what was changed, and its SMS, if there is room and it is not over: before what to do
    first, which follows from it."""
    places = [place for place, (name, _) in enumerate(page.facts) if name in _BEFORE]
    place = places[-1] + 1 if places else len(page.facts)
    fact = (CHANGED, f"it began {markers_words(found, began)}")
    facts = (*page.facts[:place], fact, *page.facts[place:])
    sms = page.sms if page.kind == RESOLVE else _sms(page, marker_words(found[0], began))
    return replace(page, facts=facts, sms=sms)


def markers_words(found: Sequence[Marker], began: int) -> str:
    return "; ".join(marker_words(one, began) for one in found)


def marker_words(marker: Marker, began: int) -> str:
    """`3 min after: router 4.2 deployed (asha)`."""
    apart = abs(began - marker.at)
    shown = f"{apart // 60} min" if apart >= 120 else duration(apart)
    who = f" ({marker.by})" if marker.by else ""
    return f"{shown} {'after' if marker.at <= began else 'before'}: {marker.text}{who}"


def _sms(page: Page, words: str) -> str:
    end = f". {page.thread}"
    if not page.sms.endswith(end):
        return page.sms
    text, _, action = page.sms.removesuffix(end).partition(_FIRST)
    longer = sms_text(f"{text}, {words}", page.thread, action)
    fits = len(text) + len(words) + len(end) + 2 <= SMS_LENGTH
    return longer if fits else page.sms
