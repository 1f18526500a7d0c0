"""`paywatch mark` and `marks`: what was changed goes over the alarms topic, and is waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.markers import Markers
from functions.core.errors import PaywatchError
from functions.core.troubles.markers import Marker
from ops.cli import app
from ops.deployment import Board
from ops.markers import NOTED_SECONDS, as_line, marked, read_marker, shown
from tests.builders import NOW
from tests.state_table import TABLE

MARKER = Marker("router 4.2 deployed", NOW, "gateway=payu", "asha")


class FakeTopic:
    """notify keeps the marker at once, or never."""

    def __init__(self, markers: Markers | None) -> None:
        self.markers = markers

    def say(self, marker: Marker) -> None:
        if self.markers is not None:
            self.markers.add(marker)


def board(table: Any, *, hears: bool = True) -> Board:
    markers = Markers(table, TABLE)
    topic: Any = FakeTopic(markers if hears else None)
    return Board(markers, Desks(table, TABLE), topic)


def test_a_marker_is_kept_before_the_command_ends(table: Any) -> None:
    kept = board(table)
    words = marked(kept, MARKER, "Asia/Kolkata", pause=_never)
    assert words == (
        "marked at 13:43:00 UTC, Thu 20 Nov (19:13, Thu 20 Nov in Asia/Kolkata), gateway payu:"
        " router 4.2 deployed (asha)"
    )
    assert kept.markers.between(NOW, NOW) == [MARKER]


def test_a_marker_that_nobody_keeps_is_said_to_be_on_its_way(table: Any) -> None:
    pauses: list[float] = []
    words = marked(board(table, hears=False), MARKER, pause=pauses.append)
    assert "see whether notify works" in words
    assert sum(pauses) == NOTED_SECONDS


def _never(_: float) -> None:
    raise AssertionError("it need not wait")


def test_what_is_typed_becomes_a_marker() -> None:
    made = read_marker("router 4.2 deployed", "gateway=PayU", "19:13", "Asia/Kolkata", "asha", NOW)
    assert made == MARKER
    assert read_marker("x", "all", "now", "", "asha", NOW) == Marker("x", NOW, "", "asha")


@pytest.mark.parametrize(
    ("text", "place", "at", "why"),
    [
        (" ", "all", "now", "needs a text: what was changed"),
        ("x", "colour=red", "now", "dimensions: region, device, method"),
        ("x", "all", "in 8 days", "more than 7 days ahead"),
        ("x", "all", "soon", "is no time: want now"),
    ],
)
def test_what_is_typed_wrong_is_told_with_what_to_type(
    text: str, place: str, at: str, why: str
) -> None:
    with pytest.raises(PaywatchError, match=why):
        read_marker(text, place, at, "", "asha", NOW)


def test_a_marker_is_shown_with_its_zone_and_printed_as_json() -> None:
    assert shown(MARKER, "") == "13:43:00 UTC, Thu 20 Nov  gateway payu: router 4.2 deployed (asha)"
    assert json.loads(as_line(Marker("x", NOW))) == {
        "at": NOW,
        "text": "x",
        "slice": "",
        "by": None,
    }


def test_a_wrong_use_is_told_before_aws_is_asked() -> None:
    result = CliRunner().invoke(app, ["mark", "x", "--slice", "colour=red", "--by", "asha"])
    assert isinstance(result.exception, PaywatchError)
    assert "colour=red" in str(result.exception)
