"""Slices as text: what is written is read again, and who contains whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import (
    ALL,
    COMPARED,
    DEFAULT_SLICING,
    crossing,
    dimensions,
    disjoint,
    elements,
    format_slicing,
    is_judged,
    leaf_of,
    narrowest,
    parse_slicing,
    pooled,
    read_slice,
    refines,
    slice_key,
    slice_values,
    slices_of,
    wider_slices,
    words,
)
from functions.core.payments.event import DIMENSIONS
from tests.builders import NOW, payment

values = st.dictionaries(
    st.sampled_from(DIMENSIONS), st.text(st.sampled_from("%&=253D6 aé×"), min_size=1, max_size=6)
)
few = st.dictionaries(st.sampled_from(DIMENSIONS[:3]), st.sampled_from("AB"))


@given(values)
def test_a_slice_is_read_as_it_was_written_whatever_its_values_are(chosen: dict[str, str]) -> None:
    assert slice_values(slice_key(chosen)) == chosen


@given(few, few)
def test_a_slice_contains_another_when_the_other_says_all_it_says(
    one: dict[str, str], two: dict[str, str]
) -> None:
    assert refines(slice_key(one), slice_key(two)) == (two.items() <= one.items())


@given(few, few)
def test_slices_share_no_payment_when_they_give_one_dimension_two_values(
    one: dict[str, str], two: dict[str, str]
) -> None:
    apart = any(one[name] != two[name] for name in one.keys() & two.keys())
    assert disjoint(slice_key(one), slice_key(two)) == disjoint(slice_key(two), slice_key(one))
    assert disjoint(slice_key(one), slice_key(two)) == apart


@given(few)
def test_the_wider_slices_are_those_that_say_one_dimension_less(chosen: dict[str, str]) -> None:
    key = slice_key(chosen)
    wider = wider_slices(key)
    assert len(wider) == len(dimensions(key)) == len(chosen)
    assert all(refines(key, one) and len(dimensions(one)) == len(chosen) - 1 for one in wider)
    assert wider_slices(ALL) == dimensions(ALL) == ()


@given(few, few)
def test_what_crosses_lies_in_both(one: dict[str, str], two: dict[str, str]) -> None:
    first, second = slice_key(one), slice_key(two)
    if not disjoint(first, second):
        assert slice_values(crossing(first, second)) == {**one, **two}
        assert refines(crossing(first, second), first)
        assert refines(crossing(first, second), second)


@given(few)
def test_every_slice_is_within_all_traffic(chosen: dict[str, str]) -> None:
    assert refines(slice_key(chosen), ALL)
    assert not disjoint(slice_key(chosen), ALL)


@given(values)
def test_a_payment_is_counted_under_the_slices_that_contain_it(chosen: dict[str, str]) -> None:
    whole = slice_key(chosen)
    found = list(slices_of(payment(NOW, "approved", **chosen), DEFAULT_SLICING))
    expected = {
        slice_key({name: chosen[name] for name in names})
        for names in DEFAULT_SLICING
        if chosen.keys() >= set(names)
    }
    assert len(found) == len(set(found))
    assert set(found) == {ALL, *expected}
    assert all(refines(whole, key) for key in found)


def test_what_is_counted_only_to_compare_gateways_is_not_judged() -> None:
    assert not is_judged("gateway=payu&issuer=HDFC")
    assert not is_judged("gateway=payu&network=VISA")
    assert all(map(is_judged, (ALL, "gateway=payu", "issuer=HDFC", "gateway=payu&method=upi")))
    assert set(COMPARED) <= set(DEFAULT_SLICING)


def test_surplus_values_are_pooled_under_their_own_dimensions() -> None:
    assert pooled("issuer=HDFC&network=VISA") == "issuer=other&network=other"


def test_a_slice_is_said_in_words() -> None:
    assert words("issuer=HDFC&network=VISA") == "issuer HDFC × network VISA"
    assert words(ALL) == "all traffic"


def test_a_slicing_is_read_as_it_was_written() -> None:
    assert parse_slicing(format_slicing(DEFAULT_SLICING)) == DEFAULT_SLICING


def test_a_combination_may_be_written_in_any_order_with_spaces() -> None:
    assert parse_slicing("region, network * issuer") == (("region",), ("issuer", "network"))


@pytest.mark.parametrize(
    "text", ["planet", "issuer*planet", "issuer*", "issuer*issuer", "issuer,issuer"]
)
def test_a_slicing_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="dimension"):
        parse_slicing(text)


@given(values)
def test_a_slice_is_the_crossing_of_its_elements(chosen: dict[str, str]) -> None:
    key = slice_key(chosen)
    assert narrowest(elements(key)) == key
    assert [slice_values(one) for one in elements(key)] == [
        {name: chosen[name]} for name in sorted(chosen)
    ]


@given(values)
def test_a_leaf_lies_in_every_slice_that_its_payment_is_counted_in(chosen: dict[str, str]) -> None:
    paid = payment(NOW, **chosen)
    leaf = leaf_of(paid, DEFAULT_SLICING)
    assert slice_values(leaf) == chosen
    assert all(refines(leaf, key) for key in slices_of(paid, DEFAULT_SLICING))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("issuer=HDFC", "issuer=HDFC"),
        (" issuer = hdfc ", "issuer=HDFC"),
        ("network=visa,issuer=HDFC", "issuer=HDFC&network=VISA"),
        ("issuer=HDFC&network=VISA", "issuer=HDFC&network=VISA"),
        ("issuer HDFC × network VISA", "issuer=HDFC&network=VISA"),
        ("gateway=PayU , method=UPI", "gateway=payu&method=upi"),
        ("merchant=Foo, Inc", "merchant=Foo, Inc"),
        ("issuer=A&B", "issuer=A%26B"),
        ("issuer=A%26B", "issuer=A%26B"),
        ("all", ""),
        ("All traffic", ""),
    ],
)
def test_a_slice_that_people_write_is_one_that_payments_are_counted_in(text: str, key: str) -> None:
    assert read_slice(text) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no part of a slice"),
        ("HDFC", "no part of a slice"),
        ("issuer=", "no part of a slice"),
        ("bank=HDFC", "dimensions: region, device"),
        ("issuer=HDFC,bank=x", "'bank=x' is no part"),
        ("issuer=A,issuer=B", "issuer stands twice"),
        ("issuer=none", "'none' says no issuer"),
    ],
)
def test_what_is_no_slice_is_told_with_what_is(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_slice(text)


@given(st.dictionaries(st.sampled_from(DIMENSIONS), st.text(max_size=80), min_size=1, max_size=3))
def test_whatever_is_read_as_a_slice_is_read_back_as_the_same(values: dict[str, str]) -> None:
    try:
        key = read_slice(",".join(f"{name}={value}" for name, value in values.items()))
    except ValueError:
        return
    assert read_slice(key) == key
