"""The fixed, small set of figures that CloudWatch gets: one value each, whatever the slices are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from functions.core.counting.confidence import SURE, lower_bound
from functions.core.counting.counts import NONE, attempts, events, field, payments
from functions.core.counting.faults import PARKED_AS, Fault, new
from functions.core.counting.latency import latency_quantile
from functions.core.counting.signals import RATES, SIGNALS
from functions.core.counting.slices import ALL
from functions.core.counting.window import Window


class Metric(msgspec.Struct, frozen=True):
    """A metric: `unit` as CloudWatch writes it, `meaning` for the dashboard and the docs."""

    name: str
    unit: str
    meaning: str


RATE_METRICS: Final[Mapping[str, str]] = {name: SIGNALS[name].metric for name in RATES}
"""Signal → the metric of its rate over the window; `…AtLeast` is its 95 % lower bound."""

METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        *(
            metric
            for signal, name in RATE_METRICS.items()
            for metric in (
                Metric(name, "Percent", f"attempts of the last 60 s that {SIGNALS[signal].past}"),
                Metric(
                    f"{name}AtLeast",
                    "Percent",
                    f"what {name} surely exceeds (one-sided 95 % bound); alarms look at this",
                ),
            )
        ),
        Metric("Attempts", "Count", "attempts of the last 60 s"),
        Metric("AnomalyScore", "None", "score of the worst slice, 0 to 100"),
        Metric("LatencyP95", "Milliseconds", "95th percentile of payment latency over 60 s"),
        Metric("EventLag", "Seconds", "age of the newest payment when it was counted"),
        Metric("Parked", "Count", "events parked in the last 60 s"),
        Metric("Late", "Count", "payments of the last 60 s that came too late to be counted"),
        Metric(
            "ParkedAtLeast",
            "Percent",
            "share of the events of the last 60 s that surely is parked (one-sided 95 % bound), from five"
            " parked ones on",
        ),
        Metric(
            "ParkedNew", "Count", "events parked for a reason that came first within 10 minutes"
        ),
        Metric("Retries", "Count", "tries of the last 60 s after a payment's first"),
        Metric("Repeats", "Count", "messages of the last 60 s that said nothing new of a payment"),
        Metric("TestPayments", "Count", "payments of a test system in the last 60 s, not counted"),
        Metric("Faults", "Count", "fields and events of the last 60 s that could not be read"),
    )
}


FEWEST_PARKED: Final = 5
"""Parked events in a window from which their share is told: one odd event is no share."""


def gauges(
    window: Window,
    score: float,
    newest_ms: int,
    now_ms: int,
    faults: Mapping[str, Fault] | None = None,
) -> dict[str, float]:
    """The value of each metric of METRICS; one without a value is left out.

    score: of the worst slice, 0 in calm. newest_ms: the newest event time of what was counted since the
    gauges were published last, epoch milliseconds, 0 where nothing was: silence has no age; now_ms: the
    wall clock when it was counted, for EventLag alone. faults: kinds that were seen. A gauge may be sent
    twice without harm.
    """
    counts = window.sums.get(ALL, NONE)
    total = attempts(counts)
    values: dict[str, float] = {}
    for signal, name in RATE_METRICS.items():
        shown = events(counts, signal)
        if total:
            values[name] = 100.0 * shown / total
        values[f"{name}AtLeast"] = 100.0 * lower_bound(shown, total, SURE)
    values["Attempts"] = float(total)
    values["AnomalyScore"] = score
    p95 = latency_quantile(window.latency, 0.95)
    if p95 is not None:
        values["LatencyP95"] = p95
    if newest_ms and (payments(counts) or window.late):
        values["EventLag"] = max(0.0, (now_ms - newest_ms) / 1000)
    values["Parked"] = float(window.parked)
    values["Late"] = float(window.late)
    events_seen = payments(counts) + window.parked
    share = lower_bound(window.parked, events_seen, SURE)
    values["ParkedAtLeast"] = 100.0 * share if window.parked >= FEWEST_PARKED else 0.0
    values["ParkedNew"] = float(new(faults or {}, window.clock, PARKED_AS))
    beside = window.beside()
    values["Retries"] = float(field(counts, "retries"))
    values["Repeats"] = float(beside.repeats)
    values["TestPayments"] = float(beside.tests)
    values["Faults"] = float(sum(beside.faults.values()))
    return values
