"""SQS: the messages of an invocation, and which of them come again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.sqs import again, queued
from tests.builders import NOW


def sent(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": f"text {number}",
        "attributes": {"SentTimestamp": f"{NOW}999", "ApproximateReceiveCount": "2"},
        **fields,
    }


def test_a_message_is_read_with_its_whole_second_and_how_often_it_came() -> None:
    [message] = queued({"Records": [sent()]})
    assert (message.id, message.body) == ("m1", "text 1")
    assert (message.sent_at, message.receives, message.fault) == (NOW, 2, "")


@given(st.lists(st.integers(), max_size=10))
def test_messages_are_read_in_order(numbers: list[int]) -> None:
    found = queued({"Records": [sent(number) for number in numbers]})
    assert [message.id for message in found] == [f"m{number}" for number in numbers]


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ({}, ""),
        ({"ErrorMessage": {"stringValue": "the desk moved"}}, "the desk moved"),
        ({"RequestID": {"stringValue": "r"}, "ErrorCode": {"stringValue": "200"}}, ""),
    ],
)
def test_a_message_that_lambda_passed_on_says_why_the_function_failed(
    attributes: dict[str, Any], fault: str
) -> None:
    [message] = queued({"Records": [sent(messageAttributes=attributes)]})
    assert message.fault == fault


@given(st.lists(st.text(min_size=1)))
def test_what_failed_comes_again_and_nothing_else(ids: list[str]) -> None:
    failures = again(ids)["batchItemFailures"]
    assert [failure["itemIdentifier"] for failure in failures] == ids
