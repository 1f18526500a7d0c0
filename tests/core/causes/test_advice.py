"""For each cause it is said whether another try helps, and whether money may have moved."""

from __future__ import annotations

import pytest

from functions.core.causes.advice import MONEY, RETRY_ADVICE
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import CAUSES, PATH_CAUSES, RETRIES


def test_each_cause_and_each_retry_class_has_its_advice() -> None:
    assert set(RETRY_ADVICE) == set(CAUSES)
    assert set(MONEY) == set(RETRIES)


@pytest.mark.parametrize("cause", ["timeout", "unknown"])
def test_what_nobody_answered_may_have_been_charged(cause: str) -> None:
    assert RETRY_ADVICE[cause].is_unclear
    assert "status" in RETRY_ADVICE[cause].again


def test_what_customers_and_fraud_rules_stop_was_not_charged() -> None:
    assert not any(RETRY_ADVICE[cause].is_unclear for cause in ("customer", "fraud"))
    assert RETRY_ADVICE["fraud"].again.startswith("never")


def test_money_is_unclear_where_the_tables_ask_for_reconciliation_as_often_as_not() -> None:
    rows = load().values()
    for cause in sorted(PATH_CAUSES):
        asks = [row.retry == "after_reconciliation" for row in rows if row.cause == cause]
        assert RETRY_ADVICE[cause].is_unclear == (sum(asks) / len(asks) > 0.3), cause
    assert "reconcile" in MONEY["after_reconciliation"]
