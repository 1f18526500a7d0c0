"""Made-up traffic with faults in it, as the partials that tally would send: the same every time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from functions.core.counting.partial import Partial
from functions.core.counting.slices import Slicing
from functions.core.counting.tally import Tally
from functions.core.payments.event import Payment
from tests.builders import NOW, SHARD, partial

ISSUERS = {"HDFC": 0.4, "ICICI": 0.3, "SBI": 0.2, "AXIS": 0.1}
NETWORKS = {"VISA": 0.5, "MASTERCARD": 0.3, "RUPAY": 0.2}
GATEWAYS = {"alpha": 0.6, "beta": 0.4}
METHODS = {"card": 0.8, "upi": 0.2}
SLICING: Slicing = (
    ("issuer",),
    ("network",),
    ("gateway",),
    ("method",),
    ("issuer", "network"),
    ("gateway", "method"),
)
HEALTHY = {"failed": 0.003, "denied": 0.05, "reversed": 0.004, "backend_reversed": 0.0005}
"""Shares of all payments on an ordinary day."""
CAUSES = {"failed": "gateway", "denied": "customer", "reversed": "unknown"}


@dataclass(frozen=True)
class Fault:
    """From `start` until before `end` (seconds from NOW), so large a share of the payments that
    `where` names end in `status` for `cause`."""

    where: Mapping[str, str]
    share: float
    start: int = 100
    end: int = 10_000
    status: str = "failed"
    cause: str = "issuer"

    def hits(self, second: int, values: Mapping[str, str]) -> bool:
        return self.start <= second < self.end and self.where.items() <= values.items()


@dataclass
class Traffic:
    """One partial a second, with `rate` payments, for each second of `seconds`; without those that
    `absent` names."""

    rate: int = 200
    faults: tuple[Fault, ...] = ()
    healthy: Mapping[str, float] = field(default_factory=lambda: HEALTHY)
    seed: int = 1
    shard: str = SHARD
    slicing: Slicing = SLICING
    absent: tuple[Mapping[str, str], ...] = ()

    def __call__(self, seconds: int) -> Iterator[Partial]:
        drawn = random.Random(self.seed)
        for second in range(seconds):
            what = self._tally(drawn, second)
            yield partial(second + 1, what, NOW + second, shard=self.shard)

    def _tally(self, drawn: random.Random, second: int) -> Tally:
        tally = Tally()
        draw = drawn.random
        cells: dict[tuple[int, str, str], int] = {}
        for at in drawn.choices(range(len(_LEAVES)), _WEIGHTS, k=self.rate):
            if any(where.items() <= _LEAVES[at].items() for where in self.absent):
                continue
            cell = (at, *self._outcome(draw, second, _LEAVES[at]))
            cells[cell] = cells.get(cell, 0) + 1
        for (at, status, cause), count in cells.items():
            paid = Payment(
                transaction_id="t",
                status=status,
                timestamp_ms=(NOW + second) * 1000,
                count=count,
                **dict[str, Any](_LEAVES[at]),
            )
            tally.add(paid, cause, self.slicing)
        return tally

    def _outcome(
        self, draw: Callable[[], float], second: int, values: Mapping[str, str]
    ) -> tuple[str, str]:
        for fault in self.faults:
            if fault.hits(second, values) and draw() < fault.share:
                return fault.status, fault.cause
        mark = draw()
        for status, share in self.healthy.items():
            mark -= share
            if mark < 0:
                return status, CAUSES.get(status, "unknown")
        return "approved", ""


_NAMES = ("issuer", "network", "gateway", "method")
_LEAVES = [
    dict(zip(_NAMES, values, strict=True))
    for values in product(ISSUERS, NETWORKS, GATEWAYS, METHODS)
]
_WEIGHTS = [
    ISSUERS[i] * NETWORKS[n] * GATEWAYS[g] * METHODS[m]
    for i, n, g, m in product(ISSUERS, NETWORKS, GATEWAYS, METHODS)
]
