"""A storm: many troubles within minutes are told as one."""

from __future__ import annotations

from typing import Final

from functions.core.paging.desk import Manners, Thread, Threads
from functions.core.paging.incident_page import incident_subject
from functions.core.paging.page import Page
from functions.core.paging.thread_page import STORM_TITLE, storm_page, storm_subject
from functions.core.troubles.incident import CLOSED, Announcement, spoken_id
from functions.core.troubles.severity import RANK

STORM_THREADS: Final = 4
STORM_SECONDS: Final = 600
"""So many threads that began within so long are a storm."""
_STORM: Final = "storm "


def storm_of(threads: Threads, at: int) -> str | None:
    """What the storm is about that a trouble joins which begins at `at`, if there is one. It takes in
    what begins soon after it: what begins later is news, however long the storm lasts."""
    young = [about for about, item in threads.items() if at - item.started_at < STORM_SECONDS]
    under_way = next((about for about in young if is_storm(about)), None)
    if under_way is None and len(young) >= STORM_THREADS:
        return f"{_STORM}{at}"
    return under_way


def is_storm(about: str) -> bool:
    return about.startswith(_STORM)


def storm_thread(at: int) -> Thread:
    identity = spoken_id(STORM_TITLE, at)
    return Thread(identity, storm_subject(identity), STORM_TITLE, "info", at)


def in_storm(
    threads: Threads,
    thread: Thread,
    page: Page,
    message: Announcement,
    is_old: bool,
    manners: Manners,
) -> tuple[Page | None, Thread]:
    """What is told of an incident that is one of many: that there are many, once and when something
    more severe joins; and that the last of them is over."""
    incident = message.incident
    if message.transition == CLOSED:
        return (page if not thread.incidents and not thread.red else None), thread
    if RANK[incident.severity] <= RANK[thread.severity]:
        return None, thread
    titles = [other.title for about, other in threads.items() if not is_storm(about)]
    told = storm_page(
        thread,
        incident.severity,
        [*titles, incident_subject(incident)],
        manners.dashboard_url,
        is_news=not is_old,
    )
    return told, thread
