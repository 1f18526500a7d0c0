"""Invocations of a consumer of Kinesis: payments as Lambda hands them over, in every packing."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

from functions.core.payments.codec import pack

PACKINGS: Final = ("plain", "ndjson", "gzip", "zstd", "kpl")
EVENTS: Final = ("seed", "rich", "stripe")
AT: Final = 1_763_646_180
RECORDS: Final = 1000
"""Records of an invocation, at most."""
PACKED_BYTES: Final = 24 * 1024
"""Bytes of the lines that are packed into one record."""


def invocations(event: str, packing: str, payments: int) -> list[dict[str, Any]]:
    """event: one of EVENTS. packing: one of PACKINGS."""
    draw = random.Random(7)
    lines = [
        json.dumps(_EVENT[event](draw, number), separators=(",", ":")).encode()
        for number in range(payments)
    ]
    records = list(lines) if packing == "plain" else [
        pack(some, packing) for some in _runs(lines)
    ]  # fmt: skip
    return [
        {"Records": [_record(start + place, data) for place, data in enumerate(some)]}
        for start in range(0, len(records), RECORDS)
        for some in [records[start : start + RECORDS]]
    ]


def _runs(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    run: list[bytes] = []
    size = 0
    for line in lines:
        if run and size + len(line) > PACKED_BYTES:
            yield run
            run, size = [], 0
        run.append(line)
        size += len(line) + 1
    yield run


def _record(number: int, data: bytes) -> dict[str, Any]:
    sequence = str(
        49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000 + number
    )
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "k",
            "sequenceNumber": sequence,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": AT + 2.0,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/r",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/events",
    }


def _seed(draw: random.Random, number: int) -> dict[str, Any]:
    """The smallest event that the docs have."""
    return {
        "transaction_id": f"txn_{number}",
        "user_id": f"u{draw.randrange(10_000)}",
        "payment_status": "FAIL" if draw.random() < 0.05 else "SUCCESS",
        "timestamp": f"2025-11-20T13:43:0{number % 2}Z",
        "device": draw.choice(("mobile", "desktop", "tablet")),
        "region": draw.choice(("US-WEST", "US-EAST", "EU")),
    }


def _rich(draw: random.Random, number: int) -> dict[str, Any]:
    """An event with most of the fields."""
    failed = draw.random() < 0.05
    event = {
        "transaction_id": f"txn_{number:012}",
        "payment_status": "FAIL" if failed else "SUCCESS",
        "timestamp": f"2025-11-20T13:43:0{number % 2}.{draw.randrange(1000):03}Z",
        "amount": round(draw.lognormvariate(4, 1), 2),
        "currency": "INR",
        "payment_method": draw.choice(("card", "card", "upi")),
        "network": draw.choice(("VISA", "MASTERCARD", "RUPAY")),
        "issuer": draw.choice(("HDFC", "SBI", "ICICI", "AXIS", "KOTAK")),
        "gateway": draw.choice(("razorpay", "payu", "stripe")),
        "merchant_id": f"m{draw.randrange(200):03}",
        "country": "IN",
        "device": draw.choice(("mobile", "desktop")),
        "region": draw.choice(("IN-WEST", "IN-SOUTH")),
        "latency_ms": round(draw.lognormvariate(6, 0.5), 1),
        "user_id": f"u{draw.randrange(100_000)}",
        "correlation_id": f"c-{number}",
        "terminal": "t-17",
    }
    if failed:
        event |= {"error_code": draw.choice(("51", "91", "05")), "error_scheme": "iso8583"}
    return event


def _stripe(draw: random.Random, number: int) -> dict[str, Any]:
    """A provider's notification."""
    failed = draw.random() < 0.05
    intent: dict[str, Any] = {
        "id": f"pi_{number}", "object": "payment_intent", "amount": draw.randrange(100, 90_000),
        "currency": "eur", "status": "requires_payment_method" if failed else "succeeded",
        "created": AT + number % 2, "livemode": True, "payment_method_types": ["card"],
    }  # fmt: skip
    if failed:
        intent["last_payment_error"] = {
            "code": "card_declined", "decline_code": "insufficient_funds",
            "payment_method": {"type": "card", "card": {"brand": "visa", "country": "DE"}},
        }  # fmt: skip
    kind = "payment_intent.payment_failed" if failed else "payment_intent.succeeded"
    return {
        "id": f"evt_{number}", "object": "event", "created": AT + number % 2, "livemode": True,
        "type": kind, "data": {"object": intent},
    }  # fmt: skip


_EVENT: Final = {"seed": _seed, "rich": _rich, "stripe": _stripe}
