"""What a page says of an incident: what broke, where, since when, whose fault, what to do first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from functions.core.counting.signals import SIGNALS, VOLUME
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
from functions.core.paging.retry_facts import money_facts, money_short, retry_facts
from functions.core.troubles.blame import Blame, blame
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CARD_TESTING,
    CLOSED,
    DRIFT,
    NARROWED,
    NORMAL,
    OPENED,
    RECOVERED,
    SILENT,
    USUAL,
    WORSE,
    Announcement,
    Incident,
    Part,
    as_named,
)

_NEWS: Final[Mapping[str, str]] = {
    OPENED: "",
    WORSE: "WORSE, now ",
    AGAIN: "AGAIN: ",
    NARROWED: "NARROWED DOWN: ",
}
_NEWS_SHORT: Final[Mapping[str, str]] = {
    OPENED: "",
    WORSE: "WORSE ",
    AGAIN: "AGAIN ",
    NARROWED: "NARROWED ",
}
_ENDINGS: Final[Mapping[str, str]] = {
    RECOVERED: "OK: recovered after {lasted}: {place}",
    CALM: "OK: back to a tolerated rate after {lasted}: {place}",
    SILENT: "OVER after {lasted}: no payments come any more on {place}",
    NORMAL: "OK: normal from now on, after {lasted}: {place}",
    USUAL: "TAKEN FOR USUAL after {lasted}, so from its first payments on: {place}",
}
"""By the reason for which the incident is closed."""
_ENDED: Final = "OK: over after {lasted}: {place}"
"""For a reason that only a newer detect knows."""
_PASSED: Final[Mapping[str, str]] = {
    RECOVERED: "recovered after {lasted}",
    CALM: "back to a tolerated rate after {lasted}",
    SILENT: "over after {lasted}, for no payments come any more",
    NORMAL: "normal from now on, after {lasted}",
    USUAL: "taken for usual after {lasted}",
}
"""The same of an incident that is told when it is over already."""
_HAS_PASSED: Final = "over after {lasted}"
_CARD_TESTING_WORDS: Final = (
    "card testing: at one merchant payments for small or equal amounts are declined, with cards of many"
    " issuers"
)
_MOST_SHOWN: Final = 3
"""Examples and currencies on a page: the incident's record has more."""


def incident_subject(incident: Incident) -> str:
    place = words(as_named(incident).slice)
    return subject_line(f"{incident.id}: payments {SIGNALS[incident.signal].short} on {place}")


def incident_page(
    announcement: Announcement,
    dashboard_url: str,
    *,
    is_untold: bool = False,
    is_held_up: bool = False,
) -> Page:
    """The message for one transition of an incident. is_untold: of one that is over, nobody was told that it
    began, so this says both. is_held_up: it comes late, and says when it began in its first line."""
    incident = as_named(announcement.incident)
    announcement = replace(announcement, incident=incident)
    found = blame(incident)
    is_over = announcement.transition == CLOSED
    if is_over and is_untold:
        headline = _passed(announcement, found)
        sms = (
            f"{incident.severity.upper()} {percent(incident.worst.rate)} "
            f"{SIGNALS[incident.signal].short}: {words(incident.slice)}, {_lasted(announcement, _PASSED)}"
        )
    elif is_over:
        headline = sms = _lasted(announcement, _ENDINGS)
    else:
        headline = _headline(announcement, found, is_held_up=is_held_up)
        sms = (
            f"{_NEWS_SHORT[announcement.transition]}{incident.severity.upper()} "
            f"{percent(_now(incident))} {SIGNALS[incident.signal].short}: {words(incident.slice)}, "
            f"{_since(incident)}, {_cause_short(incident, found)}"
        )
    return Page(
        thread=incident.id,
        kind=RESOLVE
        if is_over
        else UPDATE
        if announcement.transition in (WORSE, NARROWED)
        else TRIGGER,
        severity=incident.severity,
        subject=incident_subject(incident),
        headline=headline,
        facts=tuple(_over(incident, found) if is_over else _under_way(incident, found)),
        action=(
            ("Next", _next(announcement, is_untold=is_untold))
            if is_over
            else ("First", first_action(incident, found))
        ),
        names=(("Incident", incident.id), ("Dashboard", dashboard_url)),
        sms=sms_text(sms, incident.id, "" if is_over else short_action(incident, found)),
        labels=labels(incident, found),
        started_at=incident.started_at,
        at=incident.closed_at or incident.updated_at,
        url=dashboard_url,
        about=incident.id,
    )


def labels(incident: Incident, found: Blame) -> dict[str, str]:
    """The incident for machines: signal, cause, owner, and its slice's dimensions."""
    return {
        "signal": incident.signal,
        "cause": found.cause,
        "owner": found.owner or "unknown",
        **({"pattern": incident.pattern} if incident.pattern else {}),
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


def part_words(incident: Incident, part: Part) -> str:
    """`2.1 % of payments are reversed by the backend (normally 0.1 %)`, and where or until when, where
    that differs from the incident's."""
    where = "" if part.slice == incident.slice else f" on {words(part.slice)}"
    usual = "" if part.signal == VOLUME else f" (normally {percent(part.normal)})"
    over = f", until {minute(part.until)}" if part.until and not incident.closed_at else ""
    return f"{percent(part.rate)} {SIGNALS[part.signal].says}{where}{usual}{over}"


def again_words(incident: Incident) -> str:
    """`it came back 3 times`."""
    back = incident.times - 1
    return "it came back once" if back == 1 else f"it came back {back} times"


def _flapping_words(incident: Incident) -> str:
    """`; comes and goes, 3 times`, once it was over `; it came and went, 3 times`; else empty."""
    if incident.times == 1:
        return ""
    verb = "it came and went" if incident.closed_at else "comes and goes"
    return f"; {verb}, {incident.times} times"


def affected_words(incident: Incident, most: int = _MOST_SHOWN) -> str:
    """`1,204 payments, INR 310,400`: what failed, as far as the events say an amount."""
    affected = incident.affected
    largest = sorted(affected.money.items(), key=lambda item: -item[1])[:most]
    count = f"{affected.payments:,} payment{'' if affected.payments == 1 else 's'}"
    return ", ".join([count, *(f"{currency} {amount:,.0f}" for currency, amount in largest)])


def retries_words(incident: Incident) -> str:
    """`3 per failed payment; 40 of 120 went through in the end`; empty where nothing was tried again."""
    affected = incident.affected
    if affected.retries_each is None:
        return ""
    each = f"{affected.retries_each:.2g}"
    rescued = min(affected.rescued, affected.failed)
    return f"{each} per failed payment; {rescued:,} of {affected.failed:,} went through in the end"


def _headline(announcement: Announcement, found: Blame, *, is_held_up: bool) -> str:
    incident = announcement.incident
    what = (
        f"{_NEWS[announcement.transition]}{incident.severity.upper()}: {percent(_now(incident))} "
        f"{SIGNALS[incident.signal].says} on {place_words(incident)}"
    )
    if incident.kind == DRIFT or is_held_up:
        what += f", {_since(incident)}"
    what += _flapping_words(incident)
    return _with_cause(what, incident, found)


def _passed(announcement: Announcement, found: Blame) -> str:
    """`CRITICAL: 87 % of payments fail on gateway payu, recovered after 26 s. Likely cause: gateway`."""
    incident = announcement.incident
    what = (
        f"{incident.severity.upper()}: {percent(incident.worst.rate)} "
        f"{SIGNALS[incident.signal].says} on {place_words(incident)}, "
        f"{_lasted(announcement, _PASSED)}"
    )
    return _with_cause(what, incident, found)


def _with_cause(what: str, incident: Incident, found: Blame) -> str:
    if incident.pattern == CARD_TESTING:
        return f"{what}. It looks like card testing"
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
    return ", ".join(filter(None, (f"cause {_cause_words(found)}", money_short(incident))))


def _under_way(incident: Incident, found: Blame) -> list[Fact]:
    facts: list[Fact] = []
    if incident.latest is not None:
        latest = f"{percent(incident.latest.rate)} in the last {incident.latest.seconds} s"
        facts.append(("Now", latest))
    if incident.kind == DRIFT:
        facts.append(("A drift", _drift_words(incident)))
    if incident.pattern == CARD_TESTING:
        facts.append(("Looks like", _CARD_TESTING_WORDS))
    facts += _what(incident)
    facts += [("Also", part_words(incident, part)) for part in incident.parts]
    if incident.worst.elsewhere is not None:
        facts.append(("Elsewhere", percent(incident.worst.elsewhere)))
    if incident.routes:
        facts.append(("By gateway", routes_words(incident)))
    facts += [("Where", place_words(incident)), ("Since", moment(incident.started_at))]
    if incident.back_at:
        facts.append(("Back since", moment(incident.back_at)))
    if incident.times > 1:
        facts.append(("Comes and goes", again_words(incident)))
    if not SIGNALS[incident.signal].action:
        facts += [("Whose", owner_words(found)), ("Cause", causes_words(incident))]
        facts += retry_facts(incident, found)
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
    if retries := retries_words(incident):
        facts.append(("Retries", retries))
    return facts


def _over(incident: Incident, found: Blame) -> list[Fact]:
    facts = [
        ("From", moment(incident.started_at)),
        ("Until", moment(incident.closed_at)),
        ("Worst", f"{percent(incident.worst.rate)} {SIGNALS[incident.signal].says}"),
        *(("Also", part_words(incident, part)) for part in incident.parts),
    ]
    if incident.times > 1:
        facts.append(("Comes and goes", again_words(incident)))
    if not SIGNALS[incident.signal].action:
        facts += [("Whose", owner_words(found)), ("Cause", causes_words(incident))]
    return [*facts, *money_facts(incident), *_harm(incident)]


def _lasted(announcement: Announcement, endings: Mapping[str, str]) -> str:
    """The words for why it is over, and after how long."""
    incident = announcement.incident
    other = _ENDED if endings is _ENDINGS else _HAS_PASSED
    ending = endings.get(announcement.reason, other).format(
        lasted=duration(incident.closed_at - incident.started_at), place=words(incident.slice)
    )
    return ending + _flapping_words(incident)


def _next(announcement: Announcement, *, is_untold: bool) -> str:
    if announcement.reason == NORMAL:
        return (
            "nothing: somebody said so with `paywatch normal`. You hear of it when it gets worse."
        )
    if announcement.reason == USUAL:
        return "is that how it should be? If not, ask its owner: you hear of it when it gets worse."
    if is_untold:
        return (
            f"nothing at once. `paywatch incidents {announcement.incident.id}` says what was seen."
        )
    return "did you move traffic? Move it back in steps."


def _since(incident: Incident) -> str:
    """`since 13:43`, `slowly from 0.5 % since 13:43`."""
    since = f"since {minute(incident.started_at)}"
    slowly = f"slowly from {percent(incident.worst.normal)} "
    return f"{slowly}{since}" if incident.kind == DRIFT else since


def _drift_words(incident: Incident) -> str:
    return (
        f"slowly to {percent(_now(incident))} from {percent(incident.worst.normal)} "
        f"since {minute(incident.started_at)}; `paywatch normal {incident.id}` makes it normal"
    )


def _now(incident: Incident) -> float:
    """The rate that is true just now, as far as that is known."""
    return incident.worst.rate if incident.latest is None else incident.latest.rate
