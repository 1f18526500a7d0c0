"""What must be told of made-up histories, whatever the seed: ten kinds of trouble that are easily got wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

import pytest

from ops.backtest.report import IncidentLine
from ops.backtest.trial import Trial
from tests.histories import DAY, HOUR, MIDNIGHT, MINUTE, Happening, History, told

SEEDS = pytest.mark.parametrize("seed", [101, 202, 303, 404, 505])


def pages(trial: Trial) -> int:
    return sum(page.state != "OK" for page in trial.pages)


def only(trial: Trial) -> IncidentLine:
    (line,) = trial.incidents
    return line


def second(moment: str | None) -> int:
    """Of the history."""
    assert moment is not None
    return round(datetime.fromisoformat(moment).timestamp()) - MIDNIGHT


def named(line: IncidentLine) -> tuple[str, dict[str, str]]:
    return line.signal, dict(line.slice)


def busy_around(hour: float) -> Callable[[int], float]:
    """Second → times the volume: all of it at that hour of each day, none three hours before and after.
    So three days are told in seconds."""

    def volume(at: int) -> float:
        share = ((1 + math.cos(2 * math.pi * (at - hour * HOUR) / DAY)) / 2) ** 24
        return share if share > 0.004 else 0.0

    return volume


@SEEDS
def test_a_storm_over_a_tiny_base_is_one_incident_from_its_first_minutes_to_its_end(
    seed: int,
) -> None:
    start, end = HOUR, 3 * HOUR
    storm = Happening(start, end, extra={"failed": 0.015})
    looked_at = [(start, start + 5 * MINUTE), (end - MINUTE, end + 7 * MINUTE)]
    trial = told(History(seed, end + 20 * MINUTE, 0.0001, 450, [storm], looked_at=looked_at))
    line = only(trial)
    assert named(line) == ("failed", {})
    assert second(line.detected_at) - start <= 4 * MINUTE
    assert abs(second(line.closed_at) - end) <= 6 * MINUTE
    assert pages(trial) <= 2


@SEEDS
def test_a_long_storm_with_a_worst_minute_is_one_trouble_in_two_signals(seed: int) -> None:
    start, end = HOUR, 3 * HOUR
    extra = {"reversed": 0.19, "backend_reversed": 0.02}
    storm = Happening(start, end, extra=extra, at_first=0.55, at_first_seconds=90)
    looked_at = [(start, start + 5 * MINUTE), (end - MINUTE, end + 6 * MINUTE)]
    trial = told(History(seed, end + 20 * MINUTE, 0.004, 400, [storm], looked_at=looked_at))
    line = only(trial)
    assert line.slice == {}
    assert second(line.detected_at) - start <= 30
    assert end - 30 <= second(line.closed_at) <= end + 5 * MINUTE
    assert {line.signal, *(part.signal for part in line.parts)} == {"reversed", "backend_reversed"}
    assert pages(trial) <= 3


@SEEDS
def test_an_incident_at_this_hour_two_days_before_teaches_nothing_about_what_is_normal(
    seed: int,
) -> None:
    outage = Happening(13 * HOUR, 13 * HOUR + 20 * MINUTE, {"merchant": "M2"}, {"failed": 0.5})
    start = 2 * DAY + 13 * HOUR
    ramp = Happening(start, start + HOUR, {"method": "UPI"}, {"failed": 0.06}, ramp=30 * MINUTE)
    looked_at = [(13 * HOUR, 13 * HOUR + 5 * MINUTE), (start, start + HOUR)]
    history = History(
        seed, start + HOUR, 0.005, 600, [outage, ramp], busy_around(13.25), looked_at=looked_at
    )
    first, then = told(history).incidents
    assert named(first) == ("failed", {"merchant": "M2"})
    assert named(then) == ("failed", {"method": "UPI"})
    assert second(then.detected_at) - start <= 20 * MINUTE


@SEEDS
def test_a_slow_gateway_is_told_as_that_gateway(seed: int) -> None:
    start = HOUR
    slow = Happening(start, start + 25 * MINUTE, {"gateway": "G2"}, slow=6.0)
    trial = told(History(seed, start + 40 * MINUTE, 0.005, 400, [slow], timed=True))
    line = only(trial)
    assert named(line) == ("latency", {"gateway": "G2"})
    assert second(line.detected_at) - start <= 2 * MINUTE
    assert pages(trial) == 1


@SEEDS
def test_the_silence_of_the_best_gateway_is_told_and_the_mix_that_it_leaves_is_not(
    seed: int,
) -> None:
    start = HOUR
    silence = Happening(start, start + 15 * MINUTE, {"gateway": "G1"}, silent=True)
    trial = told(History(seed, start + 40 * MINUTE, 0.006, 400, [silence]))
    line = only(trial)
    assert named(line) == ("volume", {"gateway": "G1"})
    assert second(line.detected_at) - start <= 2 * MINUTE


@SEEDS
def test_two_at_once_that_cross_are_two_incidents_by_name(seed: int) -> None:
    start = HOUR
    later = start + 3 * MINUTE
    first = Happening(start, start + 20 * MINUTE, {"gateway": "G1"}, {"failed": 0.3})
    then = Happening(later, later + 20 * MINUTE, {"issuer": "BETA"}, {"failed": 0.4})
    trial = told(History(seed, start + 40 * MINUTE, 0.005, 400, [first, then]))
    one, two = trial.incidents
    assert named(one) == ("failed", {"gateway": "G1"})
    assert named(two) == ("failed", {"issuer": "BETA"})
    assert second(two.detected_at) - later <= MINUTE


@SEEDS
def test_what_is_broken_from_the_start_is_told_while_everything_is_learned(seed: int) -> None:
    broken = Happening(2 * MINUTE, 25 * MINUTE, {"gateway": "G2"}, {"failed": 0.5})
    trial = told(History(seed, 40 * MINUTE, 0.005, 400, [broken]))
    line = only(trial)
    assert named(line) == ("failed", {"gateway": "G2"})
    assert second(line.detected_at) <= 3 * MINUTE
    assert line.baseline_rate is not None
    assert line.baseline_rate < 0.05


@SEEDS
def test_a_slow_ramp_is_told_before_it_has_ended(seed: int) -> None:
    start = HOUR
    ramp = Happening(start, start + HOUR, {"method": "UPI"}, {"failed": 0.05}, ramp=30 * MINUTE)
    trial = told(History(seed, start + 80 * MINUTE, 0.005, 400, [ramp]))
    line = only(trial)
    assert named(line) == ("failed", {"method": "UPI"})
    assert second(line.detected_at) - start <= 30 * MINUTE


@SEEDS
def test_where_one_gateway_serves_a_method_both_names_are_told_and_the_gateway_first(
    seed: int,
) -> None:
    start = HOUR
    broken = Happening(start, start + 30 * MINUTE, {"method": "WALLET"}, {"failed": 0.3})
    only_by = {"WALLET": "G4"}
    trial = told(History(seed, start + 50 * MINUTE, 0.01, 300, [broken], only_by=only_by))
    line = only(trial)
    assert line.signal == "failed"
    assert line.slice == {"gateway": "G4"}
    assert {"method": "WALLET"} in line.also


@SEEDS
def test_renewals_each_night_are_no_critical_page_and_none_from_the_second_night_on(
    seed: int,
) -> None:
    nights = [
        Happening(day * DAY + MINUTE, day * DAY + 20 * MINUTE, {"merchant": "M4"}, {"denied": 0.45})
        for day in range(1, 4)
    ]
    looked_at = [(night.start - MINUTE, night.end + 10 * MINUTE) for night in nights]
    history = History(
        seed, 3 * DAY + 2 * HOUR, 0.004, 120, nights, busy_around(0.2), looked_at=looked_at
    )
    trial = told(history)
    assert "critical" not in {line.severity for line in trial.incidents}
    late = [page for page in trial.pages if page.state != "OK" and second(page.at) > 2 * DAY]
    assert late == []
