"""Card testing: many issuers, one merchant, small or equal amounts; told, and never of usual amounts."""

from __future__ import annotations

import random
from functools import cache

import pytest
from msgspec.structs import replace

from functions.core.counting.messages import Messages, message_of
from functions.core.counting.slices import Slicing, format_slicing
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.card_testing import (
    MOST_CLASSES,
    MOST_MERCHANTS,
    Shown,
    amount_class,
    amounts_of,
    with_amounts,
)
from functions.core.detection.journal import decode_delta, encode
from functions.core.detection.normals import Memory
from functions.core.detection.remembered import Index
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import Delta, replay, step
from functions.core.detection.tuning import CardTestingTuning
from functions.core.paging.incident_page import incident_page
from functions.core.payments.event import Payment
from functions.core.troubles.incident import CARD_TESTING, NARROWED, OPENED, Announcement
from tests.builders import DASHBOARD, NOW, partial

RULES = Rules(budget=Budget(learning_seconds=300))
SLICING: Slicing = (("issuer",), ("merchant",), ("gateway",), ("merchant", "gateway"))
SINCE, SECONDS = 1200, 1500
TUNING = CardTestingTuning()
SHOP = "merchant=shop"


def paid(
    second: int, number: int, drawn: random.Random, kind: str, cause: str
) -> tuple[Payment, str]:
    merchant = drawn.choices(["shop", "two", "three"], [0.3, 0.4, 0.3])[0]
    issuer, amount = drawn.choice("ABCD"), round(drawn.lognormvariate(7, 1), 2)
    is_ill = drawn.random() < 0.04
    if kind and second >= SINCE and merchant == "shop" and drawn.random() < 0.8:
        is_ill = True
        issuer = "A" if kind == "one issuer" else issuer
        amount = {"small": round(drawn.uniform(0.5, 9), 2), "usual": amount}.get(kind, 1.0)
    payment = Payment(
        f"{second}-{number}",
        "denied" if is_ill else "approved",
        (NOW + second) * 1000,
        amount=amount,
        currency="INR",
        issuer=issuer,
        merchant=merchant,
        gateway=drawn.choice("xy"),
    )
    return payment, cause if is_ill else ""


@cache
def ran(kind: str, cause: str) -> tuple[State, tuple[Announcement, ...], tuple[Delta, ...]]:
    drawn, state, memory = random.Random(2), initial(RULES), Memory()
    told: list[Announcement] = []
    deltas: list[Delta] = []
    for second in range(SECONDS):
        tally, messages = Tally(), []
        for number in range(3):
            payment, why = paid(second, number, drawn, kind, cause)
            tally.add(payment, why, SLICING)
            if why:
                messages.append(message_of(payment, why, "", SLICING))
        named = Messages(format_slicing(SLICING), others=tuple(messages))
        coming = replace(partial(second + 1, tally, NOW + second), messages=named)
        keys = [item.key for item in state.outbox]
        state, delta = step(state, [coming], RULES, keys, memory)
        deltas.append(delta)
        told += state.outbox
    return state, tuple(told), tuple(deltas)


@pytest.mark.parametrize("kind", ["equal", "small"])
@pytest.mark.parametrize("cause", ["customer", "fraud", "issuer"])
def test_many_issuers_and_small_or_equal_amounts_at_one_merchant_look_like_card_testing(
    kind: str, cause: str
) -> None:
    told = ran(kind, cause)[1]
    assert [item.transition for item in told] in ([OPENED], [OPENED, NARROWED])
    incident = told[-1].incident
    assert (incident.slice, incident.pattern) == (SHOP, CARD_TESTING)
    assert incident.pages
    assert incident.updated_at - NOW - SINCE <= 90


@pytest.mark.parametrize("kind", ["usual", "one issuer"])
@pytest.mark.parametrize("cause", ["customer", "fraud", "issuer"])
def test_usual_amounts_or_one_issuer_are_no_card_testing(kind: str, cause: str) -> None:
    told = ran(kind, cause)[1]
    assert told
    assert {item.incident.pattern for item in told} == {""}
    assert {item.incident.pages for item in told} == {cause == "issuer"}


def test_the_page_says_so_and_whom_to_call() -> None:
    [first] = ran("small", "customer")[1]
    page = incident_page(first, DASHBOARD)
    assert "card testing" in page.headline
    assert page.action is not None
    action = page.action[1]
    assert "fraud desk of shop" in action
    assert "3-D Secure" in action
    assert "velocity" in action
    assert page.labels["pattern"] == CARD_TESTING


def test_what_is_known_of_amounts_is_stored_with_the_steps() -> None:
    state, _, deltas = ran("small", "customer")
    again = initial(RULES)
    for delta in deltas:
        again = replay(again, decode_delta(encode(delta)), RULES)
    assert again.amounts == state.amounts


def one(amount: float | None, currency: str | None = "INR", merchant: str = "shop") -> Payment:
    return Payment("t", "denied", NOW * 1000, amount=amount, currency=currency, merchant=merchant)


def test_amounts_of_one_class_lie_within_a_tenth() -> None:
    assert amount_class(one(100.0)) == amount_class(one(102.0)) == "INR 133"
    assert amount_class(one(100.0)) != amount_class(one(115.0))
    assert amount_class(one(100.0, None)) == "? 133"
    assert amount_class(one(None)) == amount_class(one(0.0)) == ""


def test_a_payment_is_counted_by_its_first_word_alone() -> None:
    message = message_of(one(100.0), "customer", "", SLICING)
    assert amounts_of(Messages(others=(message, message)), Index()) == {SHOP: {"INR 133": 1}}


def test_what_is_kept_has_bounds() -> None:
    shown = Shown()
    for minute in range(40):
        came = {
            f"merchant=m{n}": {f"INR {place}": 1.0 for place in range(minute, minute + 80)}
            for n in range(300)
        }
        shown = with_amounts(shown, came, NOW + 60 * minute, [], TUNING)
    assert len(shown.lately) <= TUNING.guard_seconds // 60 + 1
    for amounts in (*shown.lately.values(), shown.usual):
        assert len(amounts) <= MOST_MERCHANTS
        assert max(map(len, amounts.values())) <= MOST_CLASSES


def test_what_was_a_test_of_cards_does_not_become_usual() -> None:
    shown = with_amounts(
        Shown(), {SHOP: {"INR 80": 30.0}, "merchant=two": {"INR 90": 2.0}}, NOW, [], TUNING
    )
    later = with_amounts(shown, {}, NOW + 3600, [SHOP], TUNING)
    assert later.usual == {"merchant=two": {"INR 90": 2.0}}
    assert later.lately == {}
