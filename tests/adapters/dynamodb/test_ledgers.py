"""The ledger of a shard: it comes back digit by digit, and no writer writes over another's."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.dynamodb.ledgers import Ledgers
from functions.core.counting.ledger import Ledger
from functions.core.errors import StateConflict
from tests.builders import FIRST_SEQUENCE, NOW, SHARD
from tests.state_table import TABLE


@pytest.fixture
def ledgers(dynamodb: Any) -> Ledgers:
    return Ledgers(dynamodb, TABLE, clock=lambda: NOW)


def test_a_shard_never_seen_has_an_empty_ledger(ledgers: Ledgers) -> None:
    assert ledgers.read(SHARD) == Ledger()


def test_a_ledger_comes_back_with_every_digit_of_its_boundaries(ledgers: Ledgers) -> None:
    ledger = Ledger(1, (FIRST_SEQUENCE, FIRST_SEQUENCE + 1, 10**128 + 7))
    ledgers.write(SHARD, ledger)
    assert ledgers.read(SHARD) == ledger
    assert ledgers.read("shardId-9") == Ledger()


@pytest.mark.parametrize("version", [1, 3])
def test_a_ledger_is_written_over_the_version_before_it_alone(
    ledgers: Ledgers, version: int
) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    with pytest.raises(StateConflict):
        ledgers.write(SHARD, Ledger(version, (6,)))
    assert ledgers.read(SHARD) == Ledger(1, (5,))


def test_the_next_version_of_a_ledger_is_written(ledgers: Ledgers) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    ledgers.write(SHARD, Ledger(2, (5, 6)))
    assert ledgers.read(SHARD) == Ledger(2, (5, 6))


def test_what_is_stored_of_a_shard_expires(ledgers: Ledgers, dynamodb: Any) -> None:
    ledgers.write(SHARD, Ledger(1, (5,)))
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == NOW + 30 * 86_400


def test_of_two_writers_of_one_version_the_second_is_told(ledgers: Ledgers, dynamodb: Any) -> None:
    other = Ledgers(dynamodb, TABLE)
    ledgers.write(SHARD, Ledger(1, (5,)))
    with pytest.raises(StateConflict, match=f"ledger {SHARD} is no longer at version 0"):
        other.write(SHARD, Ledger(1, (9,)))
    other.write("shardId-9", Ledger(1, (9,)))
    assert ledgers.read(SHARD) == Ledger(1, (5,))
