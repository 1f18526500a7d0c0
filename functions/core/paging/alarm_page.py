"""What a page says of CloudWatch alarms that no incident explains."""

from __future__ import annotations

from functions.core.monitoring.alarms import Alarm
from functions.core.paging.page import (
    RESOLVE,
    TRIGGER,
    UPDATE,
    Page,
    duration,
    minute,
    moment,
    sms_text,
    subject_line,
)


def alarm_page(
    alarm: Alarm, thread: str, since: int, reason: str, dashboard_url: str, *, subject: str = ""
) -> Page:
    """The message for a CloudWatch alarm. `since` is epoch seconds; with the `subject` of a thread
    that was told before, it is an update of that."""
    return Page(
        thread=thread,
        kind=UPDATE if subject else TRIGGER,
        severity=alarm.severity,
        subject=subject or alarm_subject(alarm, thread),
        headline=f"{alarm.severity.upper()}: {alarm.title}",
        facts=(("Since", moment(since)),),
        action=("First", _sentence(alarm.first_action)),
        names=(
            ("CloudWatch says", reason),
            ("Alarm", alarm.name),
            ("Thread", thread),
            ("Dashboard", dashboard_url),
        ),
        sms=sms_text(
            f"{alarm.severity.upper()} {alarm.title}, since {minute(since)}",
            thread,
            alarm.first_action,
        ),
        labels={"alarm": alarm.name, "owner": "unknown"},
        started_at=since,
        at=since,
        url=dashboard_url,
    )


def alarm_subject(alarm: Alarm, thread: str) -> str:
    return subject_line(f"{thread}: {alarm.title}")


def alarm_ok_page(
    title: str, thread: str, subject: str, severity: str, since: int, until: int, dashboard_url: str
) -> Page:
    """The message when the last alarm of a thread is green again."""
    lasted = duration(until - since)
    return Page(
        thread=thread,
        kind=RESOLVE,
        severity=severity,
        subject=subject,
        headline=f"OK: over after {lasted}. It was: {title}",
        facts=(("From", moment(since)), ("Until", moment(until))),
        action=None,
        names=(("Thread", thread), ("Dashboard", dashboard_url)),
        sms=sms_text(f"OK over after {lasted}. It was: {title}", thread),
        labels={"owner": "unknown"},
        started_at=since,
        at=until,
        url=dashboard_url,
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
