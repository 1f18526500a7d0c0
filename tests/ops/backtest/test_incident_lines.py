"""One line an incident, whatever was told of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.signals import FLOW, SIGNALS
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CLOSED,
    DRIFT,
    OPENED,
    RECOVERED,
    WORSE,
    Announcement,
    Incident,
    Part,
)
from ops.backtest.incident_lines import IncidentLines, iso, line_of
from ops.backtest.report import IncidentLine, WaveLine
from tests.builders import NOW, incident


def told(*items: tuple[Announcement, int], paged: Iterable[Incident] = ()) -> list[IncidentLine]:
    lines = IncidentLines()
    for announcement, at in items:
        lines.told(announcement, at)
    for one in paged:
        lines.paged(one)
    return lines.lines()


def at(transition: str, second: int, one: Incident, reason: str = "") -> tuple[Announcement, int]:
    over = {"closed_at": NOW + second} if transition == CLOSED else {"closed_at": 0}
    return Announcement(transition, replace(one, **over), reason), NOW + second


ONE = incident(id="PW-1", severity="warning", score=60.0, rate=0.3, normal=0.01)
BAD = incident(id="PW-1", severity="critical", score=90.0, rate=0.8, normal=0.01)


def test_an_incident_that_gets_worse_closes_and_comes_back_is_one_line() -> None:
    [line] = told(
        at(OPENED, 10, ONE),
        at(WORSE, 20, BAD),
        at(CLOSED, 90, BAD, RECOVERED),
        at(AGAIN, 200, ONE),
        at(CLOSED, 300, ONE, CALM),
        paged=[ONE, BAD, ONE],
    )
    assert [(one.transition, one.at, one.severity, one.reason) for one in line.transitions] == [
        ("opened", iso(NOW + 10), "warning", ""),
        ("worse", iso(NOW + 20), "critical", ""),
        ("closed", iso(NOW + 90), "critical", "recovered"),
        ("again", iso(NOW + 200), "warning", ""),
        ("closed", iso(NOW + 300), "warning", "calm"),
    ]
    assert (line.closed_at, line.pages) == (iso(NOW + 300), 3)
    assert (line.severity, line.score, line.observed_rate) == ("critical", 90.0, 0.8)


def test_one_that_is_open_again_at_the_end_has_no_end() -> None:
    [line] = told(at(OPENED, 10, ONE), at(CLOSED, 90, ONE, CALM), at(AGAIN, 200, ONE))
    assert line.closed_at is None


def test_figures_that_got_better_at_the_same_score_are_not_the_worst() -> None:
    worst = incident(id="PW-1", score=50.0, rate=0.4, normal=0.01)
    better = incident(id="PW-1", score=50.0, rate=0.012, normal=0.01)
    [line] = told(at(OPENED, 10, worst), at(CLOSED, 90, better, CALM))
    assert line.observed_rate == 0.4


def test_what_an_open_one_shows_at_the_end_counts() -> None:
    lines = IncidentLines()
    lines.told(*at(OPENED, 10, ONE))
    lines.seen(BAD)
    [line] = lines.lines()
    assert (line.severity, line.observed_rate, len(line.transitions)) == ("critical", 0.8, 1)


@given(st.lists(st.sampled_from(["PW-1", "PW-2", "PW-3"]), max_size=12))
def test_there_are_as_many_lines_as_incidents(ids: list[str]) -> None:
    items = [at(OPENED, second, replace(ONE, id=name)) for second, name in enumerate(ids)]
    lines = told(*items)
    assert sorted(line.id for line in lines) == sorted(set(ids))
    assert sum(len(line.transitions) for line in lines) == len(ids)


def test_lines_come_in_the_order_of_detection() -> None:
    late, early = (replace(ONE, id=f"PW-{at}", detected_at=NOW + at) for at in (300, 20))
    lines = told(at(OPENED, 300, late), at(OPENED, 20, early))
    assert [line.id for line in lines] == ["PW-20", "PW-300"]


def test_one_that_pages_nobody_is_a_wave() -> None:
    [line] = told(at(OPENED, 10, incident(severity="info", signal="customer")))
    assert isinstance(line, WaveLine)
    assert json.loads(msgspec.json.encode(line))["type"] == "wave"


@pytest.mark.parametrize("signal", SIGNALS)
def test_the_units_say_what_the_rates_are(signal: str) -> None:
    units = line_of(incident(signal=signal)).units
    assert (units == "share of attempts") == (SIGNALS[signal].kind != FLOW)
    assert units.startswith("share of ")


@pytest.mark.parametrize("kind", ["", DRIFT])
def test_the_kind_says_what_came_over_hours(kind: str) -> None:
    assert line_of(incident(kind=kind)).kind == kind


def test_slices_that_hold_the_same_are_told_as_objects() -> None:
    line = line_of(replace(ONE, also=("gateway=G4", "method=CARD&network=VISA")))
    assert line.also == ({"gateway": "G4"}, {"method": "CARD", "network": "VISA"})


@pytest.mark.parametrize(
    ("causes", "cause"),
    [({}, "unknown"), ({"gateway": 3, "issuer": 40}, "issuer"), ({"network": 1}, "network")],
)
def test_the_cause_is_that_of_most_failures(causes: dict[str, int], cause: str) -> None:
    assert line_of(incident(causes=causes)).cause == cause


def test_a_line_as_json_has_its_transitions_and_the_datas_resolution() -> None:
    lines = IncidentLines()
    lines.told(*at(OPENED, 10, ONE))
    [line] = lines.lines(resolution=60)
    found: dict[str, Any] = json.loads(msgspec.json.encode(line))
    assert found["resolution_seconds"] == 60
    assert found["transitions"] == [
        {"transition": "opened", "at": iso(NOW + 10), "severity": "warning"}
    ]
    assert found["pages"] == 0
    assert found["also"] == []


def part(signal: str, since: int, until: int = 0) -> Part:
    return Part(
        slice="gateway=payu",
        signal=signal,
        severity="warning",
        rate=0.2,
        normal=0.01,
        since=NOW + since,
        until=until and NOW + until,
    )


def test_the_signal_and_the_units_are_those_of_the_worst_figures() -> None:
    worst = replace(BAD, parts=(part("volume", 15),))
    back = incident(id="PW-1", signal="volume", severity="warning", rate=0.1, normal=1.0)
    [line] = told(
        at(OPENED, 10, worst),
        at(CLOSED, 90, worst, RECOVERED),
        at(AGAIN, 200, back),
        at(CLOSED, 300, back),
    )
    assert (line.signal, line.observed_rate, line.units) == ("failed", 0.8, "share of attempts")
    [other] = line.parts
    assert (other.signal, other.opened_at, other.closed_at) == (
        "volume",
        iso(NOW + 15),
        iso(NOW + 300),
    )


def test_a_signal_that_did_not_come_back_stays_a_part() -> None:
    first = replace(BAD, parts=(part("reversed", 15),))
    over = replace(BAD, parts=(part("reversed", 15, until=80),))
    [line] = told(
        at(OPENED, 10, first),
        at(CLOSED, 90, over, RECOVERED),
        at(AGAIN, 200, ONE),
        at(CLOSED, 300, ONE),
    )
    [other] = line.parts
    assert (other.signal, other.opened_at, other.closed_at) == (
        "reversed",
        iso(NOW + 15),
        iso(NOW + 80),
    )


def test_what_became_the_strongest_is_no_part_of_itself() -> None:
    first = replace(ONE, signal="reversed", parts=(part("failed", 15),))
    then = replace(BAD, parts=(part("reversed", 5),))
    [line] = told(at(OPENED, 10, first), at(WORSE, 20, then))
    assert line.signal == "failed"
    assert [other.signal for other in line.parts] == ["reversed"]
