"""What senders nest inside of their own fields: `error: {code, reason}`, `card: {brand}`, and the typed
values of MongoDB.

Source of the latter: https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from functions.core.payments.fields import FIELDS, NAMES

_WHY: Final[Mapping[str, str]] = {
    "code": "error_code", "error_code": "error_code", "errorCode": "error_code",
    "decline_code": "decline_code", "declineCode": "decline_code",
    "failure_code": "failure_code", "failureCode": "failure_code",
    "reason": "error_reason", "error_reason": "error_reason", "reason_code": "reason_code",
    "reasonCode": "reason_code", "response_code": "response_code", "responseCode": "response_code",
    "network_decline_code": "network_decline_code", "networkDeclineCode": "network_decline_code",
    "type": "status_reason", "category": "status_detail",
    "source": "error_source", "step": "error_step",
    "description": "error_description", "error_description": "error_description",
    "message": "message", "error_message": "error_message", "errorMessage": "error_message",
    "detail": "failure_reason", "details": "failure_reason", "text": "failure_message",
    "scheme": "error_scheme",
}  # fmt: skip
_CARD: Final[Mapping[str, str]] = {
    "brand": "network", "network": "network", "scheme": "network", "card_network": "network",
    "cardBrand": "network", "card_brand": "network", "cardScheme": "network",
    "issuer": "issuer", "issuer_name": "issuer", "issuing_bank": "issuer", "bank": "issuer",
    "bank_name": "issuer", "issuerName": "issuer", "country": "country", "country_code": "country",
    "issuer_country": "country", "issuerCountry": "country",
}  # fmt: skip
_METHOD: Final[Mapping[str, str]] = {"type": "payment_method", "method": "payment_method", **_CARD}


_MERCHANT: Final = {"id": "merchant_id", "merchant_id": "merchant_id", "name": "merchant_id"}
_CUSTOMER: Final = {"id": "user_id", "user_id": "user_id", "customer_id": "user_id"}
_ISSUER: Final = {"name": "issuer", "code": "issuer", "id": "issuer", "country": "country"}
_GATEWAY: Final = {"name": "gateway", "code": "gateway", "id": "gateway"}

OBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys(
        ("error", "errors", "failure", "decline", "error_details", "errorDetails", "error_info",
         "errorInfo", "failure_details", "failureDetails", "decline_details", "declineDetails",
         "last_error", "lastError", "last_payment_error", "lastPaymentError", "payment_error",
         "paymentError", "refusal", "rejection", "response", "gateway_response", "gatewayResponse",
         "processor_response", "processorResponse", "acquirer_response", "acquirerResponse",
         "issuer_response", "issuerResponse"),
        _WHY,
    ),
    **dict.fromkeys(("card", "card_details", "cardDetails", "card_info", "payment_card"), _CARD),
    **dict.fromkeys(
        ("payment_method", "paymentMethod", "method", "payment_method_details",
         "paymentMethodDetails", "payment_instrument", "paymentInstrument", "instrument",
         "payment_source", "source"),
        _METHOD,
    ),
    **dict.fromkeys(("merchant", "store", "shop"), _MERCHANT),
    **dict.fromkeys(("customer", "user", "shopper", "payer", "buyer"), _CUSTOMER),
    **dict.fromkeys(("issuer", "bank"), _ISSUER),
    **dict.fromkeys(("gateway", "psp", "processor", "acquirer"), _GATEWAY),
    "status": {"status": "payment_status", "name": "payment_status", "state": "payment_status",
               "value": "payment_status", **_WHY},
}  # fmt: skip
"""Name of an object → what of it is a field, under which of the field's names. Of a list of errors the
first counts."""

KNOWN: Final = NAMES.union(OBJECTS)
"""All names that say something of a payment, or hold an object that does."""
_OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    name: field.accepted for field in FIELDS if field.kind != "code" for name in field.accepted
}
"""Name → those that say the same; of codes each may say something else."""
_WORDS: Final = 3
"""A reason of so many words is a sentence, and no code."""
_DEEPEST: Final = 2


def spread(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The values, typed ones as plain ones, with those of the objects in them that are no values
    otherwise; and for each of these names the path that it came from, `error.code`.

    What stands outside under a name comes before what is nested.
    """
    nested = [name for name, value in values.items() if isinstance(value, dict | list)]
    if not nested:
        return values, {}
    found = dict(values)
    whence: dict[str, str] = {}
    for name in nested:
        found[name] = typed(values[name])
    for name in nested:
        if name in OBJECTS:
            known = len(whence)
            _take(found, whence, found[name], OBJECTS[name], (name,))
            if len(whence) > known and isinstance(found[name], dict | list):
                found[name] = None  # it was of use
    return found, whence


def _take(
    found: dict[str, Any],
    whence: dict[str, str],
    value: Any,
    names: Mapping[str, str],
    path: tuple[str, ...],
) -> None:
    """Enter what an object says under these names, and objects in it."""
    if isinstance(value, list):
        value = value[0] if value else None
        path = (f"{path[0]}[0]", *path[1:])
    if not isinstance(value, dict):
        return
    for inner, target in names.items():
        said = typed(value.get(inner))
        if said is None or isinstance(said, bool | list | dict):
            continue
        if target == "error_reason" and isinstance(said, str) and len(said.split()) >= _WORDS:
            target = "failure_reason"
        if all(_is_free(found.get(name)) for name in _OTHERS.get(target, (target,))):
            found[target] = said
            whence[target] = ".".join((*path, inner))
    for inner, more in value.items():
        if isinstance(more, dict) and inner in OBJECTS and len(path) < _DEEPEST:
            _take(found, whence, more, OBJECTS[inner], (*path, inner))


def _is_free(value: Any) -> bool:
    return value is None or isinstance(value, dict | list)


def typed(value: Any) -> Any:
    """A value of MongoDB's Extended JSON as a plain one: `{"$date": …}`, `{"$oid": …}`,
    `{"$numberLong": "7"}`; any other as it is. A date is ISO 8601 or milliseconds, as it came."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    [(kind, inner)] = value.items()
    if kind == "$timestamp" and isinstance(inner, dict):
        return inner.get("t", value)
    if kind == "$date" and isinstance(inner, dict):
        inner = typed(inner)
    if kind not in _TYPES or isinstance(inner, dict | list | bool):
        return value
    if kind in ("$numberLong", "$numberInt") and isinstance(inner, str):
        bare = inner.strip()
        is_whole = bare.removeprefix("-").isdecimal() and len(bare) <= _LONGEST_WHOLE
        return int(bare) if is_whole and bare.isascii() else inner
    return inner


_TYPES: Final = frozenset(
    ("$date", "$oid", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$uuid", "$symbol")
)  # fmt: skip
_LONGEST_WHOLE: Final = 20
