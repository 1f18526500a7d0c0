"""The codes of Adyen, Braintree and Checkout.com: all are known, and the sources' flags honoured.

A flag is the source's word on whose fault a code is, or on whether it may be tried again. Where
following it would blame the wrong party or promise a wrong retry, the deviation stands with its
reason in code_exceptions/<scheme>.csv.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import Code, load
from functions.core.causes.vocabulary import PATH_CAUSES
from tests.code_tables import exceptions, source

KNOWLEDGE = load()

SOURCES: Final[Mapping[str, str]] = {
    "adyen": "adyen_refusal_reasons.csv",
    "braintree": "braintree_processor_codes.csv",
    "braintree_gateway_rejection": "braintree_processor_codes.csv",
    "checkout_com": "checkout_com_response_codes.csv",
}
"""Scheme → the public table that has all of its codes."""

FINAL: Final = frozenset(("never", "after_fix"))
REPEATABLE: Final = frozenset(("later", "another_route", "after_reconciliation"))
RETRIES_OF: Final[Mapping[str, frozenset[str]]] = {
    "hard": FINAL,
    "soft": REPEATABLE,
    "no": FINAL,
    "yes": REPEATABLE,
    "after_fix": frozenset(("after_fix",)),
    "after_customer_action": frozenset(("after_fix",)),
    "approved": frozenset(("",)),
    "n/a": frozenset(("",)),
}
"""The source's word on a repeat → the retries that honour it."""

CAUSES_OF: Final[Mapping[str, frozenset[str]]] = {
    "acquirer": frozenset(("gateway",)),
    "issuer": frozenset(("issuer",)),
    "network/issuer 3DS": frozenset(("network", "issuer")),
    "shopper": frozenset(("customer",)),
    "processor_network": frozenset(("gateway", "network")),
    "technical": PATH_CAUSES,
    "risk": frozenset(("fraud",)),
    "gateway_rejected": frozenset(("fraud",)),
}
"""The source's word on the fault → the causes that honour it."""

SAME_AS_CLASS: Final = frozenset(("", "risk_engine", "merchant_gateway_rules"))
"""What at_fault says where it only repeats class_in_source."""


def known(scheme: str) -> dict[str, Code]:
    return {code: row for (table, code), row in KNOWLEDGE.items() if table == scheme}


def flags(row: Mapping[str, str]) -> Iterator[tuple[str, frozenset[str], bool]]:
    """Of one source row: each flag, what honours it, and whether that is a cause (else a retry)."""
    word = row["class_in_source"] or row["retryable"]
    if word in CAUSES_OF:
        yield word, CAUSES_OF[word], True
    elif word:
        yield word, RETRIES_OF[word], False
    if row["at_fault"] not in SAME_AS_CLASS:
        yield row["at_fault"], CAUSES_OF[row["at_fault"]], True


@pytest.mark.parametrize("scheme", SOURCES)
def test_the_table_has_every_code_of_the_source_and_no_other(scheme: str) -> None:
    rows = source(SOURCES[scheme], {scheme})
    assert rows
    assert sorted(row["code"] for row in rows) == sorted(known(scheme))
    for row in rows:
        assert known(scheme)[row["code"]].source == row["source_url"]


@pytest.mark.parametrize("scheme", SOURCES)
def test_the_flags_of_the_source_are_honoured_but_for_the_listed_exceptions(scheme: str) -> None:
    deviations = []
    for row in source(SOURCES[scheme], {scheme}):
        code = known(scheme)[row["code"]]
        for flag, honoured, of_cause in flags(row):
            ours = code.cause if of_cause else code.retry
            if ours not in honoured:
                deviations.append((code.code, flag, ours))
    listed = [(row["code"], row["flag"], row["ours"]) for row in exceptions(scheme)]
    assert sorted(deviations) == sorted(listed)


@pytest.mark.parametrize("scheme", SOURCES)
def test_only_an_approval_has_no_cause(scheme: str) -> None:
    for row in source(SOURCES[scheme], {scheme}):
        approved = row["class_in_source"] == "approved" or row["name"] == "Approved"
        assert (known(scheme)[row["code"]].cause == "") == approved, row["code"]


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_exception_names_a_code_our_word_for_it_and_a_reason(scheme: str) -> None:
    rows = exceptions(scheme)
    assert len({(row["code"], row["flag"]) for row in rows}) == len(rows)
    for row in rows:
        code = KNOWLEDGE[row["scheme"], row["code"]]
        assert row["scheme"] == scheme
        assert row["flag"] in RETRIES_OF or row["flag"] in CAUSES_OF, row
        assert row["ours"] == (code.cause if row["flag"] in CAUSES_OF else code.retry), row
        assert row["reason"].endswith("."), row


@pytest.mark.parametrize("scheme", SOURCES)
def test_exceptions_stay_few(scheme: str) -> None:
    if scheme == "braintree_gateway_rejection":
        # Three of the eight rejections have nothing to do with the merchant's risk rules.
        assert len(exceptions(scheme)) == 3
    else:
        assert len(exceptions(scheme)) <= 0.1 * len(known(scheme))


@pytest.mark.parametrize(
    ("scheme", "code", "cause", "owner", "retry"),
    [
        ("adyen", "2", "customer", "customer", "later"),
        ("adyen", "4", "gateway", "gateway", "another_route"),
        ("adyen", "9", "issuer", "issuer", "another_route"),
        ("adyen", "12", "customer", "customer", "later"),
        ("adyen", "31", "fraud", "issuer", "never"),
        ("adyen", "38", "customer", "customer", "after_fix"),
        ("adyen", "40", "network", "network", "another_route"),
        ("adyen", "46", "merchant", "us", "never"),
        ("braintree", "2000", "customer", "customer", "later"),
        ("braintree", "2001", "customer", "customer", "later"),
        ("braintree", "2014", "fraud", "issuer", "never"),
        ("braintree", "2016", "merchant", "us", "after_reconciliation"),
        ("braintree", "2026", "merchant", "merchant", "another_route"),
        ("braintree", "2053", "fraud", "customer", "never"),
        ("braintree", "2077", "fraud", "gateway", "never"),
        ("braintree", "3000", "gateway", "gateway", "another_route"),
        ("braintree_gateway_rejection", "risk_threshold", "fraud", "merchant", "never"),
        ("braintree_gateway_rejection", "duplicate", "merchant", "us", "after_reconciliation"),
        ("checkout_com", "20051", "customer", "customer", "later"),
        ("checkout_com", "20054", "customer", "customer", "after_fix"),
        ("checkout_com", "20068", "timeout", "issuer", "after_reconciliation"),
        ("checkout_com", "20091", "issuer", "issuer", "another_route"),
        ("checkout_com", "20092", "network", "network", "another_route"),
        ("checkout_com", "20117", "merchant", "us", "another_route"),
        ("checkout_com", "200E3", "gateway", "gateway", "another_route"),
        ("checkout_com", "30043", "fraud", "customer", "never"),
        ("checkout_com", "43301", "fraud", "gateway", "never"),
        ("checkout_com", "10000", "", "", ""),
    ],
)
def test_well_known_codes_have_their_cause_owner_and_retry(
    scheme: str, code: str, cause: str, owner: str, retry: str
) -> None:
    found = explain(scheme, code, KNOWLEDGE)
    assert found.known
    assert (found.cause, found.owner, found.retry) == (cause, owner, retry)


@pytest.mark.parametrize("code", ["200n7", " 200N7 "])
def test_a_code_with_letters_is_found_in_any_case(code: str) -> None:
    told = explain("Checkout-Com", code, KNOWLEDGE)
    assert (told.scheme, told.code, told.known) == ("checkout_com", "200N7", True)


MEANT_OTHERWISE: Final = {
    "20006": "the request's parameters, beside ISO 8583's general error",
    "20015": "a debit network that cannot take it, instead of a missing issuer",
    "20032": "in part: no failure in ISO 8583, of unknown outcome as a decline",
    "20033": "the network's number of an earlier payment",
    "20081": "the card's own country alone, where ISO 8583 has two meanings",
    "20082": "PIN cryptography, where ISO 8583 has the card check value",
    "20083": "no accounts, where ISO 8583 has a security decline",
    "20086": "a cash machine or the kind of authorisation, where ISO 8583 has the PIN",
    "30019": "payouts have a numbering of their own",
    "30020": "payouts have a numbering of their own",
    "30022": "payouts have a numbering of their own",
    "30044": "the EU's rules on money laundering",
    "30045": "a kind of money transfer",
}
"""Codes of Checkout.com whose last two characters do not mean what they mean in ISO 8583."""


def test_a_code_of_checkout_that_wraps_iso8583_has_the_same_cause() -> None:
    """20051 and 30041 wrap ISO 8583's 51 and 41."""
    wrapping = [
        (code, KNOWLEDGE["iso8583", code.code[3:]])
        for code in known("checkout_com").values()
        if code.code[:3] in ("200", "300") and ("iso8583", code.code[3:]) in KNOWLEDGE
    ]
    differ = {code.code for code, wrapped in wrapping if code.cause != wrapped.cause}
    assert len(wrapping) > 80
    assert differ == set(MEANT_OTHERWISE)
