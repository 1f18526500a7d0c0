"""The signals that are no rate."""

from __future__ import annotations

from functions.core.counting.counts import SIGNALS
from functions.core.counting.signals import LATENCY, VOLUME


def test_neither_volume_nor_latency_is_a_rate() -> None:
    assert {VOLUME, LATENCY}.isdisjoint(SIGNALS)
