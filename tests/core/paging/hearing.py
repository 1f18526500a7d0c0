"""A desk that hears messages, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.paging.desk import Desk, Manners
from functions.core.paging.page import Page
from functions.core.paging.take import Message, take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import CLOSED, Incident
from tests.builders import DASHBOARD, NOW, announcement, change

MANNERS = Manners(DASHBOARD)

RED = change("FailureRate-warning")
CRITICAL = change("FailureRate-critical")
GREEN = change("FailureRate-warning", "OK", NOW + 600)
CLOSE = announcement(CLOSED, closed_at=NOW + 60)


def hear(
    desk: Desk,
    *messages: Message,
    knows: Sequence[Incident] = (),
    excused: Sequence[str] = (),
    now: int = NOW,
    quiet: int = 0,
) -> tuple[Desk, list[Page]]:
    """The desk after the messages, and the pages that they caused. `knows` and `excused` is what
    detect knows, of which was heard `quiet` seconds ago."""
    before = len(desk.outbox)
    head = Head(clock=now - quiet, incidents=tuple(knows), excused=tuple(excused))
    for message in messages:
        desk = take(desk, message, head, now, MANNERS)
    return desk, [item.page for item in desk.outbox[before:] if item.page is not None]


def pages(*messages: Message, knows: Sequence[Incident] = ()) -> list[Page]:
    return hear(Desk(), *messages, knows=knows)[1]


def at(seconds: int, desk: Desk, *messages: Message) -> tuple[Desk, list[Page]]:
    """`hear`, so many seconds later."""
    return hear(desk, *messages, now=NOW + seconds)
