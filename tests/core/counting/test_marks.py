"""What a payment and a try are known by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.marks import (
    MARK_BYTES,
    marks_in,
    payment_mark,
    payment_marks,
    try_mark,
)
from tests.builders import NOW, payment


def test_a_payment_is_known_by_its_id_and_merchant() -> None:
    one = payment_mark(payment(transaction_id="a", merchant="m"))
    assert one == payment_mark(payment(NOW + 9, "failed", transaction_id="a", merchant="m"))
    others = [payment(transaction_id="a"), payment(transaction_id="a", merchant="n")]
    assert len({one, *map(payment_mark, others)}) == 3
    assert len(one) == MARK_BYTES


def test_a_try_is_known_by_its_own_id_or_its_time() -> None:
    by_time = [try_mark(payment(NOW + at, "failed")) for at in (0, 0, 1)]
    by_id = [try_mark(payment(NOW + at, "failed", attempt_id="x")) for at in (0, 1)]
    assert len(set(by_time)) == 2
    assert len(set(by_id)) == 1


def test_half_a_character_in_an_id_is_an_id() -> None:
    assert len(payment_mark(payment(transaction_id="\ud800"))) == MARK_BYTES
    assert len(try_mark(payment(transaction_id="\ud800"))) == MARK_BYTES


@given(st.lists(st.tuples(st.text(max_size=5) | st.just("\ud800"), st.none() | st.just("m"))))
def test_marks_of_many_are_those_of_each(known: list[tuple[str, str | None]]) -> None:
    marks = payment_marks([one for one, _ in known], [merchant for _, merchant in known])
    each = [payment_mark(payment(transaction_id=one, merchant=merchant)) for one, merchant in known]
    assert marks == b"".join(each)
    assert [*marks_in(marks)] == [int.from_bytes(mark, "little") for mark in each]
