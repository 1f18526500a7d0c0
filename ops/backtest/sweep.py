"""`paywatch backtest --sweep`: what other settings would have cost in pages and delay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Final

from msgspec.structs import replace

from functions.core.counting.counts import attempts
from functions.core.counting.signals import RATES, Threshold
from functions.core.counting.slices import ALL
from functions.core.detection.normals import Normals
from functions.core.detection.state import Rules
from functions.settings.thresholds import format_thresholds
from ops.backtest.alarm_rules import AlarmRule
from ops.backtest.resolution import duration
from ops.backtest.trial import Trial, with_thresholds
from ops.proposed_thresholds import raised

BUDGETS: Final = (0.1, 1.0, 10.0)
"""False alarms a week."""
FACTORS: Final = (0.5, 1.0, 2.0, 5.0)
"""Of the thresholds asked for."""
SHORT_SECONDS: Final = 604_800
"""A history shorter than a week says little about pages a week."""
TOLERABLE: Final = 7.0
"""Pages a week that people still read: one a day."""


def trials(rules: Rules, alarm_rules: Sequence[AlarmRule], spread_s: int = 0) -> list[Trial]:
    """One for each other combination of thresholds and budget."""
    found = []
    for factor in FACTORS:
        for per_week in BUDGETS:
            scaled = {name: _times(t, factor) for name, t in rules.budget.thresholds.items()}
            budget = replace(rules.budget, thresholds=scaled, per_week=per_week)
            if budget != rules.budget:
                alarms = with_thresholds(alarm_rules, scaled)
                found.append(Trial(replace(rules, budget=budget), alarms, spread_s=spread_s))
    return found


def _times(threshold: Threshold, factor: float) -> Threshold:
    return Threshold(min(0.9, threshold.warning * factor), min(0.95, threshold.critical * factor))


def sweep_table(first: Trial, others: Sequence[Trial]) -> list[dict[str, Any]]:
    """A row for each trial, the asked-for settings first."""
    return [_row(first, trial) for trial in (first, *others)]


def _row(first: Trial, trial: Trial) -> dict[str, Any]:
    base, own = first.rules.budget.thresholds, trial.rules.budget.thresholds
    factor = own["failed"].warning / base["failed"].warning
    delays = [_seconds(line.opened_at, line.detected_at) for line in trial.incidents]
    return {
        "thresholds": "as asked for" if own == base else f"x {factor:.2g}",
        "settings": format_thresholds(own),
        "false_alarms_per_week": trial.rules.budget.per_week,
        "incidents": len(trial.incidents),
        "critical": sum(line.severity == "critical" for line in trial.incidents),
        "pages": trial.paged,
        "pages_per_week": round(trial.paged * 604_800 / trial.seconds, 2),
        "median_delay_seconds": median(delays) if delays else 0.0,
    }


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def proposal(first: Trial, others: Sequence[Trial]) -> dict[str, str]:
    """Settings for this history: thresholds above what is normal, and the largest budget whose
    pages people would still read."""
    limits = _thresholds(first)
    rows = sweep_table(first, others)
    same = [row for row in rows if row["thresholds"] == "as asked for"]
    read = [row for row in same if row["pages_per_week"] <= TOLERABLE]
    calmest = min(same, key=lambda row: (row["pages_per_week"], row["false_alarms_per_week"]))
    row = max(read, key=lambda row: row["false_alarms_per_week"]) if read else calmest
    # More budget that finds nothing more only buys noise.
    for other in sorted(read, key=lambda row: float(row["false_alarms_per_week"])):
        if other["incidents"] == row["incidents"]:
            row = other
            break
    budget = row["false_alarms_per_week"]
    settings = f"--false-alarms-per-week {budget:g}"
    if limits != first.rules.budget.thresholds:
        settings = f"--thresholds {format_thresholds(limits)} {settings}"
    because = (
        f"a budget of {budget:g} paged {row['pages_per_week']:g} times a week,"
        f" {duration(row['median_delay_seconds'], first.resolution)} after the first bad payment"
        " in the median"
    )
    if limits != first.rules.budget.thresholds:
        because += "; the thresholds proposed lie above what is normal here"
    if first.seconds < SHORT_SECONDS:
        because += f"; {first.seconds / 86_400:.2g} days are a short history: try a week or more"
    return {"settings": settings, "because": because}


def _thresholds(trial: Trial) -> Mapping[str, Threshold]:
    """The thresholds, raised above the usual rates of all traffic where they lie below: above what is
    normal, and what all but one well minute in a hundred show."""
    thresholds = trial.rules.budget.thresholds
    baseline = trial.chain.state.tracker.baseline
    if not attempts(baseline.absorbed.get(ALL, 0)):
        return thresholds
    normals = Normals(baseline, trial.rules.budget, trial.rules.tuning)
    shown = trial.usual.rates()
    usual = {
        signal: max(normals.normal(ALL, signal).rate, shown.get(signal, 0.0)) for signal in RATES
    }
    return raised(thresholds, usual)
