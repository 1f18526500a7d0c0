"""Envelopes of notifications, as JSON: EventBridge, CloudEvents, SNS, DMS and Debezium.

Sources: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html,
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md,
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html,
https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html,
https://debezium.io/documentation/reference/stable/connectors/postgresql.html.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.payments.providers.reading import (
    Object,
    Reading,
    at,
    first,
    no_payment,
    word,
)
from functions.core.payments.providers.wrapped import bounded


class Content(msgspec.Struct, frozen=True, gc=False):
    """What an envelope holds: objects, or why it holds no payment. when: its own time, for objects
    that tell none."""

    objects: list[Any]
    when: str | int | float | None = None


Unwrapped = Content | Reading
Unwrap = Callable[[Object], Unwrapped]
"""Raises Malformed where what it holds cannot be read."""


def eventbridge(it: Object) -> Unwrapped:
    return Content(_objects(it.get("detail"), "eventbridge"), first(it.get("time")))


def cloudevents(it: Object) -> Unwrapped:
    """The structured form: `data` is an object or its text, or `data_base64` its bytes."""
    data = it.get("data")
    if data is None and isinstance(encoded := it.get("data_base64"), str):
        try:
            data = b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("bad_json", "cloudevents: data_base64 is no base64") from None
    if data is None:
        return no_payment("cloudevents", it.get("type"))
    return Content(_objects(data, "cloudevents"), first(it.get("time")))


def sns(it: Object) -> Unwrapped:
    kind = word(it.get("Type"))
    if kind != "Notification":
        return no_payment("sns", kind)
    return Content(_objects(it.get("Message"), "sns"), first(it.get("Timestamp")))


def dms(it: Object) -> Unwrapped:
    """Of a change, the row as it is after it."""
    kind = word(at(it, "metadata", "record-type")).lower()
    operation = word(at(it, "metadata", "operation")).lower()
    if kind == "control" or operation in ("delete", "create-table", "drop-table", "truncate-table"):
        return no_payment("dms", operation or kind)
    return Content(_objects(it.get("data"), "dms"), first(at(it, "metadata", "timestamp")))


def debezium(it: Object) -> Unwrapped:
    """With or without its schema; the row as it is after the change."""
    change = it.get("payload") if isinstance(it.get("payload"), dict) else it
    if at(change, "op") in ("d", "t", "m") or at(change, "after") is None:
        return no_payment("debezium", f"operation {word(at(change, 'op'))}")
    when = first(at(change, "source", "ts_ms"), at(change, "ts_ms"))
    return Content(_objects(at(change, "after"), "debezium"), when)


def records(it: Object) -> Unwrapped:
    """What Lambda gets from SQS and SNS: each record's own message."""
    found: list[Any] = []
    for record in it["Records"]:
        if "dynamodb" in record:
            found.append(record)
            continue
        content = at(record, "body") if "body" in record else at(record, "Sns", "Message")
        found += _objects(content, "records")
    return Content(found, first(at(it["Records"], 0, "Sns", "Timestamp")))


def page(it: Object) -> Unwrapped:
    """A page of a provider's list, as Stripe's API gives it (`data`) and Razorpay's (`items`)."""
    found = it["data"] if it.get("object") == "list" else it["items"]
    if not found:
        return no_payment("list", "an empty page")
    return Content(bounded(_objects(found, "list")))


def dynamodb(it: Object) -> Unwrapped:
    """A change in a table's stream: the item as it is after it."""
    item = at(it, "dynamodb", "NewImage")
    if not isinstance(item, dict):
        return no_payment("dynamodb", it.get("eventName"))
    return Content([_plain_item(item)], first(at(it, "dynamodb", "ApproximateCreationDateTime")))


def _plain_item(value: Any, depth: int = 0) -> Any:
    """A map of DynamoDB's typed values as a plain one: {"id": {"S": "t1"}} as {"id": "t1"}."""
    return {name: _plain_attribute(inner, depth) for name, inner in value.items()}


def _plain_attribute(value: Any, depth: int) -> Any:
    if not isinstance(value, dict) or len(value) != 1:
        return value
    [(kind, inner)] = value.items()
    if kind == "N" and isinstance(inner, str):
        return _number_of(inner)
    if kind in ("S", "BOOL"):
        return inner
    if kind == "M" and isinstance(inner, dict) and depth < _DEEPEST_MAP:
        return _plain_item(inner, depth + 1)
    if kind == "L" and isinstance(inner, list) and depth < _DEEPEST_MAP:
        return [_plain_attribute(one, depth + 1) for one in inner]
    return None if kind == "NULL" else value


_DEEPEST_MAP: Final = 8
_LONGEST_NUMBER: Final = 40


def _number_of(text: str) -> Any:
    """As JSON has it; the text where it is none."""
    try:
        return msgspec.json.decode(text) if len(text) <= _LONGEST_NUMBER else text
    except (msgspec.DecodeError, ValueError):
        return text


def _objects(content: Any, sender: str) -> list[Any]:
    """An object, several in a list, or the text of either."""
    if isinstance(content, (str, bytes)):
        try:
            content = msgspec.json.decode(content)
        except (msgspec.DecodeError, ValueError):
            raise Malformed("bad_json", f"{sender}: what it holds is not JSON") from None
    found = content if isinstance(content, list) else [content]
    if not found or not all(isinstance(item, dict) for item in found):
        raise Malformed("wrong_type", f"{sender}: what it holds is no object")
    return found


def http(it: Object) -> Unwrapped:
    """A request as API Gateway and function URLs hand it over."""
    body = it.get("body")
    if it.get("isBase64Encoded") is True and isinstance(body, str):
        try:
            body = b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("bad_json", "http: the body is no base64") from None
    return Content(_objects(body, "http"))


def _is_message(record: Any) -> bool:
    return isinstance(record, dict) and not _INSIDE_RECORDS.isdisjoint(record)


_INSIDE_RECORDS: Final = frozenset(("body", "Sns", "dynamodb"))


def unwrap_of(it: Object) -> tuple[str, Unwrap] | None:
    """The envelope by its keys; None for an object that is none."""
    if "detail-type" in it and "detail" in it:
        return "eventbridge", eventbridge
    if "specversion" in it:
        return "cloudevents", cloudevents
    if "TopicArn" in it and "Type" in it:
        return "sns", sns
    if (it.get("object") == "list" and isinstance(it.get("data"), list)) or (
        it.get("entity") == "collection" and isinstance(it.get("items"), list)
    ):
        return "list", page
    if isinstance(it.get("dynamodb"), dict) and "eventName" in it:
        return "dynamodb", dynamodb
    inside = it.get("Records")
    if isinstance(inside, list) and inside and all(map(_is_message, inside)):
        return "records", records
    if isinstance(it.get("headers"), dict) and "body" in it:
        return "http", http
    metadata = it.get("metadata")
    if isinstance(metadata, dict) and ("record-type" in metadata or "schema-name" in metadata):
        return "dms", dms
    change = it.get("payload") if "schema" in it else it
    if isinstance(change, dict) and "op" in change and "after" in change and "source" in change:
        return "debezium", debezium
    return None
