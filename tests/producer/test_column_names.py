"""What people call the columns of exports: each name as it is compared, each word with its place."""

from __future__ import annotations

import pytest

from functions.core.payments.event import ALIASES, STATUSES
from functions.core.payments.mapping import folded
from producer.column_names import (
    APPROVED_CODES,
    BOOLEANS,
    NAMES,
    TECHNICAL_CODES,
    is_test,
    normal,
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("createdAt", "created at"),
        ("CREATED_AT", "created at"),
        ("Created at", "created at"),
        ("Created date (UTC)", "created date utc"),
        ("Währung", "wahrung"),
        ("data.object.paymentMethod", "payment method"),
        ("PAYMENT-ID", "payment id"),
        ("paymentID", "payment id"),
        (" # ", ""),
    ],
)
def test_a_name_is_compared_in_small_words(name: str, words: str) -> None:
    assert normal(name) == words


@pytest.mark.parametrize("field", NAMES)
def test_names_are_written_as_they_are_compared_and_once_each(field: str) -> None:
    assert [normal(name) for name in NAMES[field]] == list(NAMES[field])
    assert len(set(NAMES[field])) == len(NAMES[field])


def test_names_are_those_of_fields_and_of_what_stands_beside_them() -> None:
    assert set(NAMES) - {*ALIASES, "test"} == {"timezone", "response code", "successes"}


@pytest.mark.parametrize(
    ("column", "value", "marked"),
    [("Mode", "Test", True), ("Mode", "Live", False), ("livemode", "false", True),
     ("livemode", True, False), ("is_test", "1", True), ("Mode", "Express", None),
     ("live_mode", "test", True)],
)  # fmt: skip
def test_a_mark_of_a_test_system_is_known_whichever_way_its_column_says_it(
    column: str, value: object, marked: bool | None
) -> None:
    assert is_test(column, value) is marked


def test_words_of_a_column_that_says_yes_or_no_are_compared_as_written_and_mean_a_status() -> None:
    for word, status in BOOLEANS.items():
        assert folded(word) == word
        assert status in STATUSES


def test_no_code_is_both_an_approval_and_a_fault() -> None:
    assert not APPROVED_CODES & TECHNICAL_CODES
