"""The latency of all traffic, as a sketch that adds up: bucket → payments."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

_GAMMA: Final = 1.1
MOST_INDEXES: Final = 400
"""Buckets of a sketch."""
INDEX_BOUNDS: Final = [_GAMMA**index for index in range(MOST_INDEXES - 1)]
"""Upper bounds of the buckets, far beyond any latency: the last holds what is slower still."""


def latency_index(latency_ms: float) -> int:
    """The sketch bucket of a latency: DDSketch (Masson, Rim, Lee, VLDB 2019), γ = 1.1.

    Bucket i holds (γ^(i-1), γ^i] ms, so a quantile is right within (γ-1)/(γ+1) = 4.8 %.
    Latencies of 1 ms or less share bucket 0.
    """
    return bisect_left(INDEX_BOUNDS, latency_ms)


def latency_quantile(sketch: Mapping[int, int], quantile: float) -> float | None:
    """The latency in ms below which `quantile` of the payments lie; None of an empty sketch."""
    rank = quantile * sum(sketch.values())
    seen = 0
    for index in sorted(sketch):
        seen += sketch[index]
        if seen >= rank:
            return 2 * _GAMMA**index / (_GAMMA + 1)
    return None
