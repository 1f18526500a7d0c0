"""The latency of all traffic as a sketch."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.latency import latency_index, latency_quantile


@given(
    st.lists(st.floats(1, 60_000), min_size=1, max_size=60), st.sampled_from((0.5, 0.95, 0.99, 1))
)
def test_a_latency_quantile_is_right_within_five_percent(
    latencies: list[float], quantile: float
) -> None:
    sketch: dict[int, int] = {}
    for latency in latencies:
        index = latency_index(latency)
        sketch[index] = sketch.get(index, 0) + 1
    exact = sorted(latencies)[math.ceil(quantile * len(latencies)) - 1]
    assert latency_quantile(sketch, quantile) == pytest.approx(exact, rel=0.05)


def test_an_empty_sketch_has_no_quantile() -> None:
    assert latency_quantile({}, 0.95) is None


@pytest.mark.parametrize("latency", [0.0, 0.3, 1.0])
def test_latencies_up_to_a_millisecond_share_a_bucket(latency: float) -> None:
    assert latency_index(latency) == 0
