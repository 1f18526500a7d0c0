"""What a page says of an incident: what broke, where, since when, whose fault, what to do first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.core.counting.signals import SIGNALS
from functions.core.counting.slices import slice_values, words
from functions.core.paging.first_action import first_action, routes_words, short_action
from functions.core.paging.page import (
    RESOLVE,
    TRIGGER,
    UPDATE,
    Fact,
    Page,
    duration,
    minute,
    moment,
    percent,
    sms_text,
    subject_line,
)
from functions.core.troubles.blame import Blame, blame
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CLOSED,
    OPENED,
    RECOVERED,
    SILENT,
    WORSE,
    Announcement,
    Incident,
)

_NEWS: Final[Mapping[str, str]] = {OPENED: "", WORSE: "WORSE, now ", AGAIN: "AGAIN: "}
_NEWS_SHORT: Final[Mapping[str, str]] = {OPENED: "", WORSE: "WORSE ", AGAIN: "AGAIN "}
_ENDINGS: Final[Mapping[str, str]] = {
    RECOVERED: "OK: recovered after {lasted}: {place}",
    CALM: "OK: back to a tolerated rate after {lasted}: {place}",
    SILENT: "OVER after {lasted}: no payments come any more on {place}",
}
"""By the reason for which the incident is closed."""
_ENDED: Final = "OK: over after {lasted}: {place}"
"""For a reason that only a newer detect knows."""
_MOST_SHOWN: Final = 3
"""Examples and currencies on a page: the incident's record has more."""


def incident_subject(incident: Incident) -> str:
    return subject_line(
        f"{incident.id}: payments {SIGNALS[incident.signal].short} on {words(incident.slice)}"
    )


def incident_page(announcement: Announcement, dashboard_url: str) -> Page:
    """The message for one transition of an incident."""
    incident = announcement.incident
    found = blame(incident)
    is_over = announcement.transition == CLOSED
    if is_over:
        headline = sms = _ending(announcement)
    else:
        headline = _headline(announcement, found)
        sms = (
            f"{_NEWS_SHORT[announcement.transition]}{incident.severity.upper()} "
            f"{percent(_now(incident))} {SIGNALS[incident.signal].short}: {words(incident.slice)}, "
            f"since {minute(incident.started_at)}, {_cause_short(incident, found)}"
        )
    return Page(
        thread=incident.id,
        kind=RESOLVE if is_over else UPDATE if announcement.transition == WORSE else TRIGGER,
        severity=incident.severity,
        subject=incident_subject(incident),
        headline=headline,
        facts=tuple(_over(incident, found) if is_over else _under_way(incident, found)),
        action=(
            ("Next", "did you move traffic? Move it back in steps.")
            if is_over
            else ("First", first_action(incident, found))
        ),
        names=(("Incident", incident.id), ("Dashboard", dashboard_url)),
        sms=sms_text(sms, incident.id, "" if is_over else short_action(incident, found)),
        labels=labels(incident, found),
        started_at=incident.started_at,
        at=incident.closed_at or incident.updated_at,
        url=dashboard_url,
    )


def labels(incident: Incident, found: Blame) -> dict[str, str]:
    """The incident for machines: signal, cause, owner, and its slice's dimensions."""
    return {
        "signal": incident.signal,
        "cause": found.cause,
        "owner": found.owner or "unknown",
        **slice_values(incident.slice),
    }


def place_words(incident: Incident) -> str:
    """`method WALLET, all of it on gateway G4`: the slice, and what else holds all of its payments."""
    also = [
        f"{'on ' if 'gateway' in slice_values(key) else ''}{words(key)}" for key in incident.also
    ]
    return (
        f"{words(incident.slice)}, all of it {' and '.join(also)}"
        if also
        else words(incident.slice)
    )


def causes_words(incident: Incident) -> str:
    """`issuer 90 %, timeout 10 %`: the three most frequent."""
    causes = incident.worst.causes
    total = sum(causes.values())
    if not total:
        return "unknown"
    ranked = sorted(causes.items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{cause} {percent(n / total, whole=True)}" for cause, n in ranked)


def owner_words(found: Blame) -> str:
    """`issuer HDFC, at least 83 % sure`."""
    if not found.owner:
        return found.words
    return f"{found.words}, at least {min(99, int(100 * found.sure))} % sure"


def affected_words(incident: Incident, most: int = _MOST_SHOWN) -> str:
    """`1,204 payments, INR 310,400`: what failed, as far as the events say an amount."""
    affected = incident.affected
    largest = sorted(affected.money.items(), key=lambda item: -item[1])[:most]
    count = f"{affected.payments:,} payment{'' if affected.payments == 1 else 's'}"
    return ", ".join([count, *(f"{currency} {amount:,.0f}" for currency, amount in largest)])


def _headline(announcement: Announcement, found: Blame) -> str:
    incident = announcement.incident
    what = (
        f"{_NEWS[announcement.transition]}{incident.severity.upper()}: {percent(_now(incident))} "
        f"{SIGNALS[incident.signal].says} on {place_words(incident)}"
    )
    if SIGNALS[incident.signal].action:
        return what
    return f"{what}. Likely cause: {_cause_words(found)}"


def _cause_words(found: Blame) -> str:
    """`issuer`, `gateway (timeout)`: who is at fault, and by what the codes say if that differs."""
    if not found.owner:
        return found.cause
    if found.owner == found.cause or found.cause in ("customer", "fraud"):
        return found.cause
    return f"{found.owner} ({found.cause})"


def _cause_short(incident: Incident, found: Blame) -> str:
    if SIGNALS[incident.signal].action:
        return incident.signal
    return f"cause {_cause_words(found)}"


def _under_way(incident: Incident, found: Blame) -> list[Fact]:
    facts: list[Fact] = []
    if incident.latest is not None:
        latest = f"{percent(incident.latest.rate)} in the last {incident.latest.seconds} s"
        facts.append(("Now", latest))
    facts += _what(incident)
    if incident.worst.elsewhere is not None:
        facts.append(("Elsewhere", percent(incident.worst.elsewhere)))
    if incident.routes:
        facts.append(("By gateway", routes_words(incident)))
    facts += [("Where", place_words(incident)), ("Since", moment(incident.started_at))]
    if incident.back_at:
        facts.append(("Back since", moment(incident.back_at)))
    if not SIGNALS[incident.signal].action:
        facts += [("Whose", owner_words(found)), ("Cause", causes_words(incident))]
    facts += _harm(incident)
    facts.append(("Score", f"{incident.worst.score:.0f} of 100"))
    return facts


def _what(incident: Incident) -> list[Fact]:
    """The figures: what was seen, what of it is sure, what is usual."""
    worst = incident.worst
    if incident.signal == "volume":
        usual = f"{percent(worst.rate)} of some {worst.attempts:,} attempts a minute"
        return [("What", usual)]
    shown = round(worst.rate * worst.attempts)
    facts = [("What", f"{shown:,} of {worst.attempts:,} attempts")]
    if incident.signal != "latency":
        facts.append(("Surely", f"more than {percent(worst.at_least)}"))
    return [*facts, ("Normally", percent(worst.normal))]


def _harm(incident: Incident) -> list[Fact]:
    facts: list[Fact] = []
    if incident.affected.payments:
        facts.append(("Affected", affected_words(incident)))
    if incident.affected.examples:
        some = incident.affected.examples[:_MOST_SHOWN]
        facts.append(("For example", ", ".join(map(str, some))))
    return facts


def _over(incident: Incident, found: Blame) -> list[Fact]:
    facts = [
        ("From", moment(incident.started_at)),
        ("Until", moment(incident.closed_at)),
        ("Worst", f"{percent(incident.worst.rate)} {SIGNALS[incident.signal].says}"),
    ]
    if not SIGNALS[incident.signal].action:
        facts += [("Whose", owner_words(found)), ("Cause", causes_words(incident))]
    return [*facts, *_harm(incident)]


def _ending(announcement: Announcement) -> str:
    incident = announcement.incident
    return _ENDINGS.get(announcement.reason, _ENDED).format(
        lasted=duration(incident.closed_at - incident.started_at), place=words(incident.slice)
    )


def _now(incident: Incident) -> float:
    """The rate that is true just now, as far as that is known."""
    return incident.worst.rate if incident.latest is None else incident.latest.rate
