"""What people read: one message for an incident or an alarm, as e-mail and as SMS.

Plain text, the news in the first line, nothing that needs a wide screen. The subject of a thread
never changes, so that mail programs keep its messages together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.alarms import Alarm
from functions.core.incident import CLOSED, OPENED, Announcement, Incident
from functions.core.slices import words

SMS_LENGTH: Final = 150
"""One SMS has 160 characters; SNS puts the topic's name before ours: `PAYWATCH> `."""
SUBJECT_LENGTH: Final = 100
"""SNS refuses longer subjects, and any that is not ASCII."""


class Page(msgspec.Struct, frozen=True):
    """One message to people. `thread` is what they call it by; `severity` decides on SMS."""

    thread: str
    subject: str
    body: str
    sms: str
    severity: str


FIRST_ACTION: Final[Mapping[str, str]] = {
    "issuer": "move the route's traffic if you can; call the issuer's technical desk.",
    "network": "move traffic to another network or acquirer; check the network's status page.",
    "gateway": "move traffic to another gateway; check its status page, open a ticket.",
    "merchant": "check the merchant's set-up and its last change: keys, limits, accounts.",
    "timeout": "see which hop is slow (gateway, network or issuer); shorten what waits for it.",
    "customer": "compare with a campaign or a payday; no outage on the payment path is seen.",
    "fraud": "tell the risk team: rules may be too strict, or an attack is under way.",
    "unknown": "open the dashboard, read the newest error codes: the events do not say why.",
}
_FLOW_ACTION: Final[Mapping[str, str]] = {
    "volume": "was traffic moved or a client switched off? If not, its way to us is down: ask its owner.",
    "latency": "see which hop is slow (gateway, network or issuer); shorten what waits for it.",
}
"""Where nothing fails, the first action follows from the signal."""
_SHORT_ACTION: Final[Mapping[str, str]] = {
    "issuer": "move its traffic, call the issuer",
    "network": "move to another network",
    "gateway": "move to another gateway",
    "merchant": "check its last change",
    "timeout": "find the slow hop",
    "customer": "compare with a campaign or payday",
    "fraud": "tell the risk team",
    "unknown": "open the dashboard",
}

_SIGNAL_WORDS: Final[Mapping[str, str]] = {
    "failed": "of payments fail",
    "attributable": "of payments fail on the payment path",
    "denied": "of payments are denied",
    "reversed": "of payments are reversed",
    "backend_reversed": "of payments are reversed by the backend",
    "volume": "of the usual payments come",
    "latency": "of payments are slower than usual",
}
_SIGNAL_SHORT: Final[Mapping[str, str]] = {
    "failed": "failing",
    "attributable": "failing",
    "denied": "denied",
    "reversed": "reversed",
    "backend_reversed": "backend-reversed",
    "volume": "missing",
    "latency": "slow",
}


def incident_subject(incident: Incident) -> str:
    return _ascii(
        f"{incident.id}: payments {_SIGNAL_SHORT[incident.signal]} on {words(incident.slice)}"
    )[:SUBJECT_LENGTH]


def incident_page(announcement: Announcement, dashboard_url: str) -> Page:
    """The message for one transition of an incident."""
    incident = announcement.incident
    if announcement.transition == CLOSED:
        return _closed_page(incident, dashboard_url)
    place = words(incident.slice)
    lines = [
        _headline(announcement),
        "",
        *([_latest(incident)] if incident.latest_rate is not None else []),
        *_what(incident),
        *([f"Elsewhere: {_percent(incident.elsewhere)}"] if incident.elsewhere is not None else []),
        f"Where: {place}",
        f"Since: {_moment(incident.started_at)}",
        f"Cause: {_causes(incident)}",
        f"Score: {incident.score:.0f} of 100",
        "",
        f"First: {_first_action(incident)}",
        "",
        f"Incident: {incident.id}",
        f"Dashboard: {dashboard_url}",
    ]
    action = _FLOW_ACTION.get(incident.signal) or _SHORT_ACTION[likely_cause(incident)]
    news = "" if announcement.transition == OPENED else "WORSE "
    sms = (
        f"{news}{incident.severity.upper()} {_percent(_now(incident))} {_SIGNAL_SHORT[incident.signal]}: "
        f"{place}, since {_minute(incident.started_at)}, cause {likely_cause(incident)}"
    )
    return Page(
        incident.id,
        incident_subject(incident),
        "\n".join(lines),
        _sms(sms, incident.id, action),
        incident.severity,
    )


def _what(incident: Incident) -> list[str]:
    """The figures: what was seen, what of it is sure, what is usual."""
    if incident.signal == "volume":
        return [f"What: {_percent(incident.rate)} of some {incident.attempts:,} attempts a minute"]
    shown = round(incident.rate * incident.attempts)
    what = f"What: {shown:,} of {incident.attempts:,} attempts"
    if incident.signal == "latency":
        return [what, f"Normally: {_percent(incident.normal)}"]
    return [
        what,
        f"Surely: more than {_percent(incident.at_least)}",
        f"Normally: {_percent(incident.normal)}",
    ]


def _first_action(incident: Incident) -> str:
    return _FLOW_ACTION.get(incident.signal) or FIRST_ACTION[likely_cause(incident)]


def _now(incident: Incident) -> float:
    """The rate that is true just now, as far as that is known."""
    return incident.rate if incident.latest_rate is None else incident.latest_rate


def _latest(incident: Incident) -> str:
    return f"Now: {_percent(incident.latest_rate)} in the last {incident.latest_seconds} s"


def _headline(announcement: Announcement) -> str:
    incident = announcement.incident
    news = "" if announcement.transition == OPENED else "WORSE, now "
    return (
        f"{news}{incident.severity.upper()}: {_percent(_now(incident))} "
        f"{_SIGNAL_WORDS[incident.signal]} on {words(incident.slice)}"
    )


def _closed_page(incident: Incident, dashboard_url: str) -> Page:
    lasted = duration(incident.closed_at - incident.started_at)
    lines = [
        _ending(incident, lasted),
        "",
        f"From: {_moment(incident.started_at)}",
        f"Until: {_moment(incident.closed_at)}",
        f"Worst: {_percent(incident.rate)} {_SIGNAL_WORDS[incident.signal]}",
        f"Cause: {_causes(incident)}",
        "",
        "Next: did you move traffic? Move it back in steps.",
        "",
        f"Incident: {incident.id}",
        f"Dashboard: {dashboard_url}",
    ]
    sms = _ending(incident, lasted)
    return Page(
        incident.id,
        incident_subject(incident),
        "\n".join(lines),
        _sms(sms, incident.id),
        incident.severity,
    )


def _ending(incident: Incident, lasted: str) -> str:
    place = words(incident.slice)
    if incident.idle_since:
        return f"OVER after {lasted}: no payments come any more on {place}"
    return f"OK: recovered after {lasted}: {place}"


def alarm_page(
    alarm: Alarm, thread: str, since: int, reason: str, dashboard_url: str, *, subject: str = ""
) -> Page:
    """The message for a CloudWatch alarm that no incident explains. `since` is epoch seconds."""
    lines = [
        f"{alarm.severity.upper()}: {alarm.title}",
        "",
        f"Since: {_moment(since)}",
        "",
        f"First: {_sentence(alarm.first_action)}",
        "",
        f"CloudWatch says: {reason}",
        "",
        f"Alarm: {alarm.name}",
        f"Thread: {thread}",
        f"Dashboard: {dashboard_url}",
    ]
    sms = f"{alarm.severity.upper()} {alarm.title}, since {_minute(since)}"
    return Page(
        thread,
        subject or alarm_subject(alarm, thread),
        "\n".join(lines),
        _sms(sms, thread, alarm.first_action),
        alarm.severity,
    )


def alarm_subject(alarm: Alarm, thread: str) -> str:
    return _ascii(f"{thread}: {alarm.title}")[:SUBJECT_LENGTH]


def alarm_ok_page(
    title: str, thread: str, subject: str, severity: str, since: int, until: int, dashboard_url: str
) -> Page:
    """The message when the last alarm of a thread is green again."""
    lasted = duration(until - since)
    lines = [
        f"OK: over after {lasted}. It was: {title}",
        "",
        f"From: {_moment(since)}",
        f"Until: {_moment(until)}",
        "",
        f"Thread: {thread}",
        f"Dashboard: {dashboard_url}",
    ]
    return Page(
        thread,
        subject,
        "\n".join(lines),
        _sms(f"OK over after {lasted}. It was: {title}", thread),
        severity,
    )


def likely_cause(incident: Incident) -> str:
    """The cause of most of the failures; `unknown` when there is none."""
    return max(incident.causes, key=lambda cause: incident.causes[cause], default="unknown")


def _causes(incident: Incident) -> str:
    total = sum(incident.causes.values())
    if not total:
        return "unknown"
    ranked = sorted(incident.causes.items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{cause} {_percent(n / total, whole=True)}" for cause, n in ranked)


def _percent(share: float | None, *, whole: bool = False) -> str:
    percent = 100 * (share or 0.0)
    return f"{percent:.0f} %" if whole or percent >= 9.95 else f"{percent:.1f} %"


def _minute(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%H:%M} UTC"


def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%H:%M:%S UTC, %a %d %b}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def duration(seconds: int) -> str:
    """`45 s`, `3 min 5 s`, `10 min`, `2 h 7 min`."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


_GSM: Final = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38 without its extension table, whose characters count twice."""


def _sms(text: str, name: str, action: str = "") -> str:
    """At most SMS_LENGTH characters of the GSM alphabet: the text, what to do if there is room for
    its beginning, and at the end, always, the name by which people call it."""
    text, name, action = _gsm(text), _gsm(name), _gsm(action)
    room = SMS_LENGTH - len(name) - 2
    if action and len(text) + _WORTH_SAYING <= room:
        text = f"{text}. First: {action}"
    return f"{text}. {name}" if len(text) <= room else f"{text[: room - 2]}... {name}"


_WORTH_SAYING: Final = 40
"""Characters of an action below which its beginning helps nobody."""


def _gsm(text: str) -> str:
    plain = text.replace("×", "x").replace("≥", ">=").replace("`", "'")
    return "".join(c if c in _GSM else "?" for c in plain)


def _ascii(text: str) -> str:
    plain = text.replace("×", "x").replace("≥", ">=")
    return "".join(c if " " <= c <= "~" else "?" for c in plain)
