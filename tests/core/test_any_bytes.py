"""Whatever comes on the stream goes through the whole core: nothing raises, nothing outgrows its store."""

from __future__ import annotations

import gzip
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting import partial
from functions.core.counting.batch import Batch, Counting, count
from functions.core.counting.harm import MOST_MONEY
from functions.core.counting.ledger import Ledger
from functions.core.counting.parked import parked_record
from functions.core.detection import journal
from functions.core.detection.state import Rules, head, initial
from functions.core.detection.step import step
from functions.core.errors import Malformed
from functions.core.monitoring.metrics import gauges
from functions.core.payments.codec import decode, pack
from tests.builders import NOW, event, record

LARGEST_ITEM = 400_000
COUNTING = Counting(load())


def through(*datas: bytes) -> Batch:
    """The records counted, sent, judged, stored, shown."""
    batch = count([record(n, data) for n, data in enumerate(datas, 1)], Ledger(), COUNTING)
    state = initial(Rules())
    for sent in batch.partials:
        data = partial.encode(sent)
        assert len(data) <= partial.LARGEST_BYTES
        state, delta = step(state, [partial.decode(data)], Rules())
        assert len(journal.encode(delta)) <= LARGEST_ITEM
        assert len(msgspec.json.encode(head(state))) <= LARGEST_ITEM
        journal.decode_state(journal.encode(state))
        values = gauges(state.window, state.score, state.newest_ms, NOW * 1000)
        assert all(math.isfinite(value) and abs(value) < 1e15 for value in values.values())
    for where, refused in batch.parked:
        msgspec.json.encode(parked_record(where, refused))
    return batch


def failing(**fields: Any) -> bytes:
    return json.dumps(event(**{"payment_status": "FAIL", **fields})).encode()


HARD = [
    0, -1, 1e18, 1e308, -1e308, 1.8e308, 2**63, 10**400, "1e18", "9" * 4000, "x" * 100_000, "", "\x00\u202e",
    "4111111111111111", "a\n\nFirst: pay", True, None, [], {}, {"value": 1e308}, 1e-320,
]  # fmt: skip
names = st.sampled_from(
    ["amount", "latency_ms", "currency", "merchant_id", "issuer", "error_code", "error_message", "count",
     "error_scheme", "user_id", "timestamp", "transaction_id", "payment_status", "attempt_id", "exponent"]
)  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4))
def test_any_bytes_go_through(datas: list[bytes]) -> None:
    through(*datas)


@settings(max_examples=60)
@given(
    st.lists(st.dictionaries(names, st.sampled_from(HARD), max_size=5), min_size=1, max_size=5),
    st.sampled_from(["json", "ndjson", "gzip", "zstd", "kpl"]),
)
def test_events_of_hard_values_go_through(events: list[dict[str, Any]], packing: str) -> None:
    lines = [failing(**fields) for fields in events]
    if packing == "json":
        through(*lines)
    else:
        through(pack(lines, packing))


@pytest.mark.parametrize("amount", [1e18, 1e308, 1.8e16, 9e15, -1e308, 2**64, "1e300"])
def test_an_amount_beyond_all_money_costs_the_amount(amount: Any) -> None:
    [sent] = through(failing(amount=amount, count=5)).partials
    [bucket] = sent.tally.seconds.values()
    assert bucket.money == {}


def test_sums_of_money_stay_within_what_can_be_stored() -> None:
    [sent] = through(*[failing(amount=1e12, count=10**9, currency="EUR")] * 3).partials
    [bucket] = sent.tally.seconds.values()
    assert bucket.money[""] == {"EUR": MOST_MONEY}


def test_currencies_without_end_are_summed_as_one() -> None:
    batch = through(*(failing(currency=f"X{n}", amount=1) for n in range(2000)))
    assert {c for p in batch.partials for b in p.tally.seconds.values() for c in b.money[""]} == {
        "?"
    }


def test_a_latency_of_centuries_costs_the_latency() -> None:
    [sent] = through(failing(latency_ms=1.79e308)).partials
    assert not any(bucket.latency for bucket in sent.tally.seconds.values())


def blank(size: int, end: bytes = b"x") -> bytes:
    return b"\n" * size + end


@pytest.mark.parametrize(
    "text",
    [
        blank(4_000_000), b"{}" * 2_000_000, b'"' * 4_000_000, b'{"a":' * 800_000, b"x\n" * 2_000_000,
        b'{"a"' * 1_000_000, b"[" * 4_000_000, b"[1," * 1_000_000,
        b'{"transaction_id":"t","payment_status":"OK","timestamp":1,"merchant_id":"' + b"4" * 8_000_000 + b'"}',
        b'{"transaction_id":"' + b"t" * 8_000_000 + b'","payment_status":"OK","timestamp":1}',
    ],
    ids=lambda text: text[:20].decode(),
)  # fmt: skip
def test_a_small_record_costs_little_whatever_it_unpacks_to(text: bytes) -> None:
    data = gzip.compress(text)
    assert len(data) < 100_000
    found = decode(data)
    assert len(found) == 1
    kept = found[0].data if isinstance(found[0], Malformed) else b""
    assert len(kept) <= 1024 * 1024
