"""What the benchmark of guesses asks, and how it reckons how well confidence is calibrated."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.codes.__main__ import brier, by_cause, by_kind, ece
from benchmarks.codes.heldout import foreign, labelled
from benchmarks.codes.sentences import GAPS, SENTENCES, sentences
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import CAUSES, RETRIES


def test_a_confidence_that_is_right_as_often_as_it_says_is_calibrated() -> None:
    assert ece([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0.0)
    assert ece([(0.9, False)] * 4) == pytest.approx(0.9)
    assert ece([(0.9, False), (0.1, False)]) == pytest.approx(0.5)
    assert ece([]) == 0.0


def test_brier_is_the_mean_square_of_what_confidence_is_off_by() -> None:
    assert brier([(1.0, True), (0.5, False)]) == pytest.approx(0.125)
    assert brier([]) == 0.0


def test_labelled_messages_are_asked_without_the_tables_of_their_provider(tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text(
        "scheme,code,message,cause\n"
        "stripe,expired_card,,customer\n"
        "acme,E1,the amount field is missing,merchant\n",
        encoding="utf-8",
    )
    ((name, told),) = labelled(load(), tmp_path)
    assert name == "some"
    assert [item.told.known for item in told] == [False, False]
    assert [item.right for item in told] == [True, True]
    assert told[1].kind == "request not valid"
    assert list(labelled(load(), tmp_path / "nowhere")) == []


def test_the_tables_have_a_row_for_each_cause_and_kind_that_was_asked_for() -> None:
    pools = {"no table": foreign(load())}
    assert by_cause(pools).row_count == len({item.truth for item in pools["no table"]})
    assert by_kind(pools).row_count > 20


def test_each_sentence_fills_its_gap_and_speaks_the_vocabulary() -> None:
    texts = list(sentences())
    assert len(texts) > 1500
    assert all("{" not in text and text == text.strip() for text, _, _ in texts)
    for cause, retry, said in SENTENCES:
        assert cause in CAUSES
        assert retry in RETRIES
        assert said
    assert all(len(set(fillings)) == len(fillings) for fillings in GAPS.values())


def test_no_sentence_is_said_of_two_causes() -> None:
    causes: dict[str, str] = {}
    for text, cause, _ in sentences():
        assert causes.setdefault(text, cause) == cause, text
