"""Where a shard's batches are cut."""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.ledger import KEPT_BEHIND, Ledger, announce, cut

numbers = st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True).map(sorted)
ledgers = st.builds(
    Ledger,
    st.integers(0, 5),
    st.lists(st.integers(0, 60), unique=True, max_size=12).map(lambda ends: tuple(sorted(ends))),
)


@given(numbers, ledgers)
def test_the_ranges_partition_the_batch_in_order(batch: list[int], ledger: Ledger) -> None:
    ranges = cut(batch, ledger)
    assert [index for found in ranges for index in found] == list(range(len(batch)))
    assert all(len(found) for found in ranges)


@given(numbers, ledgers)
def test_no_range_reaches_over_a_boundary(batch: list[int], ledger: Ledger) -> None:
    for found in cut(batch, ledger):
        first, last = batch[found[0]], batch[found[-1]]
        assert not any(first <= boundary < last for boundary in ledger.boundaries)


@given(numbers, ledgers)
def test_neighbours_are_cut_apart_only_at_a_boundary(batch: list[int], ledger: Ledger) -> None:
    for one, two in pairwise(cut(batch, ledger)):
        end, start = batch[one[-1]], batch[two[0]]
        assert any(end <= boundary < start for boundary in ledger.boundaries)


@given(numbers, ledgers)
def test_a_batch_is_cut_the_same_way_after_its_own_ends_are_announced(
    batch: list[int], ledger: Ledger
) -> None:
    ranges = cut(batch, ledger)
    after = announce(ledger, batch[0], [batch[found[-1]] for found in ranges])
    assert cut(batch, after) == ranges


@given(numbers, ledgers)
def test_announcing_again_changes_nothing(batch: list[int], ledger: Ledger) -> None:
    once = announce(ledger, batch[0], batch)
    assert announce(once, batch[0], batch) is once


@given(numbers, ledgers)
def test_what_is_announced_stands_in_the_ledger(batch: list[int], ledger: Ledger) -> None:
    after = announce(ledger, batch[0], batch)
    assert set(batch) <= set(after.boundaries)
    assert list(after.boundaries) == sorted(set(after.boundaries))
    assert after.version in (ledger.version, ledger.version + 1)


def test_boundaries_far_behind_the_batch_are_forgotten() -> None:
    old = Ledger(1, tuple(range(1000)))
    after = announce(old, 1000, [1010])
    assert after.boundaries == (*range(1000 - KEPT_BEHIND, 1000), 1010)


@given(ledgers, numbers)
def test_no_boundary_from_the_batchs_start_on_is_ever_forgotten(
    ledger: Ledger, batch: list[int]
) -> None:
    after = announce(ledger, batch[0], [batch[-1]])
    ahead = ledger.boundaries[bisect_left(ledger.boundaries, batch[0]) :]
    assert set(ahead) <= set(after.boundaries)
