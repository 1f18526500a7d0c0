"""A payment counts once, whatever is said of it, how often, in which order and in how many batches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Counting, count
from functions.core.counting.counts import Counts, attempts, bad, field, lost, tries
from functions.core.counting.ledger import Ledger
from functions.core.counting.partial import Partial, decode, encode
from functions.core.counting.record import TICK
from functions.core.counting.slices import ALL
from functions.core.counting.window import harm_in
from functions.core.detection.journal import decode_delta, decode_state, restore
from functions.core.detection.journal import encode as stored
from functions.core.detection.normals import Memory
from functions.core.detection.remembered import (
    MOST_MARKS,
    REMEMBERED_SECONDS,
    Index,
    Remembered,
    Seen,
    as_of,
    with_seen,
)
from functions.core.detection.state import Rules, State, head, initial
from functions.core.detection.step import Delta, step
from tests.builders import NOW, event, record

COUNTING = Counting(knowledge=load())
RULES = Rules()
Event = dict[str, Any]


def told(name: str, status: str, at: float = 0, **fields: Any) -> Event:
    """What is said of the payment at so many seconds after NOW."""
    return event(transaction_id=name, payment_status=status, timestamp=NOW + at, **fields)


def failed(name: str, at: float = 0, **fields: Any) -> Event:
    usual = {"error_code": "91", "error_scheme": "iso8583", "amount": 10, "currency": "EUR"}
    return told(name, "FAIL", at, **{**usual, **fields})


def batch_of(number: int, events: Sequence[Event], second: int = 0) -> list[Partial]:
    """The events as they travel, in one batch that arrived so many seconds after NOW."""
    records = [
        record(1000 * number + place, json.dumps(item).encode(), NOW + second)
        for place, item in enumerate(events)
    ]
    partials = count(records or [record(1000 * number, TICK, NOW + second)], Ledger(), COUNTING)
    return [decode(encode(partial)) for partial in partials.partials]


def detected(*batches: Sequence[Event]) -> State:
    """What detect knows after these batches, which arrive a second apart."""
    state, memory = initial(RULES), Memory()
    for number, events in enumerate(batches, 1):
        state, _ = step(state, batch_of(number, events, number), RULES, memory=memory)
    return state


def seen(state: State) -> Counts:
    """What is counted of all traffic in the seconds that are kept."""
    return sum(bucket.slices.get(ALL, 0) for bucket in state.window.seconds.values())


def money(state: State) -> dict[str, int]:
    total: dict[str, int] = {}
    for bucket in state.window.seconds.values():
        for currency, amount in harm_in(bucket, ALL).money.items():
            total[currency] = total.get(currency, 0) + amount
    return {currency: amount for currency, amount in total.items() if amount}


def test_a_webhook_that_is_delivered_eight_times_is_one_payment() -> None:
    in_one, in_many = detected([failed("p")] * 8), detected(*[[failed("p")]] * 8)
    for state in (in_one, in_many):
        assert (attempts(seen(state)), bad(seen(state)), tries(seen(state))) == (1, 1, 1)
        assert money(state) == {"EUR": 10_000}
        assert (state.totals.payments, state.totals.repeats) == (1, 7)


def test_a_payment_that_is_tried_eight_times_is_one_payment_and_seven_retries() -> None:
    events = [failed("p", at, error_code=f"{91 + at % 2}") for at in range(8)]
    for state in (detected(events), detected(*[[item] for item in events])):
        assert (attempts(seen(state)), bad(seen(state)), tries(seen(state))) == (1, 1, 8)
        assert money(state) == {"EUR": 10_000}
        assert (state.totals.payments, state.totals.retries, state.totals.repeats) == (1, 7, 0)
        examples = {b.examples[ALL] for b in state.window.seconds.values() if b.examples}
        assert len(examples) == 1


def test_what_is_authorised_captured_and_settled_is_one_attempt() -> None:
    words = ("authorized", "captured", "settled", "captured")
    events = [told("p", word, at, latency_ms=120) for at, word in enumerate(words)]
    events.append(told("p", "refunded", 9))
    for state in (detected(events), detected(*[[item] for item in events])):
        total = seen(state)
        assert (attempts(total), bad(total), tries(total), field(total, "refunded")) == (1, 0, 1, 1)
        assert sum(state.window.latency.values()) == 1


def test_a_payment_that_fails_and_then_succeeds_was_rescued() -> None:
    events = [failed("p", 0), failed("p", 5), told("p", "SUCCESS", 9), told("p", "captured", 20)]
    for state in (detected(events), detected(*[[item] for item in events])):
        total = seen(state)
        assert (attempts(total), bad(total), lost(total)) == (1, 1, 0)
        assert (tries(total), field(total, "retries_bad")) == (3, 1)


def test_what_was_pending_or_is_refunded_later_is_one_payment() -> None:
    events = [told("p", word, at) for at, word in enumerate(("pending", "SUCCESS", "refunded"))]
    for state in (detected(events), detected(*[[item] for item in events])):
        assert (state.totals.payments, state.totals.words) == (1, 2)
        names = ("attempts", "pending", "refunded")
        assert [field(seen(state), name) for name in names] == [1, 1, 1]


def test_payments_of_two_merchants_may_bear_one_id() -> None:
    state = detected([told("7", "SUCCESS", merchant_id="a"), told("7", "SUCCESS", merchant_id="b")])
    assert attempts(seen(state)) == 2


def test_tries_with_ids_of_their_own_are_told_apart_by_them() -> None:
    same = [failed("p", at, attempt_id="a") for at in range(4)]
    state = detected(same[:2], same[2:], [failed("p", 4, attempt_id="b")])
    assert (attempts(seen(state)), tries(seen(state))) == (1, 2)


def test_a_payment_that_was_approved_may_be_reversed_once() -> None:
    undone = [told("p", "reversed", 5), told("p", "reversed", 5), told("p", "voided", 7)]
    state = detected([told("p", "SUCCESS")], undone)
    assert (attempts(seen(state)), field(seen(state), "reversed")) == (2, 1)
    after_failure = detected([failed("p")], undone)
    assert (attempts(seen(after_failure)), bad(seen(after_failure))) == (1, 1)


def test_messages_that_stand_for_several_payments_are_dropped_when_they_are_repeated() -> None:
    many = [told("row", "SUCCESS", 1, count=50), failed("row", 1, count=5)]
    state = detected(many, many, [told("row", "SUCCESS", 2, count=50)])
    assert (attempts(seen(state)), bad(seen(state)), tries(seen(state))) == (105, 5, 105)


def test_what_comes_again_after_a_quarter_of_an_hour_is_counted() -> None:
    state, memory = initial(RULES), Memory()
    for number, at in enumerate((0, REMEMBERED_SECONDS - 1, 2 * REMEMBERED_SECONDS), 1):
        state, _ = step(state, batch_of(number, [failed("p", at)], at), RULES, memory=memory)
        expected = (2, 1) if at > REMEMBERED_SECONDS else (1, number - 1)
        assert (state.totals.payments, state.totals.retries) == expected


def test_payments_of_a_test_system_are_not_counted_and_told_how_many() -> None:
    state = detected([failed("p", livemode=False), failed("q", livemode=True)] * 2)
    assert (state.totals.payments, state.totals.tests) == (1, 2)
    assert attempts(seen(state)) == 1


statuses = st.sampled_from(("SUCCESS", "FAIL", "declined", "captured", "refunded", "pending"))
messages = st.builds(
    lambda number, status, at, gateway: told(
        f"p{number}",
        status,
        at,
        gateway=gateway,
        **({"amount": 5, "currency": "EUR", "error_code": "91"} if status == "FAIL" else {}),
    ),
    st.integers(0, 4),
    statuses,
    st.integers(0, 20),
    st.sampled_from(("a", "b")),
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(messages, max_size=12),
    st.lists(st.integers(0, 11), max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
)
def test_no_repetition_changes_anything(
    events: list[Event], again: list[int], cuts: list[int]
) -> None:
    """Each message may come again, anywhere after it, in any batch."""
    events.sort(key=lambda item: (item["timestamp"], item["payment_status"]))
    repeated = events + [events[place] for place in again if place < len(events)]
    ends = sorted({*cuts, len(events)})
    plain = [events[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    more = [*plain[:-1], [*(plain[-1] if plain else []), *repeated[len(events) :]], repeated]
    once, twice = detected(*plain), detected(*more)
    assert seen(twice) == seen(once)
    assert money(twice) == money(once)
    assert {s: b.slices for s, b in twice.window.seconds.items() if b.slices} == {
        s: b.slices for s, b in once.window.seconds.items() if b.slices
    }
    assert twice.totals.payments == once.totals.payments
    assert [item.incident.id for item in twice.outbox] == [item.incident.id for item in once.outbox]


@settings(deadline=None, max_examples=150)
@given(st.lists(messages, max_size=12).flatmap(lambda e: st.tuples(st.just(e), st.permutations(e))))
def test_in_which_order_the_messages_of_a_batch_come_is_all_one(
    both: tuple[list[Event], list[Event]],
) -> None:
    one, other = detected(both[0]), detected(both[1])
    assert seen(one) == seen(other)
    assert money(one) == money(other)
    assert one.window == other.window
    assert one.totals == other.totals


plain = st.builds(
    lambda number, status, at: (
        failed(f"p{number}", at) if status == "FAIL" else told(f"p{number}", status, at)
    ),
    st.integers(0, 3),
    st.sampled_from(("SUCCESS", "FAIL", "captured", "refunded")),
    st.integers(0, 20),
)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(plain, max_size=9).flatmap(lambda e: st.tuples(st.just(e), st.permutations(e))),
    st.integers(1, 4),
)
def test_in_which_order_messages_come_changes_nothing_of_what_failed(
    both: tuple[list[Event], list[Event]], size: int
) -> None:
    """In any order, and cut into any batches. What went well before it is known that it failed first stays
    an attempt."""
    of_one, of_other = (
        detected(*(events[at : at + size] for at in range(0, len(events), size))) for events in both
    )
    one, other = seen(of_one), seen(of_other)
    assert (bad(one), money(of_one)) == (bad(other), money(of_other))
    assert field(one, "refunded") == field(other, "refunded")
    saved = field(one, "rescued") - field(other, "rescued")
    assert attempts(one) + saved == attempts(other)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(messages, max_size=6), max_size=5), st.booleans())
def test_every_message_is_a_payment_a_retry_a_repeat_or_late(
    batches: list[list[Event]], late: bool
) -> None:
    coming = [*batches, []] if not late else [[], *batches]
    state, memory = initial(RULES), Memory()
    for number, events in enumerate(coming, 1):
        arrived = 500 if late else number
        state, _ = step(state, batch_of(number, events, arrived), RULES, memory=memory)
    assert head(state).messages == sum(map(len, batches))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(messages, max_size=6), max_size=5), st.integers(0, 5))
def test_what_is_known_comes_back_from_the_journal(batches: list[list[Event]], at: int) -> None:
    state, memory, deltas, snapshot = initial(RULES), Memory(), list[Delta](), initial(RULES)
    for number, events in enumerate(batches, 1):
        state, delta = step(state, batch_of(number, events, number), RULES, memory=memory)
        deltas.append(decode_delta(stored(delta)))
        if number == at:
            snapshot = decode_state(stored(state))
    version = snapshot.version
    back = restore(snapshot, deltas[version:], RULES, reversed(deltas[:version]))
    assert back.remembered.seen == state.remembered.seen
    assert back.window == state.window
    again = batch_of(9, [item for events in batches for item in events], 9)
    assert step(back, again, RULES)[1].arrivals == step(state, again, RULES)[1].arrivals


def marks(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


def test_what_is_known_is_bounded_and_the_oldest_is_forgotten_first() -> None:
    half = marks(*range(MOST_MARKS // 2))
    known = Remembered()
    for at in (1, 2, 3):
        known = with_seen(known, Seen(at, {3: half}))
    assert [item.at for item in known.seen] == [2, 3]
    assert (known.first, known.marks) == (1, 2 * (MOST_MARKS // 2))


def test_what_is_known_is_forgotten_as_time_goes_on() -> None:
    known = with_seen(with_seen(Remembered(), Seen(10, {3: marks(1)})), Seen(20, {3: marks(2)}))
    assert as_of(known, 9 + REMEMBERED_SECONDS) is known
    assert [item.at for item in as_of(known, 10 + REMEMBERED_SECONDS).seen] == [20]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.dictionaries(st.sampled_from((3, 5, 8)), st.lists(st.integers(1, 9), max_size=3)),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_an_index_that_is_brought_on_is_the_one_that_is_built_anew(
    coming: list[tuple[int, dict[int, list[int]], bool]],
) -> None:
    known, kept, clock = Remembered(), Index(), 0
    for seconds, payments, is_new in coming:
        clock += seconds
        found = {bits: marks(*numbers) for bits, numbers in payments.items() if numbers}
        known = with_seen(as_of(known, clock), Seen(clock, found, marks(clock + 1)))
        kept = Index() if is_new else kept
        one, other = kept.of(known), Index().of(known)
        assert [one.payment(mark) for mark in range(10)] == [
            other.payment(mark) for mark in range(10)
        ]
        assert [one.has_try(at) for at in range(clock + 2)] == [
            other.has_try(at) for at in range(clock + 2)
        ]


def test_what_a_step_that_was_not_stored_had_learnt_is_not_known() -> None:
    memory, state = Memory(), detected()
    partials = batch_of(1, [failed("p")])
    step(state, partials, RULES, memory=memory)
    after, _ = step(state, partials, RULES, memory=memory)
    assert attempts(seen(after)) == 1


def test_the_partial_that_is_settled_stays_as_it_was() -> None:
    state = detected([failed("p")])
    [partial] = batch_of(2, [failed("p"), failed("q"), told("r", "SUCCESS")], 2)
    before = encode(partial)
    step(state, [partial], RULES)
    assert encode(partial) == before


def test_heavy_retries_show_no_more_than_one_try_each() -> None:
    """Each technical failure is tried twelve times, as some systems do."""
    once = [failed(f"p{n}", n % 7) if n % 5 == 0 else told(f"p{n}", "SUCCESS") for n in range(200)]
    more = [failed(f"p{n}", n % 7 + k / 20) for n in range(0, 200, 5) for k in range(1, 12)]
    calm, stormy = detected(once, []), detected(once, more)
    assert (attempts(seen(stormy)), bad(seen(stormy))) == (attempts(seen(calm)), bad(seen(calm)))
    assert money(stormy) == money(calm)
    assert field(seen(stormy), "retries") == 40 * 11
    assert stormy.tracker.evidence == calm.tracker.evidence
    [one], [other] = calm.followed, stormy.followed
    affected = replace(other.incident.affected, retries=0)
    assert replace(other, incident=replace(other.incident, affected=affected)) == one
