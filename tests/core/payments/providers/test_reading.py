"""How the parts of a notification are reached: whatever is missing is absent."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.payments.providers.reading import (
    LONGEST_KIND,
    NoPayment,
    at,
    currency_of,
    fields,
    first,
    is_false,
    is_true,
    no_payment,
    word,
)

TREE = {"a": {"b": [{"c": 1}, None]}, "n": None, "t": "text"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("a", "b", 0, "c"), 1),
        (("a", "b", -2, "c"), 1),
        (("a", "b", 1), None),
        (("a", "b", 2), None),
        (("a", "b", "c"), None),
        (("a", 0), None),
        (("n", "x"), None),
        (("t", "x"), None),
        (("t", 0), None),
        (("gone",), None),
        ((), TREE),
    ],
)
def test_what_lies_under_a_path_is_found_or_none(path: tuple[Any, ...], value: Any) -> None:
    assert at(TREE, *path) == value


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((None, "", " ", "x"), "x"),
        ((" x ",), "x"),
        ((0, "x"), 0),
        ((True, {}, [], 1.5), 1.5),
        ((10**5000, float("inf"), float("nan"), "x"), "x"),
        ((), None),
    ],
)
def test_the_first_text_or_number_is_taken(values: tuple[Any, ...], found: Any) -> None:
    assert first(*values) == found
    assert word(*values) == ("" if found is None else str(found))


def test_currencies_are_in_capitals() -> None:
    assert currency_of(None, " usd ") == "USD"


@pytest.mark.parametrize("value", [False, "false", " FALSE "])
def test_false_is_a_text_or_false(value: Any) -> None:
    assert is_false(value)
    assert not is_true(value)


@pytest.mark.parametrize("value", [None, 0, "", "no", []])
def test_what_is_absent_is_neither_true_nor_false(value: Any) -> None:
    assert not is_false(value)
    assert not is_true(value)


def test_fields_are_those_that_are_there() -> None:
    assert fields(a=1, b=None, c="", d=False, e=0, test=True) == {"a": 1, "e": 0, "test": True}


def test_what_is_no_payment_says_whose_and_what_in_few_characters() -> None:
    (found,) = no_payment("stripe", "customer.created")
    assert str(found) == "stripe: customer.created is no payment"
    (long,) = no_payment("stripe", "x" * 1000)
    assert isinstance(long, NoPayment)
    assert len(long.kind) == LONGEST_KIND
    assert no_payment("stripe", "a\n\x1b[2Jb") == [NoPayment("stripe", "a  [2Jb")]
    assert no_payment("stripe", None) == [NoPayment("stripe", "an event without a type")]
