"""notify's desk: one item, never written over by whoever read an older one."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.dynamodb.desks import Desks
from functions.core.errors import StateConflict
from functions.core.paging.desk import Desk, Manners
from functions.core.paging.take import take
from functions.core.troubles.head import Head
from tests.builders import DASHBOARD, NOW, announcement, change
from tests.state_table import TABLE


@pytest.fixture
def desks(dynamodb: Any) -> Desks:
    return Desks(dynamodb, TABLE)


def test_a_desk_never_written_is_empty(desks: Desks) -> None:
    assert desks.read() == (Desk(), 0)


def test_a_desk_comes_back_as_it_was_written(desks: Desks) -> None:
    desk = Desk()
    for message in (announcement(), change("tally-errors")):
        desk = take(desk, message, Head(), NOW, Manners(DASHBOARD))
    assert desks.write(desk, 0) == 1
    assert desks.read() == (desk, 1)


def test_a_desk_that_somebody_else_wrote_is_not_written_over(desks: Desks) -> None:
    desks.write(Desk(), 0)
    for stale in (0, 5):
        with pytest.raises(StateConflict):
            desks.write(Desk({"mine": 1}), stale)
    assert desks.read() == (Desk(), 1)


def test_a_desk_is_kept_for_as_long_as_the_deployment(desks: Desks, dynamodb: Any) -> None:
    desks.write(Desk(), 0)
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert "expires_at" not in item


def test_every_write_is_a_version_further(desks: Desks) -> None:
    versions = [0]
    for number in range(3):
        versions.append(desks.write(Desk({"mine": number}), versions[-1]))
    assert versions == [0, 1, 2, 3]
    assert desks.read() == (Desk({"mine": 2}), 3)
