"""The desk after a decision."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from functions.core.paging.desk import MOST_TOLD, Decision, Desk, Pending, Thread, Threads, Told
from functions.core.paging.storm import is_storm

_A_SECOND: Final = 1000
"""Numbers of pages go on from the time of day: of a desk that was lost, later pages have higher ones."""


def outcome(desk: Desk, decision: Decision, key: str, now: int) -> Desk:
    """The desk after what was decided of the message `key`: the page has its number, and waits in the
    outbox with the notes; threads that ended are known for a while."""
    page = decision.page
    if page is not None:
        page = replace(page, number=max(desk.page + 1, now * _A_SECOND))
    pending: tuple[Pending, ...] = ()
    if page is not None or decision.notes:
        pending = (Pending(key, page, now, decision.notes),)
    return replace(
        desk,
        threads=decision.threads,
        over={**desk.over, **_ended(desk.threads, decision, now)},
        outbox=(*desk.outbox, *pending),
        mutes=desk.mutes if decision.mutes is None else decision.mutes,
        told=_known(desk, decision),
        page=page.number if page else desk.page,
    )


def _ended(threads: Threads, decision: Decision, now: int) -> dict[str, Thread]:
    """By the incident that ended with the decision, its thread: it may come back there."""
    ended: dict[str, Thread] = {}
    for about, thread in threads.items():
        if is_storm(about):
            continue
        left = decision.threads[about].incidents if about in decision.threads else ()
        names = [name for name in thread.incidents if name not in left]
        if decision.told is not None and decision.page is not None:
            name, one = decision.told
            names += [name] if one.closed_at and decision.page.thread == thread.id else []
        ended |= dict.fromkeys(names, replace(thread, over_at=now, red=(), incidents=()))
    return ended


def _known(desk: Desk, decision: Decision) -> dict[str, Told]:
    """What is known of incidents, after the decision; the latest MOST_TOLD of them."""
    if decision.told is None:
        return desk.told
    name, told = decision.told
    others = [(other, one) for other, one in desk.told.items() if other != name]
    return dict([*others, (name, told)][-MOST_TOLD:])
