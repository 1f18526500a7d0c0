"""UPI's and Razorpay's codes are all there and agree with the flags that their sources give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import PATH_CAUSES
from tests.code_tables import exceptions, source

KNOWLEDGE = load()

SOURCES: Final = {
    "upi_npci": "upi_npci_response_codes.csv",
    "razorpay_card": "razorpay_error_reasons.csv",
    "razorpay_upi": "razorpay_error_reasons.csv",
    "razorpay_other": "razorpay_error_reasons.csv",
}

CAUSES_OF_FLAG: Final[Mapping[str, frozenset[str]]] = {
    "technical (NPCI TD)": PATH_CAUSES,
    "business (NPCI BD)": frozenset(("customer", "fraud")),
    "customer": frozenset(("customer",)),
    "bank": frozenset(("issuer",)),
    "gateway": frozenset(("gateway",)),
}
"""`at_fault` of the sources; what is not here (empty, NA) says nothing."""

RETRIES_OF_FLAG: Final[Mapping[str, frozenset[str]]] = {
    "yes_once": frozenset(("later", "another_route", "after_reconciliation")),
    "yes_later": frozenset(("later",)),
    "yes_after_limit_window": frozenset(("later",)),
    "no": frozenset(("never", "after_fix")),
    "no_fix_request": frozenset(("after_fix",)),
    "after_customer_action": frozenset(("after_fix",)),
    "no_check_status_first": frozenset(("after_reconciliation",)),
    "n/a": frozenset(("",)),
}
"""`retryable` of the sources; what is not here (empty, depends_on_bank_code) says nothing."""

SAYS_NO_CAUSE: Final = frozenset(("NO_CAUSE", "UNDESCRIBED"))
"""Classes whose codes leave the reason to another code, so that `unknown` agrees with any flag."""


def deviations(row: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Flags of one row of a source that its code does not follow, as (code, flag, ours)."""
    code = KNOWLEDGE[row["scheme"], row["code"]]
    left_open = code.cause == "unknown" and row["class_in_source"] in SAYS_NO_CAUSE
    judged = (
        (row["at_fault"], CAUSES_OF_FLAG, code.cause, left_open),
        (row["retryable"], RETRIES_OF_FLAG, code.retry, False),
    )
    return [
        (code.code, flag, ours)
        for flag, agreeing, ours, open_ in judged
        if flag in agreeing and ours not in agreeing[flag] and not open_
    ]


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_code_of_the_source_is_in_the_table_and_no_other(scheme: str) -> None:
    codes = [row["code"] for row in source(SOURCES[scheme], {scheme})]
    assert codes
    assert sorted(codes) == sorted(code for table, code in KNOWLEDGE if table == scheme)


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_flag_of_the_source_is_honoured_or_its_exception_is_listed(scheme: str) -> None:
    found = [
        deviation for row in source(SOURCES[scheme], {scheme}) for deviation in deviations(row)
    ]
    listed = [(row["code"], row["flag"], row["ours"]) for row in exceptions(scheme)]
    assert sorted(found) == sorted(listed)


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_flag_of_the_source_is_understood(scheme: str) -> None:
    silent = {"", "NA", "depends_on_bank_code"}
    for row in source(SOURCES[scheme], {scheme}):
        assert row["at_fault"] in CAUSES_OF_FLAG or row["at_fault"] in silent, row
        assert row["retryable"] in RETRIES_OF_FLAG or row["retryable"] in silent, row


@pytest.mark.parametrize("scheme", SOURCES)
def test_what_may_have_been_charged_is_reconciled_before_it_is_repeated(scheme: str) -> None:
    for row in source(SOURCES[scheme], {scheme}):
        if "RECONCILE" in (row["class_in_source"], row["retryable"]):
            assert KNOWLEDGE[scheme, row["code"]].retry == "after_reconciliation", row


@pytest.mark.parametrize("scheme", SOURCES)
def test_every_exception_names_its_scheme_and_our_word_and_gives_a_reason(scheme: str) -> None:
    for row in exceptions(scheme):
        code = KNOWLEDGE[scheme, row["code"]]
        assert row["scheme"] == scheme
        assert row["ours"] in (code.cause, code.retry), row
        assert row["reason"].endswith("."), row
        assert len(row["reason"].split()) >= 4, row


@pytest.mark.parametrize("scheme", SOURCES)
def test_only_an_approval_has_no_cause(scheme: str) -> None:
    without = {
        code for (table, code), row in KNOWLEDGE.items() if table == scheme and not row.cause
    }
    assert without == ({"00"} if scheme == "upi_npci" else set())


@pytest.mark.parametrize(
    ("scheme", "code", "cause", "owner", "retry"),
    [
        ("upi_npci", "Z9", "customer", "customer", "later"),
        ("upi_npci", "ZM", "customer", "customer", "after_fix"),
        ("upi_npci", "U69", "customer", "customer", "after_fix"),
        ("upi_npci", "YE", "customer", "customer", "after_fix"),
        ("upi_npci", "VP", "customer", "customer", "never"),
        ("upi_npci", "K1", "fraud", "issuer", "never"),
        ("upi_npci", "U16", "fraud", "network", "never"),
        ("upi_npci", "HS", "issuer", "issuer", "later"),
        ("upi_npci", "XY", "issuer", "issuer", "later"),
        ("upi_npci", "U28", "issuer", "issuer", "later"),
        ("upi_npci", "Y1", "gateway", "gateway", "after_reconciliation"),
        ("upi_npci", "U93", "gateway", "gateway", "another_route"),
        ("upi_npci", "U14", "gateway", "gateway", "after_fix"),
        ("upi_npci", "U08", "network", "network", "after_reconciliation"),
        ("upi_npci", "U67", "timeout", "issuer", "after_reconciliation"),
        ("upi_npci", "U68", "timeout", "gateway", "after_reconciliation"),
        ("upi_npci", "X6", "merchant", "merchant", "after_fix"),
        ("upi_npci", "XD", "merchant", "us", "after_fix"),
        ("upi_npci", "U30", "unknown", "issuer", "later"),
        ("razorpay_card", "insufficient_funds", "customer", "customer", "later"),
        ("razorpay_card", "bank_technical_error", "issuer", "issuer", "another_route"),
        ("razorpay_card", "payment_risk_check_failed", "fraud", "issuer", "never"),
        ("razorpay_upi", "psp_timeout", "timeout", "gateway", "after_reconciliation"),
        ("razorpay_upi", "bank_technical_error", "issuer", "issuer", "after_reconciliation"),
        ("razorpay_upi", "mandate_cancelled", "customer", "customer", "never"),
        ("razorpay_other", "incorrect_otp", "customer", "customer", "after_fix"),
        ("razorpay_other", "server_error", "gateway", "gateway", "after_reconciliation"),
        ("razorpay_other", "card_network_not_enabled", "merchant", "merchant", "after_fix"),
        ("razorpay_other", "order_amount_mismatch", "merchant", "us", "after_fix"),
    ],
)
def test_a_well_known_code_has_its_cause_owner_and_retry(
    scheme: str, code: str, cause: str, owner: str, retry: str
) -> None:
    found = KNOWLEDGE[scheme, code]
    assert (found.cause, found.owner, found.retry) == (cause, owner, retry)


def test_the_same_words_have_the_same_cause_at_razorpay_and_at_npci() -> None:
    pairs = {
        "banks_hsm_is_down_remitter": "HS",
        "issuer_dispatch_failed": "S98",
        "remitter_dispatch_failed": "S96",
        "insufficient_funds": "Z9",
        "adequate_funds_not_available_blocked": "IE",
        "mandate_paused": "VT",
        "mandate_expired": "VU",
        "remitter_account_dormant": "ZX",
        "number_of_pin_tries_exceeded": "Z6",
        "suspected_fraud_decline": "K1",
        "psp_timeout": "UP",
        "payment_stopped_by_court_order": "VO",
        "per_transaction_limit_exceeded": "Z8",
        "execution_day_rule_mismatch": "VI",
        "no_original_request_found": "NO",
    }
    for reason, code in pairs.items():
        ours, npci = KNOWLEDGE["razorpay_upi", reason], KNOWLEDGE["upi_npci", code]
        assert (ours.cause, ours.owner, ours.retry) == (npci.cause, npci.owner, npci.retry), reason
