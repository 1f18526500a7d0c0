"""One trial of a backtest: a chain with its settings, and what it found in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from functions.core.counting.counts import NONE, attempts, blamed
from functions.core.counting.signals import RATES, Threshold, is_rate
from functions.core.counting.slices import ALL, words
from functions.core.detection.baseline import CELL_SECONDS, Cell
from functions.core.detection.evidence import strength
from functions.core.detection.normals import Normals
from functions.core.detection.state import Rules, Totals
from functions.core.detection.tracker import Tracker
from functions.core.monitoring.alarms import alarms
from functions.core.monitoring.metrics import RATE_METRICS
from functions.core.troubles.incident import Announcement
from ops.backtest.alarm_rules import AlarmRule
from ops.backtest.chain import Chain, Paged
from ops.backtest.incident_lines import IncidentLines, iso
from ops.backtest.recorder import Recorder
from ops.backtest.report import IncidentLine, PageLine, WaveLine
from ops.backtest.resolution import Spacing, unit
from ops.backtest.usual_rates import UsualRates
from producer.second import Second

PUBLISH_SECONDS: Final = 5
_DRAWN: Final = ("failed", "denied")
"""Signals drawn of every slice; the others are drawn of all traffic and where they stand out."""


@dataclass
class Trial:
    """rules: what detect judges by. alarm_rules: CloudWatch's alarms, with these thresholds. waves:
    incidents of severity info, which page nobody. usual: what the rates of all traffic are in well
    minutes. spread_s: seconds over which a row's payments were
    spread; 0 where they were not."""

    rules: Rules
    alarm_rules: Sequence[AlarmRule]
    recorder: Recorder | None = None
    spread_s: int = 0
    incidents: list[IncidentLine] = field(default_factory=list)
    waves: list[IncidentLine] = field(default_factory=list)
    pages: list[PageLine] = field(default_factory=list)
    paged: int = 0
    start: int = 0
    payments: int = 0
    rows: int = 0
    usual: UsualRates = field(default_factory=UsualRates)
    _lines: IncidentLines = field(default_factory=IncidentLines)
    _spacing: Spacing = field(default_factory=Spacing)

    def __post_init__(self) -> None:
        thresholds = self.rules.budget.thresholds
        self.chain = Chain(
            self.rules,
            self.alarm_rules,
            {alarm.name: alarm for alarm in alarms(thresholds)},
            publish_seconds=PUBLISH_SECONDS,
            on_page=self._page,
            on_told=self._told,
            on_folded=self._folded,
        )

    def second(self, second: Second) -> None:
        self.start = self.start or second.second
        self.rows += second.rows
        self._spacing.add(second.second)
        self.chain.second(second.second, second.tally, second.newest_ms, second.messages)

    def end(self) -> None:
        """No payments come any more: what is open stays open."""
        for incident in self.chain.end():
            self._lines.seen(incident)
        lines = self._lines.lines(self.resolution)
        self.waves = [line for line in lines if isinstance(line, WaveLine)]
        self.incidents = [line for line in lines if not isinstance(line, WaveLine)]
        self.payments = self.chain.state.totals.payments

    @property
    def clock(self) -> int:
        return self.chain.state.window.clock

    @property
    def seconds(self) -> int:
        """The history's length."""
        return max(1, self.clock - self.start)

    @property
    def resolution(self) -> int:
        """Seconds: times are known no better."""
        return self.spread_s or self._spacing.seconds

    def _page(self, paged: Paged) -> None:
        self.pages.append(PageLine(iso(paged.at), paged.alarm, paged.state))
        if paged.state == "ALARM":
            self.paged += 1
            if paged.incident is not None:
                self._lines.paged(paged.incident)

    def _told(self, announcement: Announcement, at: int) -> None:
        self._lines.told(announcement, at)
        if self.recorder is not None and announcement.incident.pages:
            self.recorder.incident(announcement.incident.slice)

    def _folded(self) -> None:
        """Note the cell that was just folded."""
        ill = {incident.signal for incident in self.chain.state.incidents if incident.is_open}
        cell = self.chain.state.tracker.baseline.cells[-1]
        if cell.end % CELL_SECONDS and self.chain.state.learning:
            return  # it grows still
        self.usual.add(cell.counts.get(ALL, NONE), ill)
        if self.recorder is not None:
            self._record(self.recorder, cell)

    def _record(self, recorder: Recorder, cell: Cell) -> None:
        tracker = self.chain.state.tracker
        normals = Normals(tracker.baseline, self.rules.budget, self.rules.tuning)
        scores = self._scores(tracker)
        for key, counts in cell.counts.items():
            learned = cell.end - tracker.known.get(key, cell.end) >= (
                self.rules.budget.learning_seconds
            )
            for signal in RATES:
                score = scores.get((signal, key), 0.0)
                if not (signal in _DRAWN or key == ALL or score >= 50.0):
                    continue
                normal = normals.normal(key, signal) if learned else None
                recorder.record(
                    cell.start,
                    cell.end - cell.start,
                    key,
                    signal,
                    attempts(counts),
                    blamed(counts, signal),
                    normal.rate if normal else None,
                    normals.tolerated(key, signal) if normal else None,
                    score,
                )

    def _scores(self, tracker: Tracker) -> Mapping[tuple[str, str], float]:
        scores = {
            (signal, key): 50.0
            * min(0.99, strength(tracker.evidence[signal][key]) / tracker.needed)
            for signal, key in tracker.hot
        }
        for incident in self.chain.state.incidents:
            if incident.is_open and is_rate(incident.signal):
                scores[incident.signal, incident.slice] = incident.worst.score
        return scores


def with_thresholds(
    rules: Sequence[AlarmRule], thresholds: Mapping[str, Threshold]
) -> list[AlarmRule]:
    """The template's alarms with other thresholds for the rates, as a deployment with these
    settings would have them."""
    wanted = {
        f"{RATE_METRICS[signal]}-{level}": 100 * share
        for signal, threshold in thresholds.items()
        for level, share in (("warning", threshold.warning), ("critical", threshold.critical))
    }
    return [
        replace(rule, threshold=wanted[rule.name]) if rule.name in wanted else rule
        for rule in rules
    ]


def warnings(trial: Trial) -> list[str]:
    """What the history says about the settings: thresholds that lie below what is normal, and times
    that are rounded."""
    tracker = trial.chain.state.tracker
    found = [] if trial.spread_s else _rounded(trial.resolution)
    found += _shared_ids(trial.chain.state.totals)
    thresholds = trial.rules.budget.thresholds
    normals = Normals(tracker.baseline, trial.rules.budget, trial.rules.tuning)
    for signal in RATES:
        limit = thresholds[signal].warning
        if not attempts(tracker.baseline.absorbed.get(ALL, 0)):
            continue
        normal = normals.normal(ALL, signal).rate
        if normal > limit:
            found.append(
                f"normally {100 * normal:.2g} % of all payments show {signal!r}, more than the"
                f" warning threshold of {100 * limit:g} %: it says nothing new, only departures"
                " from normal count"
            )
        above = [
            key
            for key in tracker.known
            if key and key in tracker.baseline.absorbed and normals.normal(key, signal).rate > limit
        ]
        if above and normal <= limit:
            names = ", ".join(words(key) for key in sorted(above)[:3])
            found.append(
                f"{len(above)} slices normally show {signal!r} above the warning threshold of"
                f" {100 * limit:g} % ({names}{', …' if len(above) > 3 else ''}): for them only"
                " departures from their own normal count"
            )
    return found


MANY_MESSAGES: Final = 4
"""Messages of a payment beyond its first, on average, from which its id may not be one."""


def _shared_ids(totals: Totals) -> list[str]:
    beside = totals.retries + totals.repeats
    if beside <= MANY_MESSAGES * totals.payments:
        return []
    return [
        f"{beside:,} of {beside + totals.payments:,} messages are of payments that were counted already:"
        " is transaction_id one payment's alone, and not a customer's or a terminal's?"
    ]


def _rounded(resolution: int) -> list[str]:
    if resolution <= 1:
        return []
    return [
        f"all times are rounded to the {unit(resolution)}, and so is when incidents begin and are"
        " found: the payments of each seem to come in one second. Where a row stands for a period,"
        f" say so in the format: [spread] seconds = {resolution}"
    ]


def summary(trial: Trial, bad_rows: int, wall_seconds: float) -> dict[str, Any]:
    """The last line of `--json`."""
    days = trial.seconds / 86_400
    totals = trial.chain.state.totals
    return {
        "type": "summary",
        "payments": trial.payments,
        "rows": trial.rows,
        "bad_rows": bad_rows,
        "late": totals.late,
        "retries": totals.retries,
        "repeats": totals.repeats,
        "further_words": totals.words,
        "test_payments": totals.tests,
        "resolution_seconds": trial.resolution,
        "from": iso(trial.start),
        "until": iso(trial.clock),
        "days": round(days, 4),
        "slices": len(trial.chain.state.tracker.known),
        "incidents": len(trial.incidents),
        "customer_side": len(trial.waves),
        "pages": trial.paged,
        "pages_per_week": round(trial.paged / days * 7, 2),
        "alarms": {
            name: {"times_red": red.times, "seconds_red": red.seconds}
            for name, red in trial.chain.red.items()
            if red.times
        },
        "warnings": warnings(trial),
        "wall_seconds": round(wall_seconds, 3),
        "payments_per_second": round(trial.payments / wall_seconds),
        "rows_per_second": round(trial.rows / wall_seconds),
    }
