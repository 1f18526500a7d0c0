"""A field of a payment is one row of the table, and nothing is said of it a second time."""

from __future__ import annotations

import types
from collections import Counter
from typing import Any, get_type_hints

import pytest

from functions.core.payments.event import Payment
from functions.core.payments.fields import FIELDS, Field

TYPES: dict[str, Any] = {
    "id": str,
    "status": str,
    "time": int,
    "count": int,
    "dimension": str | types.NoneType,
    "text": str | types.NoneType,
    "duration": float | types.NoneType,
    "amount": float | types.NoneType,
    "mark": bool,
}


def ids(field: Field) -> str:
    return field.name


def test_a_payment_has_the_tables_fields_in_the_tables_order() -> None:
    fields = tuple(field.name for field in FIELDS)
    assert Payment.__struct_fields__ == (*fields, "faults")


@pytest.mark.parametrize("field", FIELDS, ids=ids)
def test_an_attribute_has_the_type_of_its_kind(field: Field) -> None:
    assert get_type_hints(Payment)[field.name] == TYPES[field.kind]


@pytest.mark.parametrize("field", FIELDS, ids=ids)
def test_what_is_written_is_accepted(field: Field) -> None:
    assert field.written in field.accepted


def test_no_two_fields_share_a_name() -> None:
    names = Counter(name for field in FIELDS for name in field.accepted)
    assert max(names.values()) == 1
    assert len({field.written for field in FIELDS}) == len(FIELDS)


def test_a_payment_needs_what_identifies_it_its_status_and_its_time_and_nothing_else() -> None:
    needed = [field.name for field in FIELDS if field.kind in ("id", "status", "time")]
    assert needed == ["transaction_id", "status", "timestamp_ms"]
    rest = Payment(transaction_id="t", status="failed", timestamp_ms=0)
    absent = {getattr(rest, field.name) for field in FIELDS if field.name not in needed}
    assert absent == {None, 1, False}


def test_a_field_is_written_by_its_first_name_unless_the_table_says_otherwise() -> None:
    assert Field("x", "text", ("x", "y")).written == "x"
    assert Field("x", "text", ("x", "y"), written_as="y").written == "y"
