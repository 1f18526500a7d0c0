"""Decline codes that the knowledge base does not have: counted from the record to detect's state."""

from __future__ import annotations

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting, count
from functions.core.counting.ledger import Ledger
from functions.core.counting.tally import Tally
from functions.core.counting.unknown_codes import (
    MOST_CODES,
    UnknownCode,
    name,
    scheme_and_code,
    seen,
)
from functions.core.detection.journal import decode_state, encode
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from tests.builders import NOW, event_bytes, partial, payment, record

RULES = Rules()


def tally(*codes: str, second: int = NOW) -> Tally:
    found = Tally()
    for code in codes:
        found.add(payment(second, "failed"), "unknown", (), code)
    return found


def test_a_code_that_no_table_has_is_counted_and_one_that_is_known_is_not() -> None:
    lines = [
        event_bytes(payment_status="FAIL", error_code="Z-900", error_scheme="acme", count=3),
        event_bytes(payment_status="FAIL", error_code="51"),
        event_bytes(payment_status="FAIL"),
        event_bytes(error_code="Z-900"),
    ]
    batch = count([record(1, b"\n".join(lines))], Ledger(), Counting(load()))
    [bucket] = batch.partials[0].tally.seconds.values()
    assert bucket.unknown == {"acme:Z-900": 3}


def test_the_name_of_a_code_can_be_read_again() -> None:
    failed = payment(NOW, "failed", error_code="a:b", error_scheme="x:y")
    assert scheme_and_code(name(failed)) == ("x y", "a:b")


def test_a_card_number_in_a_code_is_not_kept() -> None:
    assert "411111" not in name(payment(NOW, "failed", error_code="4111111111111111"))


def test_detect_adds_them_up_and_remembers_first_and_last() -> None:
    state = initial(RULES)
    for number, second in enumerate((NOW, NOW + 5), 1):
        state, _ = step(state, [partial(number, tally(":Q7", second=second), second)], RULES)
    assert state.unknown == {":Q7": UnknownCode(2, NOW, NOW + 5)}
    assert decode_state(encode(state)).unknown == state.unknown


def test_of_too_many_codes_the_most_frequent_are_kept() -> None:
    many = [f":{n:04d}" for n in range(MOST_CODES + 50)]
    known = seen(seen({}, tally(*many)), tally(*many[:10]))
    assert len(known) == MOST_CODES
    assert set(many[:10]) <= set(known)
