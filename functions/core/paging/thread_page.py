"""What a page says of a thread as a whole: that it is one of many, or that somebody took it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from functions.core.paging.desk import Thread
from functions.core.paging.page import (
    ACKNOWLEDGE,
    TRIGGER,
    UPDATE,
    Page,
    moment,
    sms_text,
    subject_line,
)
from functions.core.troubles.response import Acknowledgement

STORM_TITLE: Final = "many troubles at once"


def storm_page(
    thread: Thread,
    severity: str,
    titles: Sequence[str],
    dashboard_url: str,
    *,
    is_news: bool = True,
) -> Page:
    """One message for many troubles. `titles`: of those that were told before and the newest one.
    After it, only what is more severe is told."""
    what = f"{severity.upper()}: {STORM_TITLE}, {len(titles)} within minutes"
    return Page(
        thread=thread.id,
        kind=TRIGGER if is_news else UPDATE,
        severity=severity,
        subject=thread.subject,
        headline=what,
        facts=(("Since", moment(thread.started_at)), *(("Also", title) for title in titles)),
        action=(
            "First",
            "look for what they have in common: a network, a region, our own last deployment."
            " Further troubles are listed by `paywatch incidents`, not paged.",
        ),
        names=(("Thread", thread.id), ("Dashboard", dashboard_url)),
        sms=sms_text(what, thread.id, "look for what they have in common"),
        labels={"owner": "unknown"},
        started_at=thread.started_at,
        at=thread.started_at,
        url=dashboard_url,
    )


def storm_subject(thread: str) -> str:
    return subject_line(f"{thread}: {STORM_TITLE}")


def acknowledged_page(message: Acknowledgement, thread: Thread, dashboard_url: str) -> Page:
    """The message for channels that show who takes care of a trouble."""
    headline = f"TAKEN by {message.by}: {thread.title}"
    comment = [("Comment", message.comment)] if message.comment else []
    return Page(
        thread=thread.id,
        kind=ACKNOWLEDGE,
        severity=thread.severity,
        subject=thread.subject,
        headline=headline,
        facts=(("At", moment(message.at)), *comment),
        action=None,
        names=(("Incident", message.id), ("Dashboard", dashboard_url)),
        sms=sms_text(headline, thread.id),
        labels={"owner": "unknown"},
        started_at=thread.started_at,
        at=message.at,
        url=dashboard_url,
    )
