"""Everything that detect knows, and what it judges by."""

from __future__ import annotations

from typing import Final

import msgspec

from functions.core.counting.counts import NONE, attempts, blamed, events
from functions.core.counting.faults import Fault
from functions.core.counting.harm import Harm
from functions.core.counting.partial import Position
from functions.core.counting.signals import RATES, is_rate
from functions.core.counting.slices import ALL
from functions.core.counting.unknown_codes import UnknownCode
from functions.core.counting.window import Window
from functions.core.counting.wire import Derived
from functions.core.detection.budget import Budget
from functions.core.detection.card_testing import Shown
from functions.core.detection.flow import Flow
from functions.core.detection.remembered import NOTHING_REMEMBERED, Remembered
from functions.core.detection.tracker import Tracker, unlearned
from functions.core.detection.tuning import Tuning
from functions.core.troubles.head import EXCUSED_SECONDS, MOST_OVER, OVER_SECONDS, Head
from functions.core.troubles.incident import Announcement, Incident, Latest
from functions.core.troubles.recovery import Followed, Patience
from functions.core.troubles.recurrence import Recurrence
from functions.core.troubles.severity import Verdict
from functions.core.troubles.trouble import ended, troubles


class Rules(msgspec.Struct, frozen=True):
    """What detect judges by: what a deployment sets, and what was tuned. width and lateness are
    seconds."""

    budget: Budget = Budget()
    width: int = 60
    lateness: int = 60
    patience: Patience = Patience()
    tuning: Tuning = Tuning()


_USUAL_RULES: Final = Rules()


class Totals(msgspec.Struct, frozen=True, array_like=True):
    """Since the first record ever: payments that were counted in their window, payments that came
    too late for it, events that were parked, partials that were counted; retries of payments, messages
    that said nothing new, payments of a test system, which are not counted, and further words of counted
    payments that are in a field of their own, such as a refund."""

    payments: int = 0
    late: int = 0
    parked: int = 0
    partials: int = 0
    retries: int = 0
    repeats: int = 0
    tests: int = 0
    words: int = 0


class State(msgspec.Struct, frozen=True):
    """Everything that detect knows. `version` counts its writes; `outbox` holds what was decided
    and is not known to be told. came: what was counted of open incidents' slices since the last
    judgement. unknown: the decline codes that came and that the knowledge base does not have.
    learning: what is normal is hardly known, so of all traffic only about half failing is told.
    excused: what all traffic showed beyond a threshold and that is usual nevertheless (a signal, or
    SILENCE), and when it did so last. recurrences: what merchants had lately, by the clock.
    amounts: of what did not succeed, by merchant."""

    version: int = 0
    positions: dict[str, Position] = msgspec.field(default_factory=dict)
    window: Window = Window()
    tracker: Tracker = msgspec.field(default_factory=Tracker)
    totals: Totals = Totals()
    worst: Verdict | None = None
    followed: tuple[Followed, ...] = ()
    came: dict[str, Harm] = msgspec.field(default_factory=dict)
    learning: bool = True
    excused: dict[str, int] = msgspec.field(default_factory=dict)
    flow: Flow = Flow()
    outbox: tuple[Announcement, ...] = ()
    newest_ms: int = 0
    unknown: dict[str, UnknownCode] = msgspec.field(default_factory=dict)
    recurrences: tuple[Recurrence, ...] = ()
    faults: dict[str, Fault] = msgspec.field(default_factory=dict)
    amounts: Shown = Shown()
    remembered: Derived[Remembered] = NOTHING_REMEMBERED

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Those that are followed, one for each signal of a slice: suspected, open, or closed not long
        ago."""
        return tuple(item.incident for item in self.followed)

    @property
    def troubles(self) -> tuple[Incident, ...]:
        """The same as they are told: signals of one trouble are one."""
        return troubles(self.followed)

    @property
    def score(self) -> float:
        """0 to 100, of the worst slice; 0 in calm."""
        return self.worst.score if self.worst else 0.0


def initial(rules: Rules) -> State:
    return State(
        window=Window(width=rules.width, lateness=rules.lateness),
        tracker=unlearned(rules.tuning.evidence),
    )


def under(state: State, rules: Rules) -> State:
    """The state with the rules' lateness, which may have changed since it was stored."""
    window = msgspec.structs.replace(state.window, lateness=rules.lateness)
    kept = {second: bucket for second, bucket in window.seconds.items() if second >= window.oldest}
    window = msgspec.structs.replace(window, seconds=kept)
    return msgspec.structs.replace(state, window=window)


def with_latest(incident: Incident, window: Window, rules: Rules = _USUAL_RULES) -> Incident:
    """The incident with its rate since it stands out, where there are enough attempts for one."""
    stands_out = window.clock - incident.stands_since + 1
    seconds = min(rules.patience.recent_seconds, stands_out)
    if not is_rate(incident.signal) or seconds <= 0:
        return incident
    counts = window.since(incident.slice, window.clock + 1 - seconds)
    total = attempts(counts)
    if total < rules.tuning.figures.latest_attempts:
        return incident
    latest = Latest(blamed(counts, incident.signal) / total, seconds)
    return msgspec.structs.replace(incident, latest=latest)


def head(state: State) -> Head:
    """attempts and failed are those of the window, the rest since the first record."""
    counts = state.window.sums.get(ALL)
    return Head(
        version=state.version,
        clock=state.window.clock,
        payments=state.totals.payments,
        late=state.totals.late,
        parked=state.totals.parked,
        retries=state.totals.retries,
        repeats=state.totals.repeats,
        tests=state.totals.tests,
        words=state.totals.words,
        faults={kind: fault.events for kind, fault in state.faults.items()},
        attempts=attempts(counts) if counts else 0,
        failed=events(counts, "failed") if counts else 0,
        score=state.score,
        incidents=tuple(
            with_latest(incident, state.window)
            for incident in state.troubles
            if not incident.closed_at
        ),
        over=tuple(
            item
            for item in ended(state.followed)[:MOST_OVER]
            if state.window.clock - item.incident.closed_at <= OVER_SECONDS
        ),
        learning=state.learning,
        excused=tuple(
            name for name, at in state.excused.items() if state.window.clock - at <= EXCUSED_SECONDS
        ),
        usual=_usual(state),
    )


def _usual(state: State) -> dict[str, float]:
    """By signal, the share of all traffic's attempts that shows it while nothing is wrong, to be held
    against the alarms' thresholds; empty while so little is known."""
    counts = state.tracker.baseline.absorbed.get(ALL, NONE)
    total = attempts(counts)
    if state.learning or total < FEWEST_USUAL:
        return {}
    return {signal: round(events(counts, signal) / total, 4) for signal in RATES}


FEWEST_USUAL: Final = 1_000
"""Attempts from which a rate is called usual."""
