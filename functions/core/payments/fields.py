"""The fields of a payment, one row each: event, line, archive and columns of a file follow from it.

A new field is a new row here and an attribute of `event.Payment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Kind = Literal[
    "id", "status", "time", "count", "dimension", "text", "code", "duration", "amount", "mark"
]  # fmt: skip
"""id: what identifies a payment, text or a whole number. time: milliseconds since the epoch in a
payment, ISO 8601 where it is written. count: a whole number from 1. dimension: a short text, which
slices are made of. text: any other. code: a text, of which one that says why comes before one that says
that. duration: milliseconds from 0. amount: a number of major units. mark: true or false, and written
where it is true alone."""


class Field(NamedTuple):
    """name: in a Payment. accepted: what it may be called in an event, first match wins.
    written_as: what it is called in a line and in the archive, where that is not the first of them."""

    name: str
    kind: Kind
    accepted: tuple[str, ...]
    written_as: str = ""

    @property
    def written(self) -> str:
        return self.written_as or self.accepted[0]


FIELDS: Final = (
    Field("transaction_id", "id", ("transaction_id", "txn_id", "transactionId", "payment_id", "id")),
    Field("status", "status", ("payment_status", "status", "paymentStatus", "outcome", "state")),
    Field("timestamp_ms", "time", ("timestamp", "event_time", "created_at", "time", "ts")),
    Field("count", "count", ("count", "n")),
    Field("region", "dimension", ("region", "aws_region", "location")),
    Field("device", "dimension", ("device", "device_type", "channel")),
    Field(
        "method", "dimension", ("method", "payment_method", "paymentMethod", "sub_type"),
        written_as="payment_method",
    ),
    Field("network", "dimension", ("network", "card", "card_network", "scheme", "brand")),
    Field("issuer", "dimension", ("issuer", "bank", "issuing_bank", "issuer_name")),
    Field("gateway", "dimension", ("gateway", "psp", "pg", "processor", "acquirer")),
    Field(
        "merchant", "dimension", ("merchant", "merchant_id", "merchantId"),
        written_as="merchant_id",
    ),
    Field("country", "dimension", ("country", "country_code")),
    Field("currency", "dimension", ("currency", "currency_code")),
    Field(
        "error_code", "code",
        ("error_code", "auth_code", "decline_code", "response_code", "code", "error_reason",
         "failure_code", "refusalReasonCode", "refusal_reason_code", "network_decline_code",
         "reason_code", "refusalReason", "refusal_reason", "result_code", "resultCode", "errorCode",
         "declineCode", "responseCode", "errorReason", "failureCode", "networkDeclineCode",
         "reasonCode", "refusalReasonRaw", "refusal_reason_raw", "acquirer_response_code",
         "acquirerResponseCode", "raw_response_code", "status_reason", "status_detail"),
    ),
    Field("error_scheme", "text", ("error_scheme", "code_scheme")),
    Field(
        "error_message", "text",
        ("error_message", "message", "reason", "failure_reason", "error_description",
         "failure_message", "decline_reason", "response_message", "errorMessage", "errorDescription",
         "failureReason", "failureMessage", "declineReason", "responseMessage", "acquirer_response",
         "acquirer_message", "raw_response", "error"),
    ),
    Field("latency_ms", "duration", ("latency_ms", "latency", "duration_ms")),
    Field("amount", "amount", ("amount", "value")),
    Field("user_id", "text", ("user_id", "userId", "customer_id")),
    Field("correlation_id", "text", ("correlation_id", "correlationId", "trace_id", "request_id")),
    Field("attempt_id", "text", ("attempt_id", "try_id", "charge_id")),
    Field(
        "is_test", "mark",
        ("test", "is_test", "isTest", "test_mode", "testMode", "sandbox", "is_sandbox", "livemode",
         "live_mode", "liveMode", "live", "is_live", "isLive", "environment", "mode", "env", "testmode",
         "is_test_mode", "isTestMode", "isSandbox", "sandbox_mode", "sandboxMode", "test_transaction",
         "testTransaction", "is_test_transaction", "isLiveMode", "is_live_mode", "is_production",
         "isProduction"),
    ),
)  # fmt: skip
"""In the order of Payment's attributes, of a line's fields and of the archive's columns."""

BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "amount_minor": (
        "amount_minor", "amount_in_cents", "amount_cents", "amount_in_paise", "amount_minor_units",
        "amount_in_minor_units",
    ),
    "amount_unit": ("amount_unit",),
    "exponent": ("exponent", "amount_exponent", "currency_exponent"),
    "error_source": ("error_source", "errorSource", "failure_source", "failureSource"),
    "error_step": ("error_step", "errorStep", "failure_step"),
}  # fmt: skip
"""What is no field of a payment, and says how one is meant: name → what it may be called.

amount_minor: the amount in the currency's smallest unit. amount_unit: `minor` where `amount` is.
exponent: decimals of that unit. error_source, error_step: where it failed, as Razorpay says it."""

NAMES: Final = frozenset(name for field in FIELDS for name in field.accepted) | frozenset(
    name for names in BESIDE.values() for name in names
)
"""All names that say something of a payment."""
