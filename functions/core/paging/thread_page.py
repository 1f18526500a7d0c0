"""What a page says of a thread as a whole: that it is one of many, or that somebody took it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

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
    thread: str,
    severity: str,
    titles: Sequence[str],
    at: int,
    dashboard_url: str,
    *,
    is_news: bool = True,
) -> Page:
    """One message for many troubles. `titles`: of those that were told before and the newest one.
    After it, only what is more severe is told."""
    kind = TRIGGER if is_news else UPDATE
    what = f"{severity.upper()}: {STORM_TITLE}, {len(titles)} within minutes"
    return Page(
        thread=thread,
        kind=kind,
        severity=severity,
        subject=storm_subject(thread),
        headline=what,
        facts=(("Since", moment(at)), *(("Also", title) for title in titles)),
        action=(
            "First",
            "look for what they have in common: a network, a region, our own last deployment."
            " Further troubles are listed by `paywatch incidents`, not paged.",
        ),
        names=(("Thread", thread), ("Dashboard", dashboard_url)),
        sms=sms_text(what, thread, "look for what they have in common"),
        labels={"owner": "unknown"},
        started_at=at,
        at=at,
        url=dashboard_url,
    )


def storm_subject(thread: str) -> str:
    return subject_line(f"{thread}: {STORM_TITLE}")


def acknowledged_page(
    message: Acknowledgement,
    thread: str,
    subject: str,
    title: str,
    severity: str,
    started_at: int,
    dashboard_url: str,
) -> Page:
    """The message for channels that show who takes care of a trouble."""
    headline = f"TAKEN by {message.by}: {title}"
    comment = [("Comment", message.comment)] if message.comment else []
    return Page(
        thread=thread,
        kind=ACKNOWLEDGE,
        severity=severity,
        subject=subject,
        headline=headline,
        facts=(("At", moment(message.at)), *comment),
        action=None,
        names=(("Incident", message.id), ("Dashboard", dashboard_url)),
        sms=sms_text(headline, thread),
        labels={"owner": "unknown"},
        started_at=started_at,
        at=message.at,
        url=dashboard_url,
    )
