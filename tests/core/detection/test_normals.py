"""What is normal as of a fold, worked out once for whoever asks."""

from __future__ import annotations

import pytest

from functions.core.counting.counts import Counts
from functions.core.counting.signals import SIGNALS, WAVES
from functions.core.counting.slices import ALL
from functions.core.detection.baseline import CELL_SECONDS, Baseline, Cell
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import steps
from functions.core.detection.folding import fold
from functions.core.detection.normals import Memory, Normals
from functions.core.detection.season import HOUR
from functions.core.detection.tuning import NormalTuning
from tests.builders import NOW, counts

BORROWED = NormalTuning().borrowed

HDFC = "issuer=HDFC"
BUDGET = Budget()
START = NOW // HOUR * HOUR


def folded(minutes: int, came: dict[str, Counts], normals: Normals | None = None) -> Normals:
    """The normals after so many minutes in which this came."""
    normals = normals or Normals(Baseline(folded=START))
    for _ in range(minutes):
        second = normals.baseline.folded + CELL_SECONDS
        normals = normals.after(fold(normals, came, second, lambda *_: False, learning=True))
    return normals


def test_a_slice_of_few_payments_is_taken_for_its_wider_one() -> None:
    normals = folded(20, {ALL: counts(approved=980, failed=20, gateway=20)})
    assert normals.normal(HDFC, "failed").rate == normals.normal(ALL, "failed").rate
    assert normals.normal(HDFC, "failed").error > normals.normal(ALL, "failed").error


def test_how_an_event_weighs_follows_from_what_is_normal_and_what_may_drift() -> None:
    normals = folded(20, {ALL: counts(approved=980, failed=20, gateway=20)})
    drift = BUDGET.drift("failed")
    assert normals.steps(ALL, "failed") == steps(normals.normal(ALL, "failed"), drift)
    assert normals.weighs["failed"] == {ALL: normals.steps(ALL, "failed")}


@pytest.mark.parametrize("wave", WAVES)
def test_before_anything_was_seen_a_wave_has_its_assumed_share(wave: str) -> None:
    assert Normals(Baseline()).share(HDFC, wave) == pytest.approx(SIGNALS[wave].assumed)


def test_a_wave_has_the_share_that_was_seen_where_many_payments_were() -> None:
    normals = folded(20, {ALL: counts(approved=90, denied=10, customer=10)})
    assumed = SIGNALS["customer"].assumed
    expected = (200 + BORROWED * assumed) / (2000 + BORROWED)
    assert normals.share(ALL, "customer") == pytest.approx(expected)


def test_a_slice_that_came_too_rarely_has_no_season() -> None:
    assert folded(5, {ALL: counts(approved=9)}).season(HDFC) is None
    assert folded(5, {ALL: counts(approved=9)}).season(ALL) is None


def test_a_season_stays_as_it_is_until_the_next_hour() -> None:
    came = {ALL: counts(approved=98, failed=2, gateway=2)}
    days = folded(3 * 24 * 60 + 1, came)
    season = days.season(ALL)
    assert season is not None
    assert folded(58, came, days).season(ALL) is season
    assert folded(60, came, days).season(ALL) is not season


def test_a_memory_gives_the_same_normals_until_the_next_fold() -> None:
    memory, baseline = Memory(), Baseline(folded=START)
    normals = memory.of(baseline, BUDGET)
    assert memory.of(baseline, BUDGET) is normals
    later = memory.fold(normals, fold(normals, {}, START + 60, lambda *_: False, learning=True))
    assert memory.of(later.baseline, BUDGET) is later
    assert memory.of(baseline, BUDGET) is not normals


def test_a_memory_of_another_budget_remembers_nothing_of_it() -> None:
    memory, baseline = Memory(), Baseline()
    normals = memory.of(baseline, BUDGET)
    assert memory.of(baseline, Budget(per_week=9.0)) is not normals


def test_what_usually_fails_by_leaf_is_worked_out_once() -> None:
    failing = {HDFC: counts(failed=3, denied=2, gateway=3, customer=2)}
    cell = Cell(START, START + CELL_SECONDS, {}, absorbed=True, failing=failing)
    normals = Normals(Baseline(cells=(cell,)))
    assert normals.usually("failed").shown == {HDFC: 3}
    assert normals.usually("failed").unhappy == {HDFC: 5}
    assert normals.usually("failed") is normals.usually("failed")


SBI = "issuer=SBI"
SICK, FINE = counts(approved=60, failed=40, gateway=40), counts(approved=99, failed=1, gateway=1)


def unknown_issuer(came: dict[str, Counts]) -> Normals:
    """The normals after a minute of this, of which nothing of HDFC was absorbed."""
    normals = Normals(Baseline(folded=START))
    held = fold(normals, came, START + 60, lambda key, *_: key == HDFC, learning=True)
    return normals.after(held)


def test_a_slice_of_which_nothing_is_known_is_taken_for_what_its_sister_slices_show() -> None:
    #  what is wrong in the slice seems normal for all traffic
    normals = unknown_issuer({ALL: SICK + 4 * FINE, HDFC: SICK, SBI: 4 * FINE})
    assert normals.normal(ALL, "failed").rate > 0.05
    assert normals.normal(HDFC, "failed").rate == pytest.approx(0.01)
    assert normals.normal(HDFC, "failed") == normals.unseen(HDFC, "failed")


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_a_slice_of_which_nothing_is_known_may_fail_some_times_as_much_as_its_sisters(
    rate: float,
) -> None:
    failed = round(10_000 * rate)
    came = counts(approved=10_000 - failed, failed=failed, gateway=failed)
    normals = unknown_issuer({ALL: came, SBI: came})
    q = normals.steps(HDFC, "failed").q
    assert NormalTuning().differ * rate * 0.7 < q < NormalTuning().differ * rate * 1.1


def test_its_own_payments_say_more_than_its_sisters_soon() -> None:
    came = {ALL: 10 * SICK + 90 * FINE, HDFC: 10 * SICK, SBI: 90 * FINE}
    assert folded(1, came).normal(HDFC, "failed").rate == pytest.approx(0.4, rel=0.05)
