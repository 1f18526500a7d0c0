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
    "denied_unknown",
)
"""Of attempts: the status, and where several parties can be to blame, which one was."""
DENIED_UNKNOWN: Final = OUTCOMES.index("denied_unknown")
FAILED: Final = slice(1, 4)
DENIED: Final = slice(4, 6)
REVERSED: Final = 0.004
BACKEND_REVERSED: Final = 0.0008
ALIKE: Final = 0.01
"""Two slices hold the same payments when they differ by no more (share of the first one's)."""

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Market:
    """leaves: a value for every dimension. shares: of the payments, by leaf; they sum up to 1.
    rates: by leaf and outcome; each leaf's sum up to 1. volume: payments a minute. speeds: by leaf and
    class of latency, sums up to 1; None where no latency is told."""

    leaves: tuple[Mapping[str, str], ...]
    shares: Floats
    rates: Floats
    volume: float
    speeds: Floats | None = None

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """What Paywatch counts."""
        return tuple(key for keys, _ in self._groups for key in keys)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """The slices that may be told."""
        return tuple(filter(is_judged, self.slices))

    @cached_property
    def leaf_keys(self) -> tuple[str, ...]:
        """The leaves as slices of all dimensions."""
        return tuple(slice_key(leaf) for leaf in self.leaves)

    @cached_property
    def _groups(self) -> list[tuple[list[str], Ints]]:
        """For every combination of dimensions that Paywatch counts: its slices, and in which of them
        each leaf is."""
        groups = []
        dimensions = self.leaves[0].keys()
        for names in ((), *DEFAULT_SLICING):
            if not dimensions >= set(names):
                continue
            keys = [slice_key({name: leaf[name] for name in names}) for leaf in self.leaves]
            known = sorted(set(keys))
            places = {key: place for place, key in enumerate(known)}
            groups.append((known, np.array([places[key] for key in keys])))
        return groups

    def by_slice(self, values: Ints) -> Floats:
        """Sums over the leaves of each slice: of (second, leaf, field) → (second, slice, field), whole
        numbers. Only what is not 0 is looked at: most leaves are silent in most seconds."""
        seconds, _, width = values.shape
        second, leaf, field = np.nonzero(values)
        weights = values[second, leaf, field]
        sums = []
        for keys, place in self._groups:
            at = (second * len(keys) + place[leaf]) * width + field
            summed = np.bincount(at, weights, minlength=seconds * len(keys) * width)
            sums.append(summed.reshape(seconds, len(keys), width))
        together: Floats = np.concatenate(sums, axis=1)
        return together

    def pairs(self, depth: int = 2) -> tuple[str, ...]:
        """Every slice of so many dimensions that occurs, counted or not."""
        names = sorted(self.leaves[0])
        found = {
            slice_key({name: leaf[name] for name in some})
            for some in itertools.combinations(names, depth)
            for leaf in self.leaves
        }
        return tuple(sorted(found))

    def is_equal(self, one: str, two: str) -> bool:
        """Whether both hold the same payments, but for ALIKE of them."""
        if one == two:
            return True
        first, second = self.inside(one), self.inside(two)
        apart = float(self.shares[first ^ second].sum())
        return apart <= ALIKE * float(self.shares[first].sum())

    def inside(self, key: str) -> Bools:
        """Which leaves are in the slice."""
        found = self._inside.get(key)
        if found is None:
            wanted = slice_values(key)
            found = np.array([wanted.items() <= leaf.items() for leaf in self.leaves])
            self._inside[key] = found
        return found

    @cached_property
    def _inside(self) -> dict[str, Bools]:
        return {}

    def share_of(self, key: str) -> float:
        return float(self.shares[self.inside(key)].sum())

    def rate_of(self, key: str, outcomes: Sequence[int]) -> float:
        """The slice's ordinary rate of these outcomes together."""
        inside = self.inside(key)
        weights = self.shares[inside]
        rates = self.rates[inside][:, list(outcomes)].sum(axis=1)
        return float((weights * rates).sum() / weights.sum())

    def speeds_of(self, key: str) -> Floats:
        """The slice's ordinary share of each class of latency. Raises ValueError where none is told."""
        if self.speeds is None:
            raise ValueError("this market tells no latencies")
        inside = self.inside(key)
        found: Floats = self.shares[inside] @ self.speeds[inside] / self.shares[inside].sum()
        return found


def market(rng: np.random.Generator, volume: float, sizes: Mapping[str, int], kept: float = 0.4,
           poor_gateway: bool = False, failing: float = 1.0) -> Market:  # fmt: skip
    """A market with so many values of each dimension, of whose combinations the share `kept`
    occurs. Volumes follow Zipf's law in every dimension. failing: so many times as much fails as else.

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
    failed = failing * (by_issuer[column["issuer"]] + by_gateway[column["gateway"]])
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
