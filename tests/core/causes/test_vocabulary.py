"""The words that say why a payment failed."""

from __future__ import annotations

from functions.core.causes.vocabulary import CAUSES, OWNERS, PATH_CAUSES, SAYS_NOTHING


def test_what_moves_no_traffic_is_the_customers_the_fraud_rules_or_not_known() -> None:
    assert set(CAUSES) - PATH_CAUSES == {"customer", "fraud", "unknown"}
    assert set(CAUSES) > PATH_CAUSES


def test_each_party_of_the_payment_path_can_own_a_cause() -> None:
    assert PATH_CAUSES - set(OWNERS) == {"timeout"}  # who was slow, the code does not say


def test_only_a_cause_that_is_unknown_says_nothing() -> None:
    assert SAYS_NOTHING & set(CAUSES) == {"unknown"}
