"""One trial: what it finds in a history, and what it says about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules
from functions.core.detection.tuning import NormalTuning, Tuning
from functions.core.monitoring.metrics import RATE_METRICS
from ops.backtest.alarm_rules import default_rules
from ops.backtest.incident_lines import iso
from ops.backtest.recorder import Recorder
from ops.backtest.trial import Trial, summary, warnings, with_thresholds
from producer.second import Second
from tests.builders import NOW, counts
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
BETA = {"gateway": "beta"}
OUTAGE = Fault(BETA, 0.5, 200, 300)
WAVE = Fault({}, 0.3, 500, 560, "failed", "customer")


def of(traffic: Traffic, seconds: int) -> Iterable[Second]:
    for number, partial in enumerate(traffic(seconds)):
        yield Second(NOW + number, partial.tally, 1, partial.newest_ms)


def tried(history: Iterable[Second], recorder: Recorder | None = None) -> Trial:
    trial = Trial(RULES, default_rules(), recorder)
    for second in history:
        trial.second(second)
    trial.end()
    return trial


def lines_of(items: Iterable[Any]) -> list[dict[str, Any]]:
    """As `--json` prints them."""
    return [json.loads(msgspec.json.encode(item)) for item in items]


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    assert found.utcoffset() == timedelta(0)
    return found


@pytest.fixture(scope="module")
def trial() -> Trial:
    """An outage that is over, a wave of customers, and an outage that is not over."""
    late = Fault({"issuer": "SBI"}, 0.6, 620)
    return tried(of(Traffic(rate=50, faults=(OUTAGE, WAVE, late)), 680))


def test_an_incident_line_holds_what_the_contract_says(trial: Trial) -> None:
    line = lines_of(trial.incidents)[0]
    number = (int, float)
    kinds: Mapping[str, Any] = {
        "type": str,
        "opened_at": str,
        "detected_at": str,
        "closed_at": str,
        "severity": str,
        "score": number,
        "signal": str,
        "slice": dict,
        "cause": str,
        "observed_rate": number,
        "baseline_rate": number,
        "attempts": int,
    }
    assert {name: isinstance(line[name], kind) for name, kind in kinds.items()} == dict.fromkeys(
        kinds, True
    )
    assert line["type"] == "incident"
    assert (line["signal"], line["slice"], line["cause"]) == ("failed", BETA, "issuer")
    assert line["severity"] in ("warning", "critical")
    assert 50 <= line["score"] <= 100
    assert 0 <= line["baseline_rate"] < 0.02 < line["observed_rate"] <= 1
    assert line["attempts"] > 0


def test_times_are_iso_8601_in_utc_and_in_their_order(trial: Trial) -> None:
    first, last = trial.incidents
    begin = datetime.fromtimestamp(NOW, UTC)
    assert moment(first.opened_at) == begin + timedelta(seconds=200)
    assert first.closed_at is not None
    assert moment(first.opened_at) <= moment(first.detected_at) < moment(first.closed_at)
    assert moment(last.opened_at) <= moment(last.detected_at)
    assert [moment(page.at) for page in trial.pages] == sorted(
        moment(page.at) for page in trial.pages
    )


@given(st.integers(0, 4_000_000_000))
def test_a_time_tells_its_second(second: int) -> None:
    assert moment(iso(second)) == datetime.fromtimestamp(second, UTC)


def test_an_incident_that_is_open_at_the_end_has_no_end(trial: Trial) -> None:
    assert [line.closed_at is None for line in trial.incidents] == [False, True]


def test_a_page_line_holds_what_the_contract_says(trial: Trial) -> None:
    lines = lines_of(trial.pages)
    assert [set(line) for line in lines] == [{"type", "at", "alarm", "state"}] * len(lines)
    assert [(line["type"], line["alarm"], line["state"]) for line in lines] == [
        ("page", "incident", "ALARM"),
        ("page", "incident", "OK"),
        ("page", "incident", "ALARM"),
    ]


def test_the_summary_agrees_with_the_lines(trial: Trial) -> None:
    told = json.loads(msgspec.json.encode(summary(trial, bad_rows=3, wall_seconds=2.0)))
    assert told["type"] == "summary"
    assert told["incidents"] == len(trial.incidents) == 2
    assert told["pages"] == sum(page.state == "ALARM" for page in trial.pages) == 2
    assert (told["payments"], told["late"], told["rows"], told["bad_rows"]) == (34_000, 0, 680, 3)
    assert (moment(told["from"]), moment(told["until"])) == (
        datetime.fromtimestamp(NOW, UTC),
        datetime.fromtimestamp(NOW + 680, UTC),
    )
    assert told["days"] == pytest.approx(680 / 86_400, abs=1e-4)
    assert told["pages_per_week"] == pytest.approx(2 * 7 * 86_400 / 680, rel=0.01)
    assert (told["wall_seconds"], told["payments_per_second"]) == (2.0, 17_000)
    assert told["rows_per_second"] == 340
    assert told["warnings"] == warnings(trial)


def test_the_summary_tells_how_long_alarms_were_red_that_paged_nobody(trial: Trial) -> None:
    red = summary(trial, 0, 1.0)["alarms"]
    assert red["FailureRate-critical"]["times_red"] == 3
    assert 100 + 60 + 60 <= red["FailureRate-critical"]["seconds_red"] <= 480
    assert all(alarm["times_red"] for alarm in red.values())


def usually(share: float, where: Mapping[str, str]) -> Trial:
    """A history in which that share of the payments there always fails."""
    return tried(of(Traffic(rate=50, faults=(Fault(where, share, 0),)), 400))


def test_a_threshold_below_what_is_normal_is_told_to_say_nothing_new() -> None:
    after = usually(0.3, {})
    learned = iso(NOW + RULES.budget.learning_seconds)
    assert after.incidents == []
    assert [page for page in after.pages if page.at >= learned] == []
    told = [warning for warning in warnings(after) if "'failed'" in warning]
    [warning] = told
    assert warning.startswith("normally 30 % of all payments")
    assert "warning threshold of 1 %" in warning
    assert "only departures from normal count" in warning


def test_a_slice_that_normally_lies_above_a_threshold_is_named() -> None:
    thresholds = {**DEFAULT_THRESHOLDS, "failed": Threshold(0.1, 0.2)}
    rules = msgspec.structs.replace(
        RULES,
        budget=msgspec.structs.replace(RULES.budget, thresholds=thresholds),
        tuning=Tuning(normal=NormalTuning(differ=1e6)),  # it is no trouble of the first minute
    )
    trial = Trial(rules, default_rules())
    for second in of(Traffic(rate=50, faults=(Fault({"network": "RUPAY"}, 0.3, 0),)), 400):
        trial.second(second)
    trial.end()
    told = [warning for warning in warnings(trial) if "'failed'" in warning]
    [warning] = told
    assert "threshold of 10 %" in warning
    assert "network RUPAY" in warning
    assert "issuer HDFC (" not in warning


def test_ordinary_traffic_gives_no_warning(trial: Trial) -> None:
    assert warnings(trial) == []


@pytest.mark.parametrize(("repeats", "is_told"), [(4, False), (5, True)])
def test_ids_that_many_messages_share_are_asked_about(repeats: int, is_told: bool) -> None:
    trial = Trial(RULES, default_rules())
    bucket = Bucket({ALL: counts(approved=30)}, repeats=30 * repeats)
    trial.second(Second(NOW, Tally({NOW: bucket}), 1, NOW * 1000))
    trial.end()
    assert any("transaction_id" in warning for warning in warnings(trial)) == is_told


shares = st.floats(0.001, 0.999)


@given(st.dictionaries(st.sampled_from(list(RATE_METRICS)), st.tuples(shares, shares)))
def test_other_thresholds_change_the_rate_alarms_and_nothing_else(
    given: dict[str, tuple[float, float]],
) -> None:
    thresholds = {signal: Threshold(*sorted(pair)) for signal, pair in given.items()}
    before = default_rules()
    after = with_thresholds(before, thresholds)
    changed = {
        f"{RATE_METRICS[signal]}-{level}": 100 * getattr(threshold, level)
        for signal, threshold in thresholds.items()
        for level in ("warning", "critical")
    }
    assert [
        msgspec.structs.replace(old, threshold=changed.get(old.name, old.threshold))
        for old in before
    ] == after


def test_default_thresholds_change_nothing() -> None:
    assert with_thresholds(default_rules(), DEFAULT_THRESHOLDS) == default_rules()


def test_each_incident_is_counted_once_with_what_was_told_of_it(trial: Trial) -> None:
    first, last = trial.incidents
    assert [one.transition for one in first.transitions] == ["opened", "closed"]
    assert first.transitions[-1].reason == "recovered"
    assert [one.transition for one in last.transitions] == ["opened"]
    assert (first.pages, last.pages) == (1, 1)
    assert first.transitions[0].at == first.detected_at
    assert first.transitions[-1].at == first.closed_at


def test_an_incident_that_closes_and_comes_back_is_counted_once() -> None:
    again = Fault(BETA, 0.5, 400, 500)
    after = tried(of(Traffic(rate=50, faults=(OUTAGE, again)), 700))
    [line] = after.incidents
    assert [one.transition for one in line.transitions] == ["opened", "closed", "again", "closed"]
    assert summary(after, 0, 1.0)["incidents"] == 1
    assert line.pages == after.paged == 2


def test_times_of_rows_that_stand_for_a_minute_are_told_to_the_minute() -> None:
    trial = Trial(RULES, default_rules(), spread_s=60)
    for second in of(Traffic(rate=50, faults=(OUTAGE,)), 400):
        trial.second(second)
    trial.end()
    assert {line.resolution_seconds for line in trial.incidents} == {60}
    assert summary(trial, 0, 1.0)["resolution_seconds"] == 60
    assert not [warning for warning in warnings(trial) if "rounded" in warning]


@pytest.mark.parametrize(("step", "words"), [(60, "minute"), (3_600, "hour")])
def test_rounded_times_are_warned_of_and_a_spread_is_proposed(step: int, words: str) -> None:
    begin = NOW - NOW % 3_600
    trial = Trial(RULES, default_rules())
    for number in range(5):
        at = begin + step * number
        bucket = Bucket({ALL: counts(approved=30)})
        trial.second(Second(at, Tally({at: bucket}), 1, at * 1000))
    trial.end()
    assert trial.resolution == step
    [warning] = warnings(trial)
    assert f"rounded to the {words}" in warning
    assert f"[spread] seconds = {step}" in warning


def test_each_payment_is_recorded_once() -> None:
    recorder = Recorder()
    after = tried(of(Traffic(rate=20), 600), recorder)
    folded = after.chain.state.tracker.baseline.folded - NOW
    recorded = {one.signal: sum(one.attempts) for one in recorder.series() if one.slice == ALL}
    # A second arrives when it is over, so the last one before the fold is still to come.
    assert set(recorded.values()) == {20 * (folded - 1)}


@pytest.mark.parametrize("every", [61, 200, 3_000])
def test_each_payment_of_sparse_traffic_is_recorded_once(every: int) -> None:
    recorder = Recorder()
    seconds = [NOW + every * number for number in range(40)]
    buckets = {at: Bucket({ALL: counts(approved=1)}) for at in seconds}
    after = tried((Second(at, Tally({at: buckets[at]}), 1, at * 1000) for at in seconds), recorder)
    folded = after.chain.state.tracker.baseline.folded
    recorded = {one.signal: sum(one.attempts) for one in recorder.series()}
    # A second arrives when it is over.
    assert set(recorded.values()) == {sum(at + 1 < folded for at in seconds)}


def test_what_is_recorded_of_an_incident_shows_it() -> None:
    recorder = Recorder()
    tried(of(Traffic(rate=50, faults=(OUTAGE,)), 500), recorder)
    [series] = [
        one for one in recorder.series() if (one.slice, one.signal) == ("gateway=beta", "failed")
    ]
    assert series.notable
    assert max(series.score) >= 50
    worst = max(range(len(series.starts)), key=lambda index: series.score[index])
    assert 200 - 60 <= series.starts[worst] - NOW <= 300


def test_recording_changes_nothing_of_what_is_found() -> None:
    history: Callable[[], Iterable[Second]] = lambda: of(Traffic(rate=30, faults=(OUTAGE,)), 400)  # noqa: E731
    one, two = tried(history()), tried(history(), Recorder())
    assert (one.incidents, one.pages) == (two.incidents, two.pages)
