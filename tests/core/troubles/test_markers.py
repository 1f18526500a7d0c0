"""Markers: cleaned when they come in, and found by time and slice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.slices import disjoint
from functions.core.troubles.markers import (
    LATE_SECONDS,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_NEAR,
    Marker,
    marker,
    near,
)
from tests.builders import NOW

WINDOW = 600
PAYU = Marker("router 4.2 deployed", NOW - 180, "gateway=payu", "asha")


def found(*markers: Marker, key: str = "gateway=payu") -> list[str]:
    return [one.text for one in near(markers, key, NOW, WINDOW)]


@pytest.mark.parametrize(
    ("at", "is_found"),
    [
        (NOW - WINDOW - 1, False),
        (NOW - WINDOW, True),
        (NOW, True),
        (NOW + LATE_SECONDS, True),
        (NOW + LATE_SECONDS + 1, False),
    ],
)
def test_a_marker_counts_from_minutes_before_until_a_little_after(at: int, is_found: bool) -> None:
    assert bool(found(Marker("x", at))) == is_found


@pytest.mark.parametrize(
    ("where", "key", "is_found"),
    [
        ("gateway=payu", "gateway=payu", True),
        ("gateway=payu", "gateway=payu&issuer=HDFC", True),
        ("gateway=payu&issuer=HDFC", "gateway=payu", True),
        ("gateway=payu", "issuer=HDFC", True),
        ("gateway=payu", "", True),
        ("", "gateway=payu", True),
        ("gateway=payu", "gateway=stripe", False),
        ("gateway=payu", "gateway=stripe&issuer=HDFC", False),
    ],
)
def test_a_marker_counts_where_its_slice_shares_payments_with_the_troubles(
    where: str, key: str, is_found: bool
) -> None:
    assert bool(found(Marker("x", NOW, where), key=key)) == is_found


def test_the_nearest_come_first_and_no_more_than_a_few_of_them() -> None:
    many = [Marker(f"{n}", NOW - 60 * n) for n in (5, 3, 1, 2, 4)]
    assert found(*many) == ["1", "2", "3"][:MOST_NEAR]


def test_what_was_marked_late_comes_last() -> None:
    assert found(Marker("late", NOW + 1), Marker("before", NOW - 300)) == ["before", "late"]


def test_what_is_told_twice_is_told_as_the_nearer_one() -> None:
    again = Marker("x", NOW - 60)
    assert near([Marker("x", NOW - 300), again], "", NOW, WINDOW) == (again,)


_slices = st.sampled_from(("", "issuer=A", "issuer=B", "gateway=G", "gateway=G&issuer=A"))
_markers = st.lists(
    st.builds(
        Marker,
        st.sampled_from("abc"),
        st.integers(NOW - 2 * WINDOW, NOW + WINDOW),
        _slices,
        st.sampled_from(("", "asha")),
    )
)


@given(_markers, _slices)
def test_whatever_is_near_fits_and_does_not_depend_on_the_order(
    markers: list[Marker], key: str
) -> None:
    told = near(markers, key, NOW, WINDOW)
    assert told == near(reversed(markers), key, NOW, WINDOW)
    assert len(told) <= MOST_NEAR
    for one in told:
        assert -LATE_SECONDS <= NOW - one.at <= WINDOW
        assert not disjoint(one.slice, key)


def test_keys_sort_by_time_and_are_one_for_the_same_marker() -> None:
    assert sorted([Marker("b", NOW + 1).key, Marker("a", NOW).key])[0].startswith(f"{NOW:012d}#")
    assert PAYU.key == Marker("router 4.2 deployed", NOW - 180, "gateway=payu", "asha").key
    assert PAYU.key != Marker("router 4.3 deployed", NOW - 180, "gateway=payu", "asha").key


def test_texts_are_cleaned_and_bounded_and_card_numbers_masked() -> None:
    made = marker("a\n\x1b[2Jb " * 99, NOW, by="4111 1111 1111 1111" + "z" * 99)
    assert len(made.text) <= LONGEST_TEXT
    assert made.text.isprintable()
    assert len(made.by) <= LONGEST_NAME
    assert "4111 1111" not in made.by


@given(st.text(max_size=300), st.text(max_size=80))
def test_any_texts_make_one_line_or_are_refused(text: str, by: str) -> None:
    try:
        made = marker(text, NOW, by=by)
    except ValueError:
        return
    assert made.text
    assert "\n" not in made.text + made.by
    assert (len(made.text) <= LONGEST_TEXT, len(made.by) <= LONGEST_NAME) == (True, True)


def test_a_slice_is_spelt_as_payments_are() -> None:
    assert marker("x", NOW, "issuer=hdfc & network=Visa").slice == "issuer=HDFC&network=VISA"


@pytest.mark.parametrize(
    ("text", "at", "key", "why"),
    [
        ("", NOW, "", "needs a text"),
        ("\u200b \n", NOW, "", "needs a text"),
        ("x", -1, "", "outside of the years"),
        ("x", 10**13, "", "outside of the years"),
        ("x", NOW, "colour=red", "no part of a slice"),
    ],
)
def test_what_cannot_be_a_marker_is_refused_with_the_reason(
    text: str, at: int, key: str, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        marker(text, at, key)
