"""Harm adds up, whatever the order, and holds no card number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.vocabulary import CAUSES
from functions.core.counting.harm import (
    MOST_EXAMPLES,
    NO_CURRENCY,
    NO_HARM,
    Example,
    Harm,
    add_money,
    example_of,
    in_major_units,
    is_harm,
    joined,
    money_of,
)
from tests.builders import NOW, payment

monies = st.dictionaries(
    st.sampled_from(("INR", "USD", NO_CURRENCY)), st.integers(-(10**12), 10**12)
)
examples = st.lists(st.sampled_from("abcdefgh"), max_size=4).map(
    lambda ids: tuple(map(Example, ids))
)
harms = st.builds(Harm, st.integers(0, 10**9), monies, examples)


@given(harms, harms, harms)
def test_joining_is_associative_and_nothing_is_neutral(one: Harm, two: Harm, three: Harm) -> None:
    assert joined((joined((one, two)), three)) == joined((one, joined((two, three))))
    assert joined((NO_HARM, one)) == joined((one, NO_HARM)) == joined((one,))


@given(harms, harms)
def test_counts_and_money_do_not_depend_on_the_order(one: Harm, two: Harm) -> None:
    forth, back = joined((one, two)), joined((two, one))
    assert (forth.counts, forth.money) == (back.counts, back.money)
    assert len(forth.examples) <= MOST_EXAMPLES


@given(monies, monies)
def test_each_currency_adds_up_by_itself(one: dict[str, int], two: dict[str, int]) -> None:
    total = add_money(one, two)
    assert total == {c: one.get(c, 0) + two.get(c, 0) for c in {*one, *two}}


@pytest.mark.parametrize(
    ("amount", "count", "thousandths"), [(0.1, 3, 300), (2.675, 1, 2675), (0.0004, 1, 0), (-5.0, 2, -10_000)]
)  # fmt: skip
def test_an_amount_is_kept_to_the_thousandth_for_each_payment(
    amount: float, count: int, thousandths: int
) -> None:
    paid = payment(NOW, "failed", amount=amount, currency="KWD", count=count)
    assert money_of(paid) == ("KWD", thousandths)
    assert in_major_units({"KWD": thousandths}) == {"KWD": thousandths / 1000}


def test_an_amount_without_a_currency_is_not_mixed_with_others() -> None:
    assert money_of(payment(NOW, "failed", amount=1.0)) == (NO_CURRENCY, 1000)
    assert money_of(payment(NOW, "failed")) is None


@pytest.mark.parametrize("cause", ["", *CAUSES])
def test_what_the_customer_or_a_fraud_rule_caused_is_no_harm(cause: str) -> None:
    assert is_harm(cause) == (cause not in ("", "customer", "fraud"))


def test_an_example_says_its_code_and_hides_card_numbers() -> None:
    shown = example_of(payment(NOW, "failed", transaction_id="t1", error_code="91"))
    assert str(shown) == "t1 (91)"
    card = example_of(payment(NOW, "failed", transaction_id="x 4111 1111 1111 1111"))
    assert "4111 1111" not in str(card)
