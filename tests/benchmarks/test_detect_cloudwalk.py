"""Which of the inferred windows count as met, and which as shown already."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")
pytest.importorskip("river")

from benchmarks.detect.cloudwalk import Windowed, _against

FAILED, REVERSED = frozenset({"failed"}), frozenset({"backend_reversed"})
Shown = list[tuple[int, frozenset[str]]]


def against(shown: Shown, *windows: tuple[str, int, int]) -> Windowed:
    return _against(windows, "Paywatch", [], shown, steps=10_000, spent=1.0)


def test_a_window_is_met_where_its_status_begins_to_be_shown_in_it() -> None:
    found = against(
        [(0, frozenset()), (1_040, FAILED), (1_200, frozenset())], ("failed", 1_000, 1_300)
    )
    assert (found.met["failed"], found.lasting["failed"], found.delays) == (1, 0, [41])


def test_what_joins_an_open_trouble_meets_the_window_of_its_own_status() -> None:
    shown = [(900, REVERSED), (1_050, REVERSED | FAILED), (1_300, REVERSED)]
    found = against(shown, ("failed", 1_000, 1_300))
    assert (found.met["failed"], found.delays) == (1, [51])


def test_a_window_inside_of_what_was_shown_before_is_lasting_and_has_no_delay() -> None:
    found = against([(900, FAILED), (2_000, frozenset())], ("failed", 1_000, 1_300))
    assert (found.met["failed"], found.lasting["failed"], found.delays) == (0, 1, [])


def test_what_is_shown_of_another_status_or_was_over_before_meets_nothing() -> None:
    shown = [(800, FAILED), (900, REVERSED), (2_000, frozenset())]
    found = against(shown, ("failed", 1_000, 1_300))
    assert (found.met["failed"], found.lasting["failed"]) == (0, 0)
