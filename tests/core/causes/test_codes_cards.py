"""The codes of card networks and of Stripe: all are known, and the sources' flags honoured.

A flag is the source's word on whether a payment may be tried again. Where following it would
promise a wrong retry, the deviation stands with its reason in code_exceptions/<scheme>.csv.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import Code, load
from functions.core.causes.vocabulary import RETRIES
from tests.code_tables import exceptions, source

KNOWLEDGE = load()

SOURCES: Final[Mapping[str, str]] = {
    "iso8583": "iso8583_response_codes.csv",
    "visa": "visa_decline_categories.csv",
    "mastercard_mac": "mastercard_advice_codes.csv",
    "mastercard_response": "mastercard_advice_codes.csv",
    "mastercard_limit": "mastercard_advice_codes.csv",
    "stripe": "stripe_decline_codes.csv",
    "stripe_advice": "stripe_decline_codes.csv",
}
"""Scheme → the public table that has all of its codes."""
OWN_NAMES: Final = frozenset(("iso8583", "iso8583_extended"))
"""What the public table calls the scheme iso8583."""

NOT_AT_ONCE: Final = frozenset(("later", "after_fix", "after_reconciliation"))
RETRIES_OF: Final[Mapping[str, frozenset[str]]] = {
    "category_1": frozenset(("never",)),
    "category_2": frozenset(("later",)),
    "category_3": frozenset(("after_fix",)),
    "category_4": NOT_AT_ONCE,
    "no": frozenset(("never", "after_fix")),
    "yes_later": NOT_AT_ONCE,
    "yes_soon": frozenset(("later", "another_route", "after_reconciliation")),
    "after_fix": frozenset(("after_fix",)),
    "after_customer_action": frozenset(("after_fix",)),
    "wait": frozenset(("later",)),
    "": frozenset(("", *RETRIES)),
    "n/a": frozenset(("",)),
    "see MAC": frozenset(("after_fix", "never")),
}
"""The source's word on a repeat → the retries that honour it."""


def known(scheme: str) -> dict[str, Code]:
    return {code: row for (table, code), row in KNOWLEDGE.items() if table == scheme}


def flag(row: Mapping[str, str]) -> str:
    """Visa's category, Mastercard's wait, else the word on a repeat."""
    word = row["class_in_source"]
    return word if word.startswith("category") or word == "wait" else row["retryable"]


@pytest.mark.parametrize("scheme", SOURCES)
def test_the_table_has_every_code_of_the_source_and_no_other(scheme: str) -> None:
    rows = source(SOURCES[scheme], OWN_NAMES if scheme == "iso8583" else {scheme})
    assert rows
    assert sorted(row["code"] for row in rows) == sorted(known(scheme))
    for row in rows:
        assert known(scheme)[row["code"]].source == row["source_url"], row["code"]


@pytest.mark.parametrize("scheme", SOURCES)
def test_the_flags_of_the_source_are_honoured_but_for_the_listed_exceptions(scheme: str) -> None:
    deviations = []
    for row in source(SOURCES[scheme], OWN_NAMES if scheme == "iso8583" else {scheme}):
        ours = known(scheme)[row["code"]].retry
        if ours not in RETRIES_OF[flag(row)]:
            deviations.append((row["code"], flag(row), ours))
    listed = [(row["code"], row["flag"], row["ours"]) for row in exceptions(scheme)]
    assert sorted(deviations) == sorted(listed)


@pytest.mark.parametrize("scheme", SOURCES)
def test_only_an_approval_has_no_cause(scheme: str) -> None:
    for row in source(SOURCES[scheme], OWN_NAMES if scheme == "iso8583" else {scheme}):
        # 32: completed in part, which the source does not class.
        approved = row["class_in_source"] == "approved" or (scheme, row["code"]) == (
            "iso8583",
            "32",
        )
        assert (known(scheme)[row["code"]].cause == "") == approved, row["code"]


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_exception_names_a_code_our_word_for_it_and_a_reason(scheme: str) -> None:
    for row in exceptions(scheme):
        assert row["scheme"] == scheme
        assert row["ours"] == KNOWLEDGE[scheme, row["code"]].retry, row
        assert row["ours"] not in RETRIES_OF[row["flag"]], row
        assert row["reason"].endswith("."), row


@pytest.mark.parametrize(
    ("scheme", "code", "cause", "owner", "retry"),
    [
        ("visa", "04", "fraud", "customer", "never"),
        ("visa", "14", "customer", "customer", "never"),
        ("visa", "51", "customer", "customer", "later"),
        ("visa", "54", "customer", "customer", "after_fix"),
        ("visa", "59", "fraud", "issuer", "later"),
        ("visa", "83", "fraud", "issuer", "later"),
        ("visa", "91", "issuer", "issuer", "later"),
        ("visa", "R1", "customer", "customer", "never"),
        ("visa", "*", "unknown", "issuer", "later"),
        ("mastercard_mac", "01", "customer", "customer", "after_fix"),
        ("mastercard_mac", "03", "customer", "customer", "never"),
        ("mastercard_mac", "04", "merchant", "us", "after_fix"),
        ("mastercard_mac", "24", "customer", "customer", "later"),
        ("mastercard_response", "83", "fraud", "issuer", "never"),
        ("mastercard_limit", "10/24h", "merchant", "us", "later"),
        ("stripe", "insufficient_funds", "customer", "customer", "later"),
        ("stripe", "restricted_card", "customer", "customer", "after_fix"),
        ("gateway", "econnreset", "gateway", "gateway", "after_reconciliation"),
        ("gateway", "econnrefused", "gateway", "gateway", "another_route"),
        ("gateway", "unavailable", "gateway", "gateway", "another_route"),
        ("gateway", "etimedout", "timeout", "gateway", "after_reconciliation"),
        ("gateway", "err_524", "timeout", "gateway", "after_reconciliation"),
        ("gateway", "unauthenticated", "merchant", "us", "after_fix"),
        ("gateway", "throttled", "gateway", "us", "another_route"),
    ],
)
def test_what_everybody_meets_has_the_cause_owner_and_retry_that_it_must_have(
    scheme: str, code: str, cause: str, owner: str, retry: str
) -> None:
    row = KNOWLEDGE[scheme, code]
    assert (row.cause, row.owner, row.retry) == (cause, owner, retry)


def test_visa_and_iso8583_never_blame_different_parties_for_one_code() -> None:
    shared = [code for code in known("visa") if code in known("iso8583")]
    assert len(shared) > 30
    for code in shared:
        assert known("visa")[code].cause == known("iso8583")[code].cause, code


def test_advice_to_wait_and_advice_never_to_try_again_are_told_apart() -> None:
    waits = [f"{number}" for number in range(24, 31)]
    assert {explain("mac", code, KNOWLEDGE).retry for code in waits} == {"later"}
    assert {explain("mac", code, KNOWLEDGE).retry for code in ("03", "21", "41")} == {"never"}
