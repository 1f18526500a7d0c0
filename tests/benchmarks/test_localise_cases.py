"""The cases: how a file of real ones is read, and the laws that generated ones keep."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, variance

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.localise import real, riskloc_s
from benchmarks.localise.case import CAUSED, MIX_SHIFT, OUTSIDE, TRAPS, VOLUME, Case
from benchmarks.localise.draws import binomial, overdispersed, poisson
from benchmarks.localise.families import FAMILIES, PAYMENTS, REPORT_SEEDS, TUNING_SEEDS, made
from benchmarks.localise.fit import folds, stream_of
from functions.core.counting.slices import slice_values
from functions.core.localise.joint_causes import Leaf

SMALL = riskloc_s.Law(sizes=(5, 4, 4, 3, 3))
DATA = Path(os.environ.get("PAYWATCH_DATA", "../shared/data")) / real.FOLDER
MINUTE = 1_600_000_000

seeds = st.integers(min_value=0, max_value=10**6)


def written(folder: Path, *rows: str) -> Path:
    file = folder / "failures.csv"
    lines = ["min,cdn,isp,value,cnt", *rows]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_the_labelled_minute_is_held_against_the_sum_of_those_before(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        f"{MINUTE - 120},5,x,1,10",
        f"{MINUTE - 60},5,x,2,20",
        f"{MINUTE - 60},7,y,0,4",
        f"{MINUTE},5,x,9,30",
        f"{MINUTE},7,z,3,3",
        f"{MINUTE + 60},5,x,30,30",
    )
    found = real.case(file, MINUTE, frozenset(["cdn=5"]))
    assert (found.dimensions, found.periods, found.kind) == (("cdn", "isp"), 2.0, CAUSED)
    assert sorted(found.leaves, key=lambda leaf: leaf.values) == [
        Leaf(("5", "x"), 30, 9, 30, 3),
        Leaf(("7", "y"), 0, 0, 4, 0),
        Leaf(("7", "z"), 3, 3, 0, 0),
    ]


@pytest.mark.parametrize("minute", [MINUTE - 120, MINUTE - 180, MINUTE + 60])
def test_a_minute_without_rows_or_without_a_past_is_no_case(tmp_path: Path, minute: int) -> None:
    file = written(tmp_path, f"{MINUTE - 120},5,x,1,10", f"{MINUTE},5,x,9,30")
    with pytest.raises(ValueError, match=rf"failures.csv has no minute {minute}"):
        real.case(file, minute, frozenset())


def test_causes_are_read_as_slices(tmp_path: Path) -> None:
    written(tmp_path, f"{MINUTE - 60},5,x,1,10", f"{MINUTE},5,x,9,30")
    causes = [{"isp": "x", "cdn": "5"}, {"cdn": "7"}]
    truth = [{"file": "failures.csv", "timestamp": MINUTE, "causes": causes}]
    (tmp_path / "ground_truth.json").write_text(json.dumps(truth), encoding="utf-8")
    (found,) = real.cases(tmp_path)
    assert found.truth == {"cdn=5&isp=x", "cdn=7"}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real cases at {DATA} (PAYWATCH_DATA)")
def test_every_real_case_fails_more_in_its_causes_than_before() -> None:
    found = real.cases(DATA)
    assert len(found) == 68
    for item in found:
        assert sum(now - before for now, before in rates(item)) > 0.0


def test_tuning_and_reporting_share_no_seed() -> None:
    assert not set(TUNING_SEEDS) & set(REPORT_SEEDS)


@pytest.mark.parametrize("family", [PAYMENTS, *TRAPS, "L"])
def test_a_seed_makes_the_same_case_again(family: str) -> None:
    seed = TUNING_SEEDS[0]
    assert made(family, seed) == made(family, seed)
    assert made(family, seed).leaves != made(family, seed + 1).leaves


@pytest.mark.parametrize("family", [PAYMENTS, *TRAPS])
@pytest.mark.parametrize("seed", TUNING_SEEDS[:5])
def test_counts_of_payments_are_whole_and_fit_together(family: str, seed: int) -> None:
    case = made(family, seed)
    assert case.kind == (CAUSED if family == PAYMENTS else family)
    assert 70 <= len(case.leaves) <= 2_000
    assert len({row.values for row in case.leaves}) == len(case.leaves)
    for row in case.leaves:
        assert all(count == int(count) for count in msgspec.structs.astuple(row)[1:])
        assert 0 <= row.failures <= row.attempts
        assert 0 <= row.baseline_failures <= row.baseline_attempts
        assert len(row.values) == len(case.dimensions)


@pytest.mark.parametrize("seed", TUNING_SEEDS[:20])
def test_a_cause_raises_the_rate_of_its_slice(seed: int) -> None:
    case = made(PAYMENTS, seed)
    assert 1 <= len(case.truth) <= 3
    for now, before in rates(case):
        assert now > before + 0.05


def test_traps_do_what_they_are_named_for() -> None:
    """On average over seeds: a single small market is a matter of chance."""
    lifts: dict[str, list[float]] = {kind: [] for kind in TRAPS}
    own: dict[str, list[float]] = {kind: [] for kind in TRAPS}
    for kind in TRAPS:
        for seed in TUNING_SEEDS[:30]:
            case = made(kind, seed)
            assert not case.truth
            now, before = overall(case)
            lifts[kind].append(now / before)
            own[kind].append(reweighted(case) / before)
    assert min(lifts[OUTSIDE]) > 1.2
    assert min(own[OUTSIDE]) > 1.2
    assert mean(lifts[MIX_SHIFT]) > 1.15
    # With the leaves' weights of before, nothing rose.
    assert mean(own[MIX_SHIFT]) == pytest.approx(1.0, abs=0.05)
    assert mean(lifts[VOLUME]) == pytest.approx(1.0, abs=0.05)


def test_a_case_without_room_for_another_cause_has_fewer() -> None:
    assert len(riskloc_s.case("small", 515, SMALL).truth) == 6


@given(seeds)
@example(515)
def test_causes_by_risklocs_law_are_raised_and_share_no_value(seed: int) -> None:
    case = riskloc_s.case("small", seed, SMALL)
    assert 1 <= len(case.truth) <= 9
    causes = [slice_values(key) for key in case.truth]
    combinations = {tuple(cause) for cause in causes}
    assert len(combinations) <= 3
    for cause in causes:
        for other in causes:
            if tuple(cause) != tuple(other):
                assert not cause.items() & other.items()
    inside = {row for key in case.truth for row in leaves_in(case, key)}
    fallen = sum(row.failures - row.baseline_failures for row in inside)
    assert fallen > 0.0 or not inside
    for row in case.leaves:
        assert row.attempts == row.baseline_attempts >= max(row.failures, row.baseline_failures)


def test_risklocs_own_sizes_give_tens_of_thousands_of_leaves() -> None:
    case = made("S", TUNING_SEEDS[0])
    assert 0.7 * 48_000 < len(case.leaves) <= 48_000
    assert set(riskloc_s.LAWS) < set(FAMILIES)


@given(seeds, st.integers(0, 2_000), st.floats(0.0, 1.0), st.sampled_from([0.0, 0.01, 0.5]))
def test_draws_stay_within_what_can_be_drawn(
    seed: int, trials: int, rate: float, alike: float
) -> None:
    rng = random.Random(seed)
    assert 0 <= binomial(rng, trials, rate) <= trials
    assert 0 <= overdispersed(rng, trials, rate, alike) <= trials
    assert binomial(rng, trials, 0.0) == 0
    assert binomial(rng, trials, 1.0) == trials


@pytest.mark.parametrize(("trials", "rate"), [(20, 0.1), (400, 0.02), (1_000, 0.3), (50, 0.9)])
def test_draws_have_the_mean_and_the_variance_that_they_should(trials: int, rate: float) -> None:
    rng, times = random.Random(7), range(4_000)
    independent = trials * rate * (1 - rate)
    alike = independent * (1 + 0.05 * (trials - 1))
    for drawn, expected in (
        ([binomial(rng, trials, rate) for _ in times], independent),
        ([poisson(rng, trials * rate) for _ in times], trials * rate),
        ([overdispersed(rng, trials, rate, 0.05) for _ in times], alike),
    ):
        assert mean(drawn) == pytest.approx(trials * rate, rel=0.05)
        assert variance(drawn) == pytest.approx(expected, rel=0.12)


def test_folds_are_even_and_keep_a_stream_together() -> None:
    names = [f"case{number}_0420_{number % 9}" for number in range(40)]
    where = folds(names, 5)
    assert {stream_of(name) for name in names} == {str(number) for number in range(9)}
    for stream in range(9):
        assert len({where[at] for at in range(40) if at % 9 == stream}) == 1
    sizes = [where.count(fold) for fold in range(5)]
    assert max(sizes) - min(sizes) <= 5


def leaves_in(case: Case, key: str) -> list[Leaf]:
    wanted = slice_values(key)
    where = [
        (number, wanted[name]) for number, name in enumerate(case.dimensions) if name in wanted
    ]
    return [
        row for row in case.leaves if all(row.values[number] == value for number, value in where)
    ]


def rates(case: Case) -> Iterator[tuple[float, float]]:
    """Of each cause now and before."""
    for key in case.truth:
        rows = leaves_in(case, key)
        yield (
            sum(row.failures for row in rows) / sum(row.attempts for row in rows),
            sum(row.baseline_failures for row in rows) / sum(row.baseline_attempts for row in rows),
        )


def overall(case: Case) -> tuple[float, float]:
    rows = case.leaves
    return (
        sum(row.failures for row in rows) / sum(row.attempts for row in rows),
        sum(row.baseline_failures for row in rows) / sum(row.baseline_attempts for row in rows),
    )


def reweighted(case: Case) -> float:
    """The failure rate now if every leaf had its share of before."""
    rows = [row for row in case.leaves if row.attempts and row.baseline_attempts]
    weights = sum(row.baseline_attempts for row in rows)
    return sum(row.failures / row.attempts * row.baseline_attempts for row in rows) / weights
