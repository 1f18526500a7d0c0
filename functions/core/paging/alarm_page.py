"""What a page says of CloudWatch alarms that no incident explains."""

from __future__ import annotations

from functions.core.monitoring.alarms import Alarm
from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.desk import Thread
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
    change: AlarmChange, thread: Thread, dashboard_url: str, *, is_news: bool = True
) -> Page:
    """The message for an alarm that went red; unless it is news, it is an update of its thread."""
    alarm, since = change.alarm, change.at
    return Page(
        thread=thread.id,
        kind=TRIGGER if is_news else UPDATE,
        severity=alarm.severity,
        subject=thread.subject,
        headline=f"{alarm.severity.upper()}: {alarm.title}",
        facts=(("Since", moment(since)),),
        action=("First", _sentence(alarm.first_action)),
        names=(
            ("CloudWatch says", change.reason),
            ("Alarm", alarm.name),
            ("Thread", thread.id),
            ("Dashboard", dashboard_url),
        ),
        sms=sms_text(
            f"{alarm.severity.upper()} {alarm.title}, since {minute(since)}",
            thread.id,
            alarm.first_action,
        ),
        labels={"alarm": alarm.name, "owner": "unknown"},
        started_at=since,
        at=since,
        url=dashboard_url,
    )


def alarm_passed_page(change: AlarmChange, thread: Thread, dashboard_url: str) -> Page:
    """The message for an alarm that went red and was green again before anybody was told."""
    alarm = change.alarm
    headline = f"{alarm.severity.upper()}: {alarm.title}, and over again"
    return Page(
        thread=thread.id,
        kind=RESOLVE,
        severity=alarm.severity,
        subject=thread.subject,
        headline=headline,
        facts=(("From", moment(change.at)),),
        action=None,
        names=(
            ("CloudWatch says", change.reason),
            ("Alarm", alarm.name),
            ("Thread", thread.id),
            ("Dashboard", dashboard_url),
        ),
        sms=sms_text(headline, thread.id),
        labels={"alarm": alarm.name, "owner": "unknown"},
        started_at=change.at,
        at=change.at,
        url=dashboard_url,
        untold=True,
    )


def alarm_subject(alarm: Alarm, thread: str) -> str:
    return subject_line(f"{thread}: {alarm.title}")


def alarm_ok_page(thread: Thread, until: int, dashboard_url: str) -> Page:
    """The message when the last alarm of a thread is green again."""
    lasted = duration(until - thread.started_at)
    return Page(
        thread=thread.id,
        kind=RESOLVE,
        severity=thread.severity,
        subject=thread.subject,
        headline=f"OK: over after {lasted}. It was: {thread.title}",
        facts=(("From", moment(thread.started_at)), ("Until", moment(until))),
        action=None,
        names=(("Thread", thread.id), ("Dashboard", dashboard_url)),
        sms=sms_text(f"OK over after {lasted}. It was: {thread.title}", thread.id),
        labels={"owner": "unknown"},
        started_at=thread.started_at,
        at=until,
        url=dashboard_url,
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
