"""detect's newest step in brief, as it is stored with each step."""

from __future__ import annotations

from typing import Any

import pytest

from functions.adapters.dynamodb.heads import Heads, newest_step
from functions.adapters.dynamodb.journal import Journal
from functions.core.detection.state import Rules, head, initial
from functions.core.detection.step import step
from functions.core.troubles.head import Head
from tests.builders import NOW, approved, partial

TABLE = "paywatch-dev-state"
RULES = Rules()


@pytest.fixture
def heads(dynamodb: Any) -> Heads:
    return Heads(dynamodb, TABLE)


def test_before_the_first_step_there_is_an_empty_head(heads: Heads, dynamodb: Any) -> None:
    assert heads.head() == Head()
    assert newest_step(dynamodb, TABLE, "sk") is None


def test_the_head_is_that_of_the_newest_step(heads: Heads, dynamodb: Any) -> None:
    journal, state = Journal(dynamodb, TABLE), initial(RULES)
    for number in range(1, 12):
        state, delta = step(state, [partial(number, approved(NOW + number), NOW + number)], RULES)
        journal.append(delta, state)
    assert heads.head() == head(state)
    assert heads.head().payments == 11
    assert newest_step(dynamodb, TABLE, "sk", "clock") == {
        "sk": {"S": "delta#000000000011"},
        "clock": {"N": str(NOW + 11)},
    }
