"""Whose trouble it is: what the codes say, held against where the failures fall."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.vocabulary import CAUSES
from functions.core.counting.slices import slice_key
from functions.core.troubles.blame import PARTIES, Blame, blame, likely_cause
from tests.builders import incident

SEGMENT = "issuer=HDFC&network=VISA"


def owner(key: str, **causes: int) -> str:
    return blame(incident(slice=key, causes=causes)).words


@pytest.mark.parametrize(
    ("key", "causes", "words"),
    [
        (SEGMENT, {"issuer": 90, "timeout": 10}, "issuer HDFC"),
        (SEGMENT, {"network": 90, "issuer": 10}, "network VISA"),
        (SEGMENT, {"timeout": 100}, "issuer HDFC"),
        (SEGMENT, {"timeout": 60, "network": 40}, "network VISA"),
        ("gateway=payu", {"gateway": 50}, "gateway payu"),
        ("gateway=payu", {"timeout": 80, "issuer": 20}, "gateway payu"),
        ("gateway=payu&method=upi", {"unknown": 9}, "gateway payu"),
        ("issuer=HDFC", {"gateway": 90}, "issuer HDFC"),
        ("", {"network": 90}, "network"),
        ("region=EU", {"gateway": 5}, "gateway"),
        ("region=EU", {"timeout": 5}, "not clear yet"),
        ("", {}, "not clear yet"),
        (SEGMENT, {"customer": 90, "issuer": 10}, "customers"),
        ("", {"fraud": 90}, "risk team"),
    ],
)
def test_the_owner_is_whom_the_codes_or_else_the_slice_name(
    key: str, causes: dict[str, int], words: str
) -> None:
    assert owner(key, **causes) == words


def test_the_likely_cause_is_the_one_of_most_failures() -> None:
    assert likely_cause(incident(causes={"timeout": 3, "gateway": 9})) == "gateway"


def test_few_failures_are_less_sure_than_many_of_the_same_kind() -> None:
    few = blame(incident(causes={"issuer": 9, "gateway": 1}))
    many = blame(incident(causes={"issuer": 900, "gateway": 100}))
    assert 0.5 < few.sure < many.sure < 0.9


def test_without_an_owner_nothing_is_sure() -> None:
    assert blame(incident(slice="", causes={"unknown": 50})) == Blame("unknown", "", "", 0.0)


keys = st.dictionaries(st.sampled_from((*PARTIES, "region")), st.sampled_from("AB")).map(slice_key)


@given(keys, st.dictionaries(st.sampled_from(CAUSES), st.integers(1, 10**6)))
def test_what_is_sure_is_a_share_and_a_name_is_one_of_the_slices(
    key: str, causes: dict[str, Any]
) -> None:
    found = blame(incident(slice=key, causes=causes))
    assert 0.0 <= found.sure <= 1.0
    assert found.name in ("", "A", "B")
    assert not found.name or f"{found.owner}={found.name}" in key


@given(keys, st.integers(1, 1000))
def test_a_customers_failure_is_never_blamed_on_the_payment_path(key: str, count: int) -> None:
    assert owner(key, customer=count) == "customers"
