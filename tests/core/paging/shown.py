"""A page as it is read, and the pages of alarms."""

from __future__ import annotations

from functions.core.monitoring.alarms import Alarm
from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.alarm_page import alarm_page, alarm_subject
from functions.core.paging.desk import Thread
from functions.core.paging.page import Page
from tests.builders import DASHBOARD, NOW

THREAD = "PW-1120-1343-a1b"
REASON = (
    "Threshold Crossed: 1 out of the last 1 datapoints [3.1 (20/11/25 13:43:00)] was greater "
    "than or equal to the threshold (2.0)."
)


def shown(page: Page) -> str:
    return f"Subject: {page.subject}\n\n{page.body}\n\n--- SMS, {len(page.sms)} ---\n{page.sms}\n"


def thread_of(alarm: Alarm) -> Thread:
    """The thread that the alarm opens."""
    return Thread(THREAD, alarm_subject(alarm, THREAD), alarm.title, alarm.severity, NOW)


def page_of(alarm: Alarm, at: int = NOW, reason: str = REASON) -> Page:
    """The page of an alarm that went red and is news."""
    return alarm_page(AlarmChange(alarm, "ALARM", at, reason), thread_of(alarm), DASHBOARD)
