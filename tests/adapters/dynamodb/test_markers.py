"""Markers are found by time, once each."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.dynamodb.items import key
from functions.adapters.dynamodb.markers import Markers
from functions.core.troubles.markers import KEPT_DAYS, Marker
from tests.builders import NOW

TABLE = "paywatch-dev-state"
ONE = Marker("router 4.2 deployed", NOW, "gateway=payu", "asha")
TWO = Marker("limits raised", NOW + 60)


@pytest.fixture
def markers(dynamodb: Any) -> Markers:
    return Markers(dynamodb, TABLE, clock=lambda: NOW)


def test_markers_are_found_by_time_with_both_ends(markers: Markers) -> None:
    markers.add(TWO)
    markers.add(ONE)
    assert markers.between(NOW, NOW + 60) == [ONE, TWO]
    assert markers.between(NOW + 1, NOW + 59) == []
    assert markers.between(-600, NOW) == [ONE]


def test_a_marker_that_comes_twice_is_one(markers: Markers) -> None:
    markers.add(ONE)
    markers.add(ONE)
    assert markers.between(NOW, NOW) == [ONE]


def test_a_marker_is_kept_as_long_as_the_records(markers: Markers, dynamodb: Any) -> None:
    markers.add(ONE)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == NOW + KEPT_DAYS * 86_400


def test_one_that_cannot_be_read_hides_no_other(
    markers: Markers, dynamodb: Any, caplog: pytest.LogCaptureFixture
) -> None:
    markers.add(ONE)
    item = {**key("marker", f"{NOW:012d}#0"), "marker": {"S": '{"newer": 1}'}}
    dynamodb.put_item(TableName=TABLE, Item=item)
    assert markers.between(NOW, NOW) == [ONE]
    assert "stored by another release" in caplog.text
