"""Envelopes that message services put around events, opened."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from functions.core.errors import Malformed
from functions.core.payments.providers.reading import NoPayment
from functions.core.payments.providers.wrapped import MOST
from functions.core.payments.providers.wrappings import Content, Unwrapped, unwrap_of
from tests.notifications import OWN, SECOND_ISO, STRIPE_FAILED, Json

EVENTBRIDGE: Json = {
    "version": "0",
    "id": "made-up",
    "detail-type": "Payment",
    "source": "com.example.payments",
    "account": "123456789012",
    "time": SECOND_ISO,
    "region": "eu-west-1",
    "resources": [],
    "detail": OWN,
}
CLOUDEVENT: Json = {
    "specversion": "1.0",
    "id": "made-up",
    "type": "com.example.payment",
    "source": "/payments",
    "time": SECOND_ISO,
    "data": OWN,
}
SNS: Json = {
    "Type": "Notification",
    "MessageId": "made-up",
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:payments",
    "Message": json.dumps(OWN),
    "Timestamp": SECOND_ISO,
}
DMS: Json = {
    "data": OWN,
    "metadata": {
        "timestamp": SECOND_ISO,
        "record-type": "data",
        "operation": "insert",
        "partition-key-type": "primary-key",
        "schema-name": "shop",
        "table-name": "payments",
    },
}
DEBEZIUM: Json = {
    "before": None,
    "after": OWN,
    "source": {"connector": "postgresql", "ts_ms": 1_780_000_000_000, "table": "payments"},
    "op": "c",
    "ts_ms": 1_780_000_000_500,
}


def opened(it: Json) -> tuple[str, Unwrapped]:
    found = unwrap_of(it)
    assert found is not None
    return found[0], found[1](it)


@pytest.mark.parametrize(
    ("envelope", "name", "when"),
    [
        (EVENTBRIDGE, "eventbridge", SECOND_ISO),
        (CLOUDEVENT, "cloudevents", SECOND_ISO),
        ({**CLOUDEVENT, "data": json.dumps(OWN)}, "cloudevents", SECOND_ISO),
        (
            {
                **{name: value for name, value in CLOUDEVENT.items() if name != "data"},
                "data_base64": base64.b64encode(json.dumps(OWN).encode()).decode(),
            },
            "cloudevents",
            SECOND_ISO,
        ),
        (SNS, "sns", SECOND_ISO),
        (DMS, "dms", SECOND_ISO),
        (DEBEZIUM, "debezium", 1_780_000_000_000),
        ({"schema": {}, "payload": DEBEZIUM}, "debezium", 1_780_000_000_000),
        ({"Records": [{"messageId": "m", "body": json.dumps(OWN)}]}, "records", None),
        ({"headers": {}, "body": json.dumps(OWN)}, "http", None),
        (
            {
                "headers": {"content-type": "application/json"},
                "body": base64.b64encode(json.dumps(OWN).encode()).decode(),
                "isBase64Encoded": True,
            },
            "http",
            None,
        ),
        ({"Records": [{"EventSource": "aws:sns", "Sns": SNS}]}, "records", SECOND_ISO),
        ({"object": "list", "has_more": False, "data": [OWN]}, "list", None),
        ({"entity": "collection", "count": 1, "items": [OWN]}, "list", None),
    ],
)
def test_an_envelope_is_known_by_its_keys_and_holds_an_object(
    envelope: Json, name: str, when: Any
) -> None:
    assert opened(envelope) == (name, Content([OWN], when))


def test_a_message_may_hold_several_objects() -> None:
    several = {**SNS, "Message": json.dumps([OWN, STRIPE_FAILED])}
    assert opened(several) == ("sns", Content([OWN, STRIPE_FAILED], SECOND_ISO))


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        ({**SNS, "Type": "SubscriptionConfirmation"}, "SubscriptionConfirmation"),
        ({**CLOUDEVENT, "data": None}, "com.example.payment"),
        ({**CLOUDEVENT, "data": None, "type": None}, "an event without a type"),
        (
            {**DMS, "metadata": {"record-type": "control", "operation": "create-table"}},
            "create-table",
        ),
        ({**DMS, "metadata": {**DMS["metadata"], "operation": "delete"}}, "delete"),
        ({**DEBEZIUM, "op": "d", "after": None}, "operation d"),
        ({"object": "list", "data": []}, "an empty page"),
        ({"eventName": "REMOVE", "dynamodb": {"Keys": {}}}, "REMOVE"),
    ],
)
def test_what_tells_of_no_payment_says_so(envelope: Json, kind: str) -> None:
    name, found = opened(envelope)
    assert found == [NoPayment(name, kind)]


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        ({**SNS, "Message": "hello"}, "bad_json"),
        ({**SNS, "Message": "7"}, "wrong_type"),
        ({**SNS, "Message": None}, "wrong_type"),
        ({**SNS, "Message": "[]"}, "wrong_type"),
        ({**EVENTBRIDGE, "detail": [OWN, 7]}, "wrong_type"),
        ({**CLOUDEVENT, "data": None, "data_base64": "%%"}, "bad_json"),
        ({"headers": {}, "body": "%%", "isBase64Encoded": True}, "bad_json"),
        ({"headers": {}, "body": "a=b&c=d"}, "bad_json"),
    ],
)
def test_an_envelope_that_cannot_be_opened_is_malformed(envelope: Json, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        opened(envelope)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "plain",
    [
        OWN,
        {**OWN, "metadata": {"order": 7}},
        {**OWN, "metadata": "x"},
        {**OWN, "source": "web"},
        {},
    ],
)
def test_a_payment_of_ours_is_no_envelope(plain: Json) -> None:
    assert unwrap_of(plain) is None


def test_a_page_of_a_list_holds_each_of_its_objects_and_not_without_end() -> None:
    page = {"object": "list", "data": [STRIPE_FAILED, OWN]}
    assert opened(page) == ("list", Content([STRIPE_FAILED, OWN]))
    with pytest.raises(Malformed, match="too_many"):
        opened({"entity": "collection", "items": [OWN] * (MOST + 1)})


def test_an_item_of_dynamodb_is_read_as_the_object_that_it_was() -> None:
    image = {
        "id": {"S": "t1"}, "amount": {"N": "12.5"}, "test": {"BOOL": False}, "bank": {"NULL": True},
        "error": {"M": {"code": {"S": "51"}}}, "tags": {"L": [{"S": "a"}]}, "odd": {"N": "x"}, "set": {"SS": ["a"]},
    }  # fmt: skip
    change = {"ApproximateCreationDateTime": 1_780_000_000, "NewImage": image}
    it = {"eventName": "INSERT", "dynamodb": change}
    item = {"id": "t1", "amount": 12.5, "test": False, "bank": None, "error": {"code": "51"}, "tags": ["a"],
            "odd": "x", "set": {"SS": ["a"]}}  # fmt: skip
    assert opened(it) == ("dynamodb", Content([item], 1_780_000_000))
    assert opened({"Records": [it]}) == ("records", Content([it]))
