"""A failure that no table knows is told by its words, as surely as they tell it and no more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.codes.heldout import foreign, leave_one_out
from benchmarks.codes.train import Example, examples, phrases, train
from functions.core.causes.failure_kinds import KINDS
from functions.core.causes.guess import (
    ADVICE,
    CLASSES,
    SHARPNESS,
    SURE,
    Model,
    by_causes,
    guess,
    judge,
    parse,
    render,
    shipped,
    softmax,
)
from functions.core.causes.knowledge import COLUMNS, load
from functions.core.causes.knowledge import parse as parse_codes
from functions.core.causes.vocabulary import CAUSES, OWNERS, RETRIES

NOTHING = (0.0,) * len(CLASSES)
WORDS = sorted(word for word in shipped().weights if " " not in word)
texts = st.text(max_size=400) | st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


def towards(name: str, weight: float) -> tuple[float, ...]:
    return tuple(weight if cause == name else 0.0 for cause in CLASSES)


def test_the_shipped_words_are_those_that_the_shipped_tables_teach() -> None:
    """Also after a change of a table: `python -m benchmarks.codes --train` writes them anew."""
    taught = parse(render(train(examples(load().values()), phrases())))
    ours = shipped()
    assert taught.bias == pytest.approx(ours.bias, abs=0.101)
    for word in {*taught.weights, *ours.weights}:
        one, other = (model.weights.get(word, NOTHING) for model in (taught, ours))
        assert one == pytest.approx(other, abs=0.101), word


def test_codes_of_providers_without_a_table_are_mostly_told_rightly() -> None:
    told = foreign(load())
    assert len(told) > 100
    assert sum(item.right for item in told) / len(told) > 0.9
    assert sum(item.attributed_rightly for item in told) / len(told) > 0.94


def test_what_is_held_out_is_not_known_by_its_code_nor_by_its_words() -> None:
    rows = "{0}_zorbed,{0} {0},{1},{1},later,Call.,web\n{0}_it,frobbed {0},{1},{1},later,Call.,web"
    tables = {
        scheme: f"{','.join(COLUMNS)}\n{rows.format(word, cause)}\n"
        for scheme, word, cause in (("one", "blimped", "issuer"), ("two", "glorped", "network"))
    }
    told = dict(leave_one_out(parse_codes(tables)))
    assert set(told) == {"one", "two"}
    for group in told.values():
        assert [item.told.known for item in group] == [False, False]
        assert group[0].told.cause == "unknown"
        assert not group[0].right


@given(texts)
def test_a_guess_speaks_the_vocabulary_and_is_never_certain(text: str) -> None:
    found = guess(text)
    assert found.cause in CAUSES
    assert found.owner in OWNERS
    assert found.retry in RETRIES
    assert 0.0 <= found.confidence < 1.0
    assert found.why
    assert found.action
    if found.cause != "unknown":
        assert found.confidence >= SURE
    assert judge(text, shipped()) == found


@given(texts)
def test_a_guess_never_says_that_nothing_was_charged(text: str) -> None:
    found = guess(text)
    assert found.retry != "another_route"
    if found.cause == "timeout":
        assert found.retry == "after_reconciliation"


@given(texts)
def test_what_stands_behind_the_first_300_characters_is_not_read(text: str) -> None:
    padded = text[:300].ljust(300)
    assert guess(f"{padded} stolen card") == guess(padded)


def test_the_causes_are_those_of_the_knowledge_base() -> None:
    assert set(ADVICE) == set(CAUSES)
    assert set(by_causes(dict.fromkeys(CLASSES, 0.1))) == set(CAUSES)


@pytest.mark.parametrize("text", ["", "51", "qzxv blorp", "Ⅻ ²", "e-17"])
def test_words_that_nobody_taught_tell_nothing(text: str) -> None:
    found = guess(text)
    assert (found.cause, found.confidence) == ("unknown", 0.0)


def test_a_rule_outweighs_the_model_and_says_what_it_saw() -> None:
    model = Model(NOTHING, {"bank": towards("issuer", 9.0)})
    assert judge("bank", model).cause == "issuer"
    ruled = judge("the bank said: the card was stolen", model)
    assert (ruled.cause, ruled.kind) == ("fraud", "lost or stolen card")
    assert ruled.why == "the card is reported: it says 'stolen'"


def test_a_rule_that_the_model_does_not_agree_with_is_less_sure() -> None:
    sure = KINDS["lost or stolen card"].sure
    for_it, against = (
        Model(NOTHING, {"stole": towards(cause, 9.0)}) for cause in ("fraud", "gateway")
    )
    assert judge("stolen card", for_it).confidence == sure
    assert SURE < judge("stolen card", against).confidence < sure


def test_the_deciding_words_are_named_as_the_text_spells_them() -> None:
    model = Model(NOTHING, {"expir": towards("merchant", 4.0), "token": towards("merchant", 2.0)})
    assert judge("Token EXPIRES", model).why == "its words: expires, token"


def test_the_confidence_is_the_models_share_less_a_doubt() -> None:
    model = Model(NOTHING, {"bank": towards("issuer", 1.5)})
    told = softmax([SHARPNESS * weight for weight in towards("issuer", 1.5)])
    expected = max(told) * 0.95
    assert judge("bank", model).confidence == pytest.approx(expected, abs=0.001)


def test_the_more_words_are_strange_the_less_sure_a_guess_is() -> None:
    model = Model(NOTHING, {"bank": towards("issuer", 5.0)})
    sure = [judge(f"bank {strange}", model).confidence for strange in ("", "zig", "zig zag zug")]
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 3
    assert judge("bank zig zag zug", model).cause == "unknown"
    usual = 1 / len(CLASSES)
    assert sure[2] == pytest.approx(0.95 * (0.25 * 1.0 + 0.75 * usual), abs=0.01)


def test_only_a_customers_causes_differ_in_when_to_try_again() -> None:
    weights = {"funds": towards("customer later", 5.0), "card": towards("customer after_fix", 5.0)}
    model = Model(NOTHING, weights)
    assert (judge("funds", model).cause, judge("funds", model).retry) == ("customer", "later")
    assert (judge("card", model).cause, judge("card", model).retry) == ("customer", "after_fix")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rate limit exceeded", "gateway"),
        ("daily limit exceeded", "customer"),
        ("velocity_limit_exceeded", "customer"),
        ("bank technical error", "issuer"),
        ("acquiring bank unavailable", "gateway"),
        ("issuer system malfunction", "issuer"),
        ("3DS system malfunction", "network"),
        ("terminal limit exceeded", "merchant"),
    ],
)
def test_who_is_named_in_it_tells_whose_limit_or_failure_it_is(text: str, expected: str) -> None:
    assert guess(text).cause == expected


def test_training_learns_what_its_examples_say_and_no_word_that_a_table_has_once() -> None:
    rows = [
        Example("queue jammed", "gateway", "later"),
        Example("zebra crossing", "fraud", "never"),
    ]
    general = [Example("queue", "gateway", "later"), Example("giraffe", "fraud", "never")]
    model = train(rows, general)
    assert set(model.weights) == {"queue", "giraf"}
    assert judge("queue", model).cause == "gateway"
    assert judge("giraffe", model).cause == "fraud"
    assert train(rows, general) == model


def test_a_model_is_written_and_read_in_tenths() -> None:
    model = Model(towards("fraud", -0.26), {"bank": towards("issuer", 1.52), "a b": NOTHING})
    again = parse(render(model))
    assert again.bias == pytest.approx(towards("fraud", -0.3))
    assert again.weights == {"bank": towards("issuer", 1.5)}
    with pytest.raises(ValueError, match="the columns must be word,customer later"):
        parse("word,other\nbank,1")


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=9))
def test_shares_are_positive_and_sum_to_one(sums: list[float]) -> None:
    shares = softmax(sums)
    assert math.isclose(sum(shares), 1.0)
    assert all(0.0 <= share <= 1.0 for share in shares)
