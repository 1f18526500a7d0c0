"""A failure is read the same way, however its sender spells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.wording import LONGEST, cleaned, feature, features, words


def test_a_word_is_known_by_its_stem_and_with_its_neighbour() -> None:
    assert features("Card EXPIRED") == {
        "card": "card",
        "expir": "expired",
        "card expir": "card expired",
    }
    assert list(features("cardExpiry")) == list(features("CARD_EXPIRES"))
    assert "custo" in features("Shopper")
    assert features("the 3DS of 17") == {"3ds": "3ds"}


@pytest.mark.parametrize(
    "spelt",
    [
        "Invalid card number",
        "invalid_card_number",
        "INVALID_CARD_NUMBER",
        "InvalidCardNumber",
        "invalid-card-number",
        "error.invalid.card.number",
        "invalidcardnumber",
        "<b>Invalid</b> card number.",
        "Invalid card number REFID:3185730987",
        "Invalid card number (pi_3N5fGhJk2eZvKYlo)",
    ],
)
def test_the_style_of_a_gateway_makes_no_difference(spelt: str) -> None:
    assert {"inval", "card", "numbe", "card numbe"} <= features(spelt).keys()


@pytest.mark.parametrize(
    ("foreign", "english"),
    [
        ("Tarjeta vencida", "card expired"),
        ("Fondos insuficientes", "funds insufficient"),
        ("Cartão expirado", "card expired"),
        ("Karte gestohlen", "card stolen"),
        ("Carte refusée", "card declined"),
        ("campo obligatorio", "field required"),
    ],
)
def test_the_commonest_words_of_other_languages_are_known(foreign: str, english: str) -> None:
    assert features(foreign).keys() == features(english).keys()


def test_words_that_begin_alike_are_kept_apart() -> None:
    for one, other in (
        ("country", "counterfeit"),
        ("complete", "compliance"),
        ("configuration", "confiscate"),
        ("contact", "contain"),
        ("checksum", "check"),
        ("reference", "refer"),
    ):
        assert feature(one) != feature(other)


def test_texts_that_differ_in_their_ids_alone_are_one() -> None:
    one, other = (f"No such charge: ch_{n}Ab3xYz81kLmN at 2026-01-0{n}" for n in (1, 2))
    assert cleaned(one) == cleaned(other)
    assert "charge" in cleaned(one)


def test_what_is_written_as_one_word_is_taken_apart_where_all_of_it_is_known() -> None:
    assert list(words("expirydate")) == ["expiry", "date"]
    assert list(words("cardiology")) == ["cardiology"]


@given(st.text(max_size=LONGEST))
def test_any_text_is_read(text: str) -> None:
    found = features(text)
    assert all(found)
    assert len(cleaned(text)) <= 20 * LONGEST
