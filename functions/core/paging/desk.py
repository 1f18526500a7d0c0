"""The desk: the threads under way, what was taken, and what is decided and not known to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from functions.core.counting.wire import from_json
from functions.core.errors import StateConflict
from functions.core.paging.muting import Muting
from functions.core.paging.page import Page, supersedes
from functions.core.paging.record_notes import over_note
from functions.core.troubles.incident import Incident
from functions.core.troubles.record import Note
from functions.core.troubles.severity import RANK

REMEMBERED_SECONDS: Final = 7 * 86_400
"""How long a message that was taken is known, so that it is not taken again."""
MOST_REMEMBERED: Final = 2_000
"""Messages that are known at most: an alarm that flaps must not fill the desk."""
MOST_TOLD: Final = 200
"""Incidents that are known at most: what comes late is not told again."""
OVER_SECONDS: Final = 3600
"""How long a thread that is over is known, for its trouble may come back."""

STALE_SECONDS: Final = 40
"""A page that somebody else decided on and did not send for so long is sent by whoever comes. Longer
than an invocation may last (30 s), shorter than Lambda waits before it tries again (a minute)."""


class Thread(msgspec.Struct, frozen=True):
    """A trouble under way. `red` are the alarms that are red in it; `incidents` those that are
    open in it; `started_at` epoch seconds. recovered: its last page said that it is over. updated_at:
    when news was told that was no worse. taken_by: who took it over. over_at: when it ended."""

    id: str
    subject: str
    title: str
    severity: str
    started_at: int
    red: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    recovered: bool = False
    updated_at: int = 0
    taken_by: str = ""
    over_at: int = 0


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of an incident that was told. number: of its newest transition that was taken; again:
    how many times it had come back by then; started_at, closed_at: epoch seconds, 0 while it is open;
    slice: where; signals: its own and those of its parts."""

    number: int
    started_at: int
    slice: str
    signals: tuple[str, ...]
    again: int = 0
    closed_at: int = 0


def told_of(incident: Incident) -> Told:
    return Told(
        incident.number,
        incident.started_at,
        incident.slice,
        (incident.signal, *(part.signal for part in incident.parts)),
        incident.again,
        incident.closed_at,
    )


class Pending(msgspec.Struct, frozen=True):
    """A page, or notes, or both, that were decided on and are not known to be sent and made. `key` is
    the message that caused them."""

    key: str
    page: Page | None
    at: int
    notes: tuple[Note, ...] = ()


class Desk(msgspec.Struct, frozen=True):
    """What notify remembers. taken: message key → when; threads: by what they are about; over:
    threads that ended lately, by the incident that may come back; mutes: by their names. told: by incident,
    MOST_TOLD at most; alarms: name → when it changed last, of what was taken; page: the newest page's
    number."""

    taken: dict[str, int] = msgspec.field(default_factory=dict)
    threads: dict[str, Thread] = msgspec.field(default_factory=dict)
    outbox: tuple[Pending, ...] = ()
    over: dict[str, Thread] = msgspec.field(default_factory=dict)
    mutes: dict[str, Muting] = msgspec.field(default_factory=dict)
    told: dict[str, Told] = msgspec.field(default_factory=dict)
    alarms: dict[str, int] = msgspec.field(default_factory=dict)
    page: int = 0


Threads = Mapping[str, Thread]
"""By what they are about."""


def is_told(threads: Threads, identity: str) -> bool:
    """Whether that incident is open in one of the threads."""
    return any(identity in thread.incidents for thread in threads.values())


def is_red(threads: Threads, alarm: str) -> bool:
    """Whether the alarm of that name is red in one of the threads."""
    return any(alarm in thread.red for thread in threads.values())


class Manners(msgspec.Struct, frozen=True):
    """How people are told. cooldown_seconds: news that is no worse is told at most so often.
    marker_seconds: what was changed so long before a trouble began is told with it."""

    dashboard_url: str
    cooldown_seconds: int = 600
    marker_seconds: int = 600


class Decision(msgspec.Struct, frozen=True):
    """What becomes of a message: the threads after it, the page and the notes that it causes, what is known
    of its incident then, and the mutes, where one of them held it back."""

    threads: dict[str, Thread]
    page: Page | None = None
    notes: tuple[Note, ...] = ()
    mutes: dict[str, Muting] | None = None
    told: tuple[str, Told] | None = None


def remembered(taken: Mapping[str, int], now: int) -> dict[str, int]:
    young = [(key, at) for key, at in taken.items() if now - at < REMEMBERED_SECONDS]
    return dict(young[-MOST_REMEMBERED + 1 :])


def to_send(before: Desk, after: Desk, key: str, now: int) -> list[Pending]:
    """What whoever took the message `key`, and wrote `after` over `before`, is to send and to note:
    what the message caused, unless it was taken before, and what others left for STALE_SECONDS.

    Raises StateConflict while somebody else may be sending what the message caused: whoever comes
    again then finds it sent, or left.
    """
    outbox = _without_superseded(after.outbox)
    own = [item for item in outbox if item.key == key]
    left = [item for item in outbox if now - item.at >= STALE_SECONDS]
    if key not in before.taken:
        return [*own, *(item for item in left if item.key != key)]
    if any(item not in left for item in own):
        raise StateConflict(f"another invocation is sending the page for {key}")
    return left


def is_awaited(desk: Desk, pending: Sequence[Pending], now: int) -> bool:
    """Whether somebody else may be sending just now what must be heard before one of these pages."""
    keys = {item.key for item in pending}
    return any(
        _is_superseded(item, pending) and now - item.at < STALE_SECONDS
        for item in desk.outbox
        if item.key not in keys
    )


def sent(desk: Desk, keys: Sequence[str]) -> Desk:
    """The desk without what these messages caused: it is sent and noted. What was to be said before it is
    not to be said after it."""
    outbox = _without_superseded(desk.outbox)
    return replace(desk, outbox=tuple(item for item in outbox if item.key not in keys))


def _without_superseded(outbox: Sequence[Pending]) -> tuple[Pending, ...]:
    return tuple(
        replace(item, page=None) if _is_superseded(item, outbox) else item for item in outbox
    )


def _is_superseded(item: Pending, others: Sequence[Pending]) -> bool:
    page = item.page
    return page is not None and any(
        other.page is not None and other.page.number > page.number and supersedes(other.page, page)
        for other in others
    )


def decode(text: str) -> tuple[Desk, tuple[str, ...]]:
    """The desk that was stored as JSON, and its parts that cannot be read, for another release stored
    them. Where what was not told yet is one of them, no message counts as taken: one that comes again
    is told, rather twice than never."""
    desk, lost = from_json(Desk, text)
    return (replace(desk, taken={}), lost) if "outbox" in lost else (desk, lost)


def over_notes(thread: Thread, at: int, key: str) -> tuple[Note, ...]:
    """What is noted when a thread ends that alarms opened, or a storm: those of incidents end with
    their incident."""
    is_incidents = thread.title == thread.subject
    return () if is_incidents else (over_note(thread.id, thread.title, thread.started_at, at, key),)


def worse(one: str, two: str) -> str:
    """The graver of two severities."""
    return max(one, two, key=lambda name: RANK[name])
