"""What usually fails, by leaf: of cells that were absorbed, without what was held back."""

from __future__ import annotations

from functions.core.counting.counts import NONE
from functions.core.counting.failing import Failing
from functions.core.counting.slices import ALL
from functions.core.detection.baseline import Baseline, Cell
from functions.core.detection.usual import usual, weights
from tests.builders import NOW, counts

AX, AY, BX = "issuer=A&network=X", "issuer=A&network=Y", "issuer=B&network=X"
FAILING: Failing = {
    AX: counts(failed=2, denied=5, gateway=2, customer=5),
    AY: counts(failed=1, gateway=1),
    BX: counts(denied=4, customer=4),
}


def cell(
    failing: Failing, *, absorbed: bool = True, held: frozenset[str] = frozenset(), **more: bool
) -> Cell:
    return Cell(NOW, NOW + 60, {ALL: NONE}, absorbed, held, failing=failing, **more)


def test_what_failed_with_the_signal_and_all_that_did_not_succeed_add_up_by_leaf() -> None:
    found = usual(Baseline(cells=(cell(FAILING), cell(FAILING))), "failed")
    assert found.shown == {AX: 4, AY: 2}
    assert found.unhappy == {AX: 14, AY: 2, BX: 8}


def test_a_cell_that_is_not_absorbed_or_is_mixed_is_not_usual() -> None:
    cells = (cell(FAILING, absorbed=False), cell(FAILING, mixed=True))
    assert usual(Baseline(cells=cells), "failed").unhappy == {}


def test_what_was_held_back_is_not_usual() -> None:
    held = frozenset(("issuer=A", ALL))
    assert usual(Baseline(cells=(cell(FAILING, held=held),)), "failed").unhappy == {BX: 4}
    held = frozenset((AY,))
    assert usual(Baseline(cells=(cell(FAILING, held=held),)), "failed").shown == {AX: 2}


def test_nothing_is_usual_where_all_traffic_alone_was_held_back() -> None:
    held = frozenset((ALL,))
    assert usual(Baseline(cells=(cell(FAILING, held=held),)), "failed").unhappy == {}


def test_failures_that_are_not_told_apart_are_those_of_the_leaves_that_are() -> None:
    rest = {ALL: counts(failed=3, gateway=3)}
    assert weights({**FAILING, **rest}, "failed") == {AX: 3.0, AY: 3.0}
