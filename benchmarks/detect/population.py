"""Who pays on an ordinary day: the leaves of a market, their volumes and their rates."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from functions.core.counting.slices import DEFAULT_SLICING, is_judged, slice_key, slice_values

OUTCOMES: Final = (
    "approved",
    "failed_path",
    "failed_customer",
    "failed_unknown",
    "denied_customer",
    "denied_other",
    "reversed",
    "backend_reversed",
)
"""Of attempts: the status, and where several parties can be to blame, which one was."""
FAILED: Final = slice(1, 4)
DENIED: Final = slice(4, 6)
REVERSED: Final = 0.004
BACKEND_REVERSED: Final = 0.0008

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Market:
    """leaves: a value for every dimension. shares: of the payments, by leaf; they sum up to 1.
    rates: by leaf and outcome; each leaf's sum up to 1. volume: payments a minute."""

    leaves: tuple[Mapping[str, str], ...]
    shares: Floats
    rates: Floats
    volume: float

    @cached_property
    def slices(self) -> tuple[str, ...]:
        return tuple(key for keys, _, _ in self._groups for key in keys)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """The slices that may be told."""
        return tuple(filter(is_judged, self.slices))

    @cached_property
    def _groups(self) -> list[tuple[list[str], Ints, Ints]]:
        """For every combination of dimensions that Paywatch counts: its slices, the leaves in
        their order, and where each slice's leaves begin."""
        groups = []
        dimensions = self.leaves[0].keys()
        for names in ((), *DEFAULT_SLICING):
            if not dimensions >= set(names):
                continue
            keys = [slice_key({name: leaf[name] for name in names}) for leaf in self.leaves]
            order = np.array(sorted(range(len(keys)), key=keys.__getitem__))
            ordered = [keys[index] for index in order]
            starts = [i for i, key in enumerate(ordered) if i == 0 or key != ordered[i - 1]]
            groups.append(([ordered[i] for i in starts], order, np.array(starts)))
        return groups

    def by_slice(self, values: Ints, axis: int) -> Ints:
        """Sums over the leaves of each slice; `axis` is the one of the leaves."""
        sums = [
            np.add.reduceat(np.take(values, order, axis=axis), starts, axis=axis)
            for _, order, starts in self._groups
        ]
        together: Ints = np.concatenate(sums, axis=axis)
        return together

    def inside(self, key: str) -> Bools:
        """Which leaves are in the slice."""
        wanted = slice_values(key)
        return np.array([wanted.items() <= leaf.items() for leaf in self.leaves])

    def share_of(self, key: str) -> float:
        return float(self.shares[self.inside(key)].sum())

    def rate_of(self, key: str, outcomes: Sequence[int]) -> float:
        """The slice's ordinary rate of these outcomes together."""
        inside = self.inside(key)
        weights = self.shares[inside]
        rates = self.rates[inside][:, list(outcomes)].sum(axis=1)
        return float((weights * rates).sum() / weights.sum())


def market(rng: np.random.Generator, volume: float, sizes: Mapping[str, int], kept: float = 0.4,
           poor_gateway: bool = False) -> Market:  # fmt: skip
    """A market with so many values of each dimension, of whose combinations the share `kept`
    occurs. Volumes follow Zipf's law in every dimension.

    failed: by issuer and by gateway 0.1 to 1.5 %, one issuer at 3 to 5 %, and on demand one small
    gateway at 25 to 50 %; denied: by issuer 2 to 12 % (as UPI remitters in NPCI's statistics).
    """
    values = {name: [f"{name[0].upper()}{i}" for i in range(n)] for name, n in sizes.items()}
    popular = {name: np.arange(1, n + 1.0) ** -rng.uniform(0.8, 1.2) for name, n in sizes.items()}
    if poor_gateway:
        popular["gateway"][-1] = 0.06 * popular["gateway"].sum()
    grid = list(itertools.product(*(range(n) for n in sizes.values())))
    weights = np.array([
        np.prod([popular[name][i] for name, i in zip(sizes, at, strict=True)]) for at in grid
    ]) * rng.lognormal(0.0, 0.4, len(grid))  # fmt: skip
    chosen = _covering(rng, grid, kept)
    shares = weights[chosen] / weights[chosen].sum()
    at = np.array(grid)[chosen]
    column = {name: at[:, i] for i, name in enumerate(sizes)}

    by_issuer = _log_uniform(rng, 0.001, 0.010, sizes["issuer"])
    by_issuer[rng.integers(sizes["issuer"])] = rng.uniform(0.03, 0.05)
    by_gateway = _log_uniform(rng, 0.001, 0.015, sizes["gateway"])
    if poor_gateway:
        by_gateway[-1] = rng.uniform(0.25, 0.50)
    failed = by_issuer[column["issuer"]] + by_gateway[column["gateway"]]
    denied = rng.uniform(0.02, 0.12, sizes["issuer"])[column["issuer"]]

    rates = np.zeros((len(chosen), len(OUTCOMES)))
    rates[:, FAILED] = np.outer(failed, (0.60, 0.25, 0.15))
    rates[:, DENIED] = np.outer(denied, (0.85, 0.15))
    rates[:, 6], rates[:, 7] = REVERSED, BACKEND_REVERSED
    rates[:, 0] = 1.0 - rates.sum(axis=1)
    leaves = tuple(
        {name: values[name][i] for name, i in zip(sizes, row, strict=True)} for row in at
    )
    return Market(leaves, shares, rates, volume)


def _covering(rng: np.random.Generator, grid: Sequence[tuple[int, ...]], kept: float) -> list[int]:
    """So many of the combinations, drawn at random; every value of every dimension occurs."""
    order = rng.permutation(len(grid))
    wanted = round(kept * len(grid))
    chosen: list[int] = []
    seen: set[tuple[int, int]] = set()
    for index in order:
        parts = set(enumerate(grid[index]))
        if len(chosen) < wanted or not parts <= seen:
            chosen.append(int(index))
            seen |= parts
    return sorted(chosen)


def _log_uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Floats:
    drawn: Floats = np.exp(rng.uniform(np.log(low), np.log(high), n))
    return drawn
