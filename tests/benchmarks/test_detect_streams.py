"""What the detection benchmark generates, and how its quiet hours are cut. Needs what `make bench-detect`
installs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("numpy")
pytest.importorskip("river")

import numpy as np

from benchmarks.detect.labels import (
    EARLY,
    FAULTS,
    FIRST_RENEWALS,
    INCIDENT,
    OVERLAP,
    RENEWALS,
    SILENCE,
    SLOWNESS,
    TRAPS,
    Label,
)
from benchmarks.detect.paywatch import counts_of
from benchmarks.detect.plan import INCIDENTS
from benchmarks.detect.population import ALIKE, OUTCOMES, Market, market
from benchmarks.detect.quiet import Shard, from_json, name_of, rest, shards, to_json, together
from benchmarks.detect.retries import AGAIN, STICKS, Retries
from benchmarks.detect.rich_plan import FAULTS_EACH, NIGHTS, kinds
from benchmarks.detect.scoring import score
from benchmarks.detect.streams import (
    PLAIN,
    REPORT_SEEDS,
    RICH,
    TUNING_SEEDS,
    Stream,
    day_shape,
    night_stream,
    packed_counts,
    quiet,
    stream,
)
from functions.core.counting.counts import attempts, field, speeds
from functions.core.counting.slices import dimensions, disjoint
from functions.core.detection.state import Rules
from functions.core.detection.tuning import EvidenceTuning, Tuning

SEEDS = (TUNING_SEEDS[0], TUNING_SEEDS[3])


@pytest.fixture(scope="module")
def rich() -> Stream:
    return stream(TUNING_SEEDS[2])


def small() -> Market:
    sizes = {"issuer": 3, "network": 2, "gateway": 2, "method": 2}
    made = market(np.random.default_rng(1), 6000.0, sizes, kept=0.8)
    speeds = np.full((len(made.leaves), 9), 0.0)
    speeds[:, 2:4] = 0.48
    speeds[:, 5] = 0.04
    return replace(made, speeds=speeds)


def around(label: Label, made: Market) -> Stream:
    """The label's time and the ten minutes before, to the end of the hour after its onset."""
    start = label.onset - 600
    return Stream(7, made, (label,), start - start % 60, label.end - label.end % 60 + 60, RICH)


def test_tuning_and_report_have_no_seed_in_common() -> None:
    assert not set(TUNING_SEEDS) & set(REPORT_SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [PLAIN, RICH])
def test_streams_keep_their_laws(seed: int, kind: str) -> None:
    made, again = stream(seed, kind), stream(seed, kind)
    assert made.labels == again.labels
    faults = [label for label in made.labels if label.is_fault]
    assert len(faults) == (INCIDENTS if kind == PLAIN else FAULTS_EACH)
    assert {label.kind for label in made.labels} <= {*FAULTS, *TRAPS}
    for label in made.labels:
        first = made.start if label.kind == EARLY else made.learned
        assert first <= label.onset < label.end <= made.end
        assert made.market.inside(label.slice).any()
    for number, (minute, same) in enumerate(zip(made.minutes(), again.minutes(), strict=True)):
        assert minute.leaves.shape == (60, len(made.market.leaves), len(OUTCOMES))
        assert (minute.leaves >= 0).all()
        assert (minute.leaves == same.leaves).all()
        sums = made.market.by_slice(minute.leaves)
        by_issuer = [dimensions(key) == ("issuer",) for key in made.market.slices]
        assert (sums[:, by_issuer].sum(axis=1) == sums[:, 0]).all()
        if number == 2:
            break


def test_a_rich_stream_has_every_kind_of_fault_and_slices_that_are_not_counted() -> None:
    made = [stream(seed) for seed in TUNING_SEEDS[:6]]
    for one in made:
        assert set(kinds(one.labels)) >= set(FAULTS)
    depths = {len(dimensions(label.slice)) for one in made for label in one.labels}
    assert depths == {0, 1, 2, 3}
    assert any(
        label.is_fault and label.slice not in one.market.slices
        for one in made
        for label in one.labels
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_what_overlaps_crosses_and_lasts_at_once(seed: int) -> None:
    one, two = (label for label in stream(seed).labels if label.kind == OVERLAP)
    assert not disjoint(one.slice, two.slice)
    assert max(one.onset, two.onset) < min(one.end, two.end)


def test_seconds_say_what_the_leaves_hold(rich: Stream) -> None:
    minute = next(rich.minutes())
    assert minute.speeds is not None
    assert (minute.speeds.sum(axis=2) == minute.leaves.sum(axis=2)).all()
    for offset, second in enumerate(rich.told(minute)):
        assert second.at == minute.start + offset
        for key in list(second.counts)[:20]:
            inside = rich.market.inside(key)
            outcomes = minute.leaves[offset, inside].sum(axis=0).tolist()
            timed = minute.speeds[offset, inside].sum(axis=0).tolist()
            counts = second.counts[key]
            untimed = counts_of(outcomes)
            assert [
                field(counts, name) for name in ("attempts", "failed", "denied", "failed_to_us")
            ] == [field(untimed, name) for name in ("attempts", "failed", "denied", "failed_to_us")]
            assert speeds(counts) == timed
            assert second.pairs[key] == (sum(outcomes), sum(outcomes[1:4]))


def test_what_fails_in_a_second_is_told_by_leaf_without_what_went_well(rich: Stream) -> None:
    minute = next(rich.minutes())
    told = rich.failing(minute, 30)
    at = {key: place for place, key in enumerate(rich.market.leaf_keys)}
    bad = minute.leaves[30, :, 1:].sum(axis=1)
    assert set(told) == {key for key, place in at.items() if bad[place]}
    assert all(attempts(counts) == bad[at[key]] for key, counts in told.items())


def test_packing_says_the_same_as_adding_up() -> None:
    rows = np.array([[900_000, 3, 0, 2, 1, 0, 4, 5, 6], [0, 0, 0, 0, 0, 0, 0, 0, 1]])
    assert packed_counts(rows) == [counts_of(row) for row in rows.tolist()]


def test_what_silence_takes_is_gone_and_nothing_else() -> None:
    label = Label(SILENCE, "gateway=G0", 1_767_603_600, 1_767_604_200, 3000.0, 1.0, 1.0, share=1.0)
    made = around(label, small())
    inside = made.market.inside(label.slice)
    during = [m.leaves for m in made.minutes() if label.onset <= m.start < label.end]
    assert sum(int(leaves[:, inside].sum()) for leaves in during) <= 20  # what is tried again
    assert all(leaves[:, ~inside].sum() > 0 for leaves in during)


def test_a_slow_slice_is_slow_by_so_many_classes() -> None:
    onset = 1_767_603_600
    label = Label(SLOWNESS, "gateway=G0", onset, onset + 600, 3000.0, 0.04, 0.96, share=0.96,
                  slowed=1.0, classes=3)  # fmt: skip
    made = around(label, small())
    inside = made.market.inside(label.slice)
    for minute in made.minutes():
        assert minute.speeds is not None
        here, there = minute.speeds[:, inside].sum(axis=(0, 1)), minute.speeds[:, ~inside]
        assert there[:, :, 6:].sum() == 0
        slow = label.onset <= minute.start < label.end
        assert (here[:5].sum() == 0) == slow
        assert here[8] > 0 or not slow


def test_failed_payments_are_tried_again_soon() -> None:
    rng = np.random.default_rng(3)
    counts = np.zeros((60, 1, len(OUTCOMES)), dtype=np.int64)
    counts[0, 0, 1] = 100_000
    expected = np.zeros(counts.shape)
    expected[:, :, 0] = 1.0
    Retries(rng).add(counts, expected)
    assert counts[1:21].sum() > 0
    # Tried at once, again and again, of those that fail for the same reason.
    again = AGAIN * (1 + AGAIN * STICKS + (AGAIN * STICKS) ** 2)
    assert counts.sum() == pytest.approx(100_000 * (1 + again), rel=0.02)
    assert counts[1:, 0, 1].sum() == pytest.approx(100_000 * STICKS * again, rel=0.03)
    assert counts[61:].sum() == 0


def test_what_is_tried_again_after_the_minute_comes_in_the_next() -> None:
    retries = Retries(np.random.default_rng(3))
    counts = np.zeros((60, 1, len(OUTCOMES)), dtype=np.int64)
    counts[59, 0, 1] = 10_000
    expected = np.zeros(counts.shape)
    expected[:, :, 0] = 1.0
    retries.add(counts, expected)
    assert counts.sum() == 10_000
    later = np.zeros_like(counts)
    retries.add(later, expected)
    assert later[:20].sum() == pytest.approx(10_000 * AGAIN, rel=0.2)


def test_retries_make_failures_more_dispersed() -> None:
    rng = np.random.default_rng(4)
    means = np.zeros((60, 1, len(OUTCOMES)))
    means[:, :, 0], means[:, :, 1] = 9.9, 0.1
    retries, failed = Retries(rng), []
    for _ in range(4000):
        counts = rng.poisson(means)
        retries.add(counts, means)
        failed.append(int(counts[:, :, 1].sum()))
    assert 1.1 < np.var(failed) / np.mean(failed) < 1.5


def test_days_and_weeks_have_a_shape() -> None:
    monday = 1_767_571_200
    week = [day_shape(monday + 3600 * hour, 0.0) for hour in range(7 * 24)]
    assert max(week[:24]) > 1.5 * min(week[:24])
    assert sum(week[5 * 24 : 6 * 24]) < 0.8 * sum(week[:24])
    assert min(week) > 0.0


def test_a_batch_comes_every_night_at_the_same_clock() -> None:
    made = night_stream(TUNING_SEEDS[0])
    batches = [label for label in made.labels if label.kind in (FIRST_RENEWALS, RENEWALS)]
    assert [label.kind for label in batches] == [FIRST_RENEWALS, *[RENEWALS] * (NIGHTS - 1)]
    assert len({label.onset % 86_400 for label in batches}) == 1
    assert len({label.slice for label in batches}) == 1
    assert kinds(made.labels)[INCIDENT] == 1
    inside = made.market.inside(batches[0].slice)
    for minute in replace(made, start=batches[0].onset - 60 - batches[0].onset % 60).minutes():
        if minute.start >= batches[0].onset:
            assert minute.leaves[:, inside, 8].sum() > 0
            break
        assert minute.leaves[:, :, 8].sum() == 0


def test_slices_that_differ_by_a_hundredth_hold_the_same_payments() -> None:
    leaves = tuple(
        {"method": method, "gateway": gateway}
        for method, gateway in (("M1", "G1"), ("M1", "G2"), ("M2", "G2"))
    )
    shares = np.array([0.5, 0.5 * ALIKE / 2, 0.0])
    shares[2] = 1.0 - shares.sum()
    made = Market(leaves, shares, np.zeros((3, len(OUTCOMES))), 60.0)
    assert made.is_equal("method=M1", "gateway=G1")
    assert made.is_equal("gateway=G1", "gateway=G1&method=M1")
    assert not made.is_equal("method=M1", "")


def test_an_incident_raises_what_it_says() -> None:
    made = stream(TUNING_SEEDS[1], PLAIN)
    label = max(
        (label for label in made.labels if label.kind == INCIDENT and label.seconds >= 300),
        key=lambda label: label.volume,
    )
    inside = replace(made, start=label.onset - label.onset % 60 + 60, end=label.end)
    failed = came = 0
    for second in inside.seconds():
        if label.onset + label.ramp <= second.at < label.end and label.slice in second.pairs:
            n, x = second.pairs[label.slice]
            came += n
            failed += x
    ordinary = made.market.rate_of(label.slice, (1, 2, 3))
    assert failed / came == pytest.approx(ordinary + label.severity, abs=0.03)


def test_quiet_hours_are_cut_into_shards_of_markets_of_their_own() -> None:
    cut = shards(9_100, 1000, 504, 2, RICH)
    assert len({shard.seed for shard in cut}) == len(cut) == 84
    assert sum(shard.seconds for shard in cut) == 504 * 3600
    assert len(shards(9_100, 1000, 0.5, 2, RICH)) == 2


def test_quiet_traffic_comes_at_random_seconds_of_its_minute() -> None:
    made = quiet(5, 60, 600)
    counts = np.concatenate([minute.leaves.sum(axis=(1, 2)) for minute in made.minutes()])
    assert counts.mean() == pytest.approx(60.0, rel=0.2)
    within = [float(np.var(row) / row.mean()) for row in counts.reshape(-1, 60)]
    assert np.mean(within) == pytest.approx(1.0, abs=0.25)


def test_a_shard_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    shard = Shard(TUNING_SEEDS[0], 20, 60, PLAIN)
    before = rest(shard, {}, tmp_path, Rules())
    (file,) = tmp_path.iterdir()
    assert from_json(file.read_text()) == before
    file.write_text(to_json(replace(before, slices=4711)))
    assert rest(shard, {}, tmp_path, Rules()).slices == 4711
    (one,) = together([before, before]).values()
    assert one.seconds == 120
    assert math.isfinite(one.hour)


def test_a_shard_of_another_tuning_is_another_one() -> None:
    shard = Shard(TUNING_SEEDS[0], 20, 60, PLAIN)
    other = Rules(tuning=Tuning(evidence=EvidenceTuning(cap=2.0)))
    assert name_of(shard, {}, Rules()) == name_of(shard, {}, Rules())
    assert name_of(shard, {}, Rules()) != name_of(shard, {}, other)
    assert name_of(shard, {}, Rules()) != name_of(shard, {"a rival": [1.0]}, Rules())


def test_the_exposure_of_a_slice_that_is_not_counted_is_known(rich: Stream) -> None:
    label = replace(rich.labels[-1], kind=INCIDENT, onset=rich.learned, end=rich.learned + 60)
    result = score([label], [], {label: []}, rich.learned, rich.end, rich.market.is_equal)
    assert result.found[0].delay is None


def test_a_labels_volume_is_the_one_of_its_hour() -> None:
    made = stream(TUNING_SEEDS[2])
    label = max(
        (label for label in made.labels if label.kind == INCIDENT and label.seconds >= 300),
        key=lambda label: label.volume,
    )
    inside = made.market.inside(label.slice)
    came = [
        minute.leaves[:, inside].sum()
        for minute in replace(made, start=label.onset - label.onset % 60, end=label.end).minutes()
    ]
    assert np.mean(came[1:-1]) == pytest.approx(label.volume, rel=0.15)
