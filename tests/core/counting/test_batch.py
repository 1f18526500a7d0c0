"""One batch of a shard: what is counted, what is parked, where it is cut."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting.batch import Batch, Counting, count
from functions.core.counting.bounds import Bounds
from functions.core.counting.counts import payments
from functions.core.counting.ledger import Ledger
from functions.core.counting.messages import Message
from functions.core.counting.partial import LARGEST_BYTES, encode, fits
from functions.core.counting.record import TICK, Record
from functions.core.counting.slices import ALL
from functions.core.counting.tally import merge
from functions.core.payments.codec import pack
from tests.builders import FIRST_SEQUENCE, NOW, counts, event_bytes, record

COUNTING = Counting(knowledge=load(), bounds=Bounds(skew_ms=60_000, oldest_ms=86_400_000))


def counted(*records: Record, ledger: Ledger | None = None, counting: Counting = COUNTING) -> Batch:
    return count(records, ledger or Ledger(), counting)


def total(batch: Batch) -> int:
    return payments(merge(partial.tally for partial in batch.partials).total)


def reasons(batch: Batch) -> list[str]:
    return [item.reason for _, refused in batch.parked for item in refused]


def ends(batch: Batch) -> list[int]:
    return [int(partial.last) - FIRST_SEQUENCE for partial in batch.partials]


def test_a_batch_becomes_one_partial_of_its_first_to_its_last_record() -> None:
    batch = counted(record(1), record(2, second=NOW + 1), record(5))
    [partial] = batch.partials
    assert (partial.first, partial.last) == (record(1).sequence_number, record(5).sequence_number)
    assert (partial.arrived_ms, partial.newest_ms) == ((NOW + 1) * 1000, NOW * 1000)
    assert total(batch) == 3


def test_payments_are_counted_in_the_second_they_were_made_in() -> None:
    batch = counted(record(1, event_bytes(timestamp=NOW - 30)))
    assert list(batch.partials[0].tally.seconds) == [NOW - 30]


def test_a_failed_payment_is_counted_under_its_cause() -> None:
    data = event_bytes(payment_status="FAIL", error_code="91", error_scheme="iso8583")
    [partial] = counted(record(1, data)).partials
    [bucket] = partial.tally.seconds.values()
    assert bucket.slices[ALL] == counts(failed=1, issuer=1)


def test_ticks_are_no_payments_and_not_parked() -> None:
    batch = counted(record(1, TICK, NOW + 9))
    [partial] = batch.partials
    assert (total(batch), batch.parked) == (0, [])
    assert (partial.arrived_ms, partial.newest_ms) == ((NOW + 9) * 1000, 0)


def test_a_bad_line_among_good_ones_loses_only_itself() -> None:
    batch = counted(record(1, b"\n".join((event_bytes(), b"{broken", event_bytes()))))
    assert (total(batch), reasons(batch)) == (2, ["bad_json"])
    assert batch.parked[0][1][0].data == b"{broken"


def test_parked_events_are_counted_in_the_second_of_their_arrival() -> None:
    [partial] = counted(record(1, b"{broken", NOW + 3)).partials
    assert (partial.tally.parked, list(partial.tally.seconds)) == (1, [NOW + 3])


def test_a_payment_at_the_edge_of_the_allowed_skew_is_counted() -> None:
    assert total(counted(record(1, event_bytes(timestamp=NOW + 60)))) == 1


def test_a_payment_from_beyond_the_allowed_skew_is_parked() -> None:
    batch = counted(record(1, event_bytes(timestamp=NOW + 61)))
    assert (total(batch), reasons(batch)) == (0, ["future"])
    assert "61 s after arrival; 60 s are allowed" in batch.parked[0][1][0].detail


def test_a_payment_at_the_edge_of_the_allowed_age_is_counted() -> None:
    assert total(counted(record(1, event_bytes(timestamp=NOW - 86_400)))) == 1


def test_a_payment_older_than_allowed_is_parked() -> None:
    batch = counted(record(1, event_bytes(timestamp=NOW - 3 * 86_400)))
    assert (total(batch), reasons(batch)) == (0, ["stone_age"])
    assert "3 days before arrival" in batch.parked[0][1][0].detail


def test_what_was_parked_for_its_time_can_be_sent_again() -> None:
    batch = counted(record(1, event_bytes(timestamp=NOW + 61, issuer="HDFC")))
    again = json.loads(batch.parked[0][1][0].data)
    assert (again["transaction_id"], again["issuer"]) == ("txn_1", "HDFC")


def test_a_batch_is_cut_at_the_boundaries_of_its_ledger() -> None:
    ledger = Ledger(1, (FIRST_SEQUENCE + 2, FIRST_SEQUENCE + 4))
    batch = counted(*(record(number) for number in range(1, 6)), ledger=ledger)
    assert ends(batch) == [2, 4, 5]
    assert batch.ledger.boundaries == (*ledger.boundaries, FIRST_SEQUENCE + 5)


def test_a_batch_that_ends_where_it_ended_before_leaves_the_ledger_alone() -> None:
    first = counted(record(1), record(2))
    again = counted(record(1), record(2), ledger=first.ledger)
    assert again == first
    assert again.ledger is first.ledger


def lines(many: int, seed: int, values: int = 20) -> bytes:
    """A packed record whose payments each have a merchant of their own, which does not compress."""
    drawn = random.Random(seed)
    return b"\n".join(event_bytes(merchant_id=drawn.randbytes(values).hex()) for _ in range(many))


def crowded(*sizes: int) -> Sequence[Record]:
    return [record(number, lines(many, number)) for number, many in enumerate(sizes, 1)]


BY_MERCHANT = Counting(knowledge=load(), slicing=(("merchant",),))


def test_a_batch_with_too_many_slices_is_cut_between_records() -> None:
    batch = counted(*crowded(4000, 4000, 3000), counting=BY_MERCHANT)
    assert len(batch.partials) > 1
    assert {partial.part for partial in batch.partials} == {0}
    assert all(fits(partial) for partial in batch.partials)
    assert total(batch) == 11_000


def test_a_batch_that_is_too_large_in_bytes_is_cut_between_records() -> None:
    heavy = [record(number, lines(1500, number, 32)) for number in range(1, 7)]
    batch = counted(*heavy, counting=BY_MERCHANT)
    assert len(batch.partials) > 1
    assert all(len(encode(partial)) <= LARGEST_BYTES for partial in batch.partials)
    assert ends(batch)[-1] == 6


def test_a_record_that_is_too_large_alone_is_sent_in_parts_of_its_own_segment() -> None:
    #  record 1: small   record 2: huge, in parts   record 3: small
    batch = counted(*crowded(1, 12_000, 1), counting=BY_MERCHANT)
    huge = [partial for partial in batch.partials if partial.first == partial.last]
    assert {partial.first for partial in batch.partials if partial.part} == {
        record(2).sequence_number
    }
    assert len(huge) >= 2
    assert all(fits(partial) for partial in batch.partials)
    assert total(batch) == 12_002


def test_every_cut_stands_in_the_ledger_before_anything_is_sent() -> None:
    batch = counted(*crowded(4000, 4000, 3000), counting=BY_MERCHANT)
    assert {FIRST_SEQUENCE + end for end in ends(batch)} <= set(batch.ledger.boundaries)


def test_the_same_records_are_cut_and_counted_the_same_way_every_time() -> None:
    once = counted(*crowded(3000, 9_000, 10), counting=BY_MERCHANT)
    assert counted(*crowded(3000, 9_000, 10), ledger=once.ledger, counting=BY_MERCHANT) == once


HARD = [
    event_bytes(), event_bytes(payment_status="FAIL", error_code="91"), event_bytes(test=True), TICK,
    event_bytes(timestamp=NOW + 3600), event_bytes(timestamp=NOW - 90 * 86_400), event_bytes(count=4),
    event_bytes(latency_ms="slow"), event_bytes(card={"brand": "visa"}), event_bytes(issuer="HDFC\n"),
    event_bytes(payment_status="PENDING"), event_bytes(payment_status="no such word"), b"", b"{broken", b"{}",
    b"\xff\xfe", event_bytes() + b"\n", event_bytes() + event_bytes(transaction_id="t2"), b'{"a":{}',
    event_bytes()[:-1] + b',"more":{}}', b"[" + event_bytes(issuer="SBI") + b"]", b"\x1f\x8b", event_bytes(n=1),
    pack([event_bytes(transaction_id=f"t{n}", latency_ms=n) for n in range(9)], "zstd"),
    pack([event_bytes(payment_status="FAIL"), event_bytes(merchant_id="m")], "kpl"),
    b"\n".join((event_bytes(), b"{broken", event_bytes(test="yes"))),
    json.dumps({"id": "evt_1", "object": "event", "type": "plan.created", "data": {"object": {}}}).encode(),
]  # fmt: skip


def messages(batch: Batch) -> list[Message]:
    return [
        message
        for partial in batch.partials
        for message in (
            *partial.messages.rows(range(len(partial.messages.well))), *partial.messages.others
        )
    ]  # fmt: skip


def parked(batch: Batch) -> list[tuple[str, list[tuple[str, str, bytes]]]]:
    return [
        (record.sequence_number, [(item.reason, item.detail, item.data) for item in refused])
        for record, refused in batch.parked
    ]


@given(st.lists(st.sampled_from(HARD) | st.just(HARD[0]), min_size=1, max_size=40))
def test_records_read_together_are_counted_as_each_alone(datas: list[bytes]) -> None:
    records = [record(number, data, NOW + number // 9) for number, data in enumerate(datas, 1)]
    together, alone = counted(*records), [counted(each) for each in records]
    assert merge(partial.tally for partial in together.partials) == merge(
        partial.tally for batch in alone for partial in batch.partials
    )
    assert Counter(map(str, messages(together))) == Counter(
        str(message) for batch in alone for message in messages(batch)
    )
    assert parked(together) == [each for batch in alone for each in parked(batch)]
    assert [partial.newest_ms for partial in together.partials] == [
        max(partial.newest_ms for batch in alone for partial in batch.partials)
    ]
