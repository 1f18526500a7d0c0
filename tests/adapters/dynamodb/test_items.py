"""Items of the state table: a write that is not over the version that was read is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.dynamodb.items import conflict, expiry, key, paged, put_over
from functions.core.errors import StateConflict, Transient
from tests.state_table import TABLE

WHERE = key("notify", "desk")


def put(dynamodb: Any, over: int, **more: Any) -> None:
    put_over(dynamodb, TABLE, {**WHERE, "version": {"N": str(over + 1)}, **more}, over)


def stored(dynamodb: Any) -> list[Any]:
    items: list[Any] = dynamodb.scan(TableName=TABLE)["Items"]
    return items


@given(st.floats(0, 4e9), st.integers(0, 400))
def test_what_expires_does_so_in_whole_seconds_after_so_many_days(now: float, days: int) -> None:
    assert expiry(lambda: now, days) == {"N": str(int(now) + days * 86_400)}


def test_what_is_not_there_is_put_once(dynamodb: Any) -> None:
    put(dynamodb, 0, by={"S": "first"})
    with pytest.raises(StateConflict, match="notify desk is no longer at version 0"):
        put(dynamodb, 0, by={"S": "second"})
    assert [item["by"]["S"] for item in stored(dynamodb)] == ["first"]


@pytest.mark.parametrize("over", [1, 3])
def test_only_the_version_that_was_read_is_written_over(dynamodb: Any, over: int) -> None:
    put(dynamodb, 0)
    put(dynamodb, 1)
    with pytest.raises(StateConflict):
        put(dynamodb, over)
    assert stored(dynamodb) == [{**WHERE, "version": {"N": "2"}}]
    put(dynamodb, 2)
    assert stored(dynamodb) == [{**WHERE, "version": {"N": "3"}}]


def test_what_is_gone_meanwhile_is_not_put_anew(dynamodb: Any) -> None:
    with pytest.raises(StateConflict):
        put(dynamodb, 7)
    assert stored(dynamodb) == []


@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", Transient), ("AccessDeniedException", ClientError)],
)
def test_a_write_that_fails_for_another_reason_is_no_conflict(
    code: str, error: type[Exception], refused: Callable[[str, str, str, int], Any]
) -> None:
    with pytest.raises(error) as caught:
        put(refused("dynamodb", "put_item", code, 400), 0)
    assert not isinstance(caught.value, StateConflict)


def test_a_condition_that_does_not_hold_is_a_conflict_and_any_other_error_stays_itself() -> None:
    def error(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": "no"}}, "PutItem")

    found = conflict(error("ConditionalCheckFailedException"), "somebody was first")
    assert isinstance(found, StateConflict)
    assert str(found) == "somebody was first"
    other = error("ValidationException")
    assert conflict(other, "somebody was first") is other


@dataclass
class Pages:
    """A client whose queries find these items, so many at a time."""

    items: list[dict[str, Any]]
    size: int
    asked: list[dict[str, Any]] = field(default_factory=list)

    def query(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        start = request.get("ExclusiveStartKey", 0)
        end = start + self.size
        more = {"LastEvaluatedKey": end} if end < len(self.items) else {}
        return {"Items": self.items[start:end], **more}


@given(st.lists(st.fixed_dictionaries({"sk": st.text()}), max_size=20), st.integers(1, 6))
def test_a_query_finds_all_items_in_order_over_however_many_pages(
    items: list[dict[str, Any]], size: int
) -> None:
    client = Pages(items, size)
    found = paged(client, {"TableName": TABLE}, "read")
    assert list(found) == items
    assert len(client.asked) == max(1, -(-len(items) // size))
    assert all(request["ConsistentRead"] for request in client.asked)
    assert {request["TableName"] for request in client.asked} == {TABLE}


def test_a_page_is_asked_for_only_when_it_is_wanted() -> None:
    client = Pages([key("ledger", f"{number}") for number in range(10)], 2)
    items = paged(client, {}, "read")
    assert [next(items), next(items)] == client.items[:2]
    assert len(client.asked) == 1


def test_a_query_that_is_throttled_may_pass(
    refused: Callable[[str, str, str, int], Any],
) -> None:
    client = refused("dynamodb", "query", "ThrottlingException", 400)
    with pytest.raises(Transient, match="read the journal"):
        list(paged(client, {"TableName": TABLE}, "read the journal"))
