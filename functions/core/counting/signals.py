"""A signal: something that can be wrong with payments, and all that Paywatch must know of it.

Adding a signal is adding a row to SIGNALS (and, for a rate, its field to the counts): what counts,
judges, publishes, alarms and words pages goes by the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

RATE, FLOW, WAVE = "rate", "flow", "wave"
"""Kinds: a share of the attempts, judged each second by its evidence; how many payments come and how
fast, judged each second too; a share of payments that end for a reason of the customer's own, or as
fraud, which is recorded and never paged."""

VOLUME, LATENCY = "volume", "latency"


class Threshold(msgspec.Struct, frozen=True, order=True):
    """Rates (shares, 0 to 1) at which a signal is worth a warning, and a page at night."""

    warning: float
    critical: float


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """trouble: what an incident of it is about; signals of one trouble are views of it. explains:
    further troubles that one of it explains. judged_by: the field of the counts that a page is about,
    without what the customer or a fraud rule caused. threshold: the default. assumed: the rate of all
    traffic before anything was seen. metric: of the rate in CloudWatch. unit: what a rate of it is.

    Words: `verb` is what payments do, `past` what they did, `of` which ones, `short` the same for a
    phone; alarm_action: what to do first about the metric's alarm, action: about an incident in which
    nothing fails.
    """

    name: str
    kind: str
    trouble: str
    verb: str
    short: str
    of: str = "of payments"
    past: str = ""
    explains: tuple[str, ...] = ()
    judged_by: str = ""
    threshold: Threshold = Threshold(1.0, 1.0)
    assumed: float = 0.0
    metric: str = ""
    alarm_action: str = ""
    action: str = ""
    unit: str = "share of attempts"

    @property
    def says(self) -> str:
        """`of payments are denied`, to stand behind a share."""
        return f"{self.of} {self.verb}"


SIGNALS: Final[Mapping[str, Signal]] = {
    signal.name: signal
    for signal in (
        Signal(
            name="failed",
            kind=RATE,
            trouble="failing",
            verb="fail",
            past="failed",
            short="failing",
            explains=("denied",),
            judged_by="failed_to_us",
            threshold=Threshold(0.01, 0.02),
            assumed=0.01,
            metric="FailureRate",
            alarm_action="see in `paywatch incidents` what fails and what can be moved; nothing? ask each gateway",
        ),
        Signal(
            name="attributable",
            kind=RATE,
            trouble="failing",
            verb="fail on the payment path",
            past="failed for a cause on the payment path",
            short="failing",
            explains=("denied",),
            judged_by="attributable",
            threshold=Threshold(0.01, 0.02),
            assumed=0.01,
            metric="AttributableFailureRate",
            alarm_action="see in `paywatch incidents` whose it is and what can be moved; nothing? ask each gateway",
        ),
        Signal(
            name="denied",
            kind=RATE,
            trouble="denied",
            verb="are denied",
            past="were denied",
            short="denied",
            judged_by="denied_to_us",
            threshold=Threshold(0.10, 0.15),
            assumed=0.05,
            metric="DeniedRate",
            alarm_action="compare causes: funds and fraud rules are the customer's or risk team's, the rest the issuer's",
        ),
        Signal(
            name="reversed",
            kind=RATE,
            trouble="reversed",
            verb="are reversed",
            past="were reversed",
            short="reversed",
            judged_by="reversed",
            threshold=Threshold(0.02, 0.04),
            assumed=0.005,
            metric="ReversedRate",
            alarm_action="check the gateway's capture and the order system for time-outs after approval",
        ),
        Signal(
            name="backend_reversed",
            kind=RATE,
            trouble="backend_reversed",
            verb="are reversed by the backend",
            past="were reversed by the backend",
            short="backend-reversed",
            judged_by="backend_reversed",
            threshold=Threshold(0.005, 0.01),
            assumed=0.0025,
            metric="BackendReversedRate",
            alarm_action="check our own backend: it gives money back for payments that were approved",
        ),
        Signal(
            name=VOLUME,
            kind=FLOW,
            trouble=VOLUME,
            of="of the usual payments",
            verb="come",
            short="missing",
            action="was traffic moved or a client switched off? If not, its way to us is down: ask its owner.",
            unit="share of the expected payments that came",
        ),
        Signal(
            name=LATENCY,
            kind=FLOW,
            trouble=LATENCY,
            verb="are slower than usual",
            short="slow",
            action="see which hop is slow (gateway, network or issuer); shorten what waits for it.",
            unit="share of payments slower than usual",
        ),
        Signal(
            name="customer",
            kind=WAVE,
            trouble="customer",
            verb="end for a reason of the customer's own",
            short="ended by customers",
            judged_by="customer",
            assumed=0.05,
        ),
        Signal(
            name="fraud",
            kind=WAVE,
            trouble="fraud",
            verb="are stopped as fraud",
            short="stopped as fraud",
            judged_by="fraud",
            assumed=0.05,
        ),
    )
}


def _of_kind(kind: str) -> tuple[str, ...]:
    return tuple(signal.name for signal in SIGNALS.values() if signal.kind == kind)


RATES: Final = _of_kind(RATE)
WAVES: Final = _of_kind(WAVE)
"""A wave's name is its cause."""

DEFAULT_THRESHOLDS: Final[Mapping[str, Threshold]] = {
    name: SIGNALS[name].threshold for name in RATES
}

ORDER: Final[Mapping[str, int]] = {name: place for place, name in enumerate(SIGNALS)}
"""Of two signals that say the same, the earlier one is told."""


def is_rate(signal: str) -> bool:
    return SIGNALS[signal].kind == RATE
