"""decode takes whatever producers send, loses nothing and raises nothing; encode is its inverse."""

from __future__ import annotations

import json
import random
import tracemalloc
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments import envelopes, kpl
from functions.core.payments.codec import (
    ENVELOPES,
    KEPT_TIMES,
    PACKINGS,
    Limits,
    decode,
    encode,
    pack,
)
from functions.core.payments.event import DIMENSIONS, LARGEST_COUNT, STATUSES, Payment
from functions.core.payments.sensitive import without_secrets
from functions.core.texts import cleaned

EXAMPLE = (
    b'{"transaction_id":"txn_82473","user_id":"u12345","payment_status":"FAIL",'
    b'"timestamp":"2025-07-09T19:03:10Z","device":"mobile","region":"US-WEST"}'
)
EXAMPLE_PAYMENT = Payment(
    transaction_id="txn_82473",
    status="failed",
    timestamp_ms=1752087790000,
    user_id="u12345",
    device="mobile",
    region="US-WEST",
)
MIB = 1024 * 1024

# Digits are left out, so that nothing looks like a card number and is masked; and what is cleaned.
words = (
    st.text(st.characters(exclude_categories=("Cs", "Nd", "Zs", "Cc")), min_size=1, max_size=20)
    .map(lambda text: without_secrets(cleaned(text, 20)))
    .filter(bool)
)
amounts = st.floats(allow_nan=False, allow_infinity=False, width=32)
payments = st.builds(
    Payment,
    transaction_id=st.text(min_size=1, max_size=20),
    status=st.sampled_from(STATUSES),
    timestamp_ms=st.integers(0, 253402300799999),
    count=st.one_of(st.just(1), st.integers(1, LARGEST_COUNT)),
    **{name: st.none() | words for name in DIMENSIONS},
    error_code=st.none() | words,
    error_scheme=st.none() | words,
    error_message=st.none() | st.text(max_size=40),
    latency_ms=st.none() | amounts.filter(lambda ms: ms >= 0),
    amount=st.none() | amounts,
    user_id=st.none() | words,
    correlation_id=st.none() | words,
    attempt_id=st.none() | words,
    is_test=st.booleans(),
)


def line(number: int = 1, **fields: object) -> bytes:
    event = {"transaction_id": f"t{number}", "payment_status": "approved", "timestamp": number}
    return json.dumps({**event, **fields}).encode()


def ids(data: bytes, limits: Limits | None = None) -> list[str]:
    """Payments by their id, malformed parts by their reason."""
    found = decode(data, limits or Limits())
    return [
        item.transaction_id if isinstance(item, Payment) else getattr(item, "reason", str(item))
        for item in found
    ]


def only(data: bytes, limits: Limits | None = None) -> Malformed:
    (item,) = decode(data, limits or Limits())
    assert isinstance(item, Malformed)
    return item


def test_the_contracts_example_is_a_payment() -> None:
    assert decode(EXAMPLE) == [EXAMPLE_PAYMENT]


@pytest.mark.parametrize(
    "data",
    [
        b"%s\n%s",
        b"%s\n%s\n",
        b"%s\r\n%s\r\n",
        b"\n\n%s\n  \n\n%s\n\n",
        b"%s%s",
        b"%s %s",
        b"[%s,%s]",
        b" [\n  %s,\n  %s\n]\n",
        b"\xef\xbb\xbf%s\n%s",
        b"\xef\xbb\xbf[%s,%s]",
    ],
)
def test_every_layout_of_json_text_gives_the_same_payments(data: bytes) -> None:
    assert ids(data % (line(1), line(2))) == ["t1", "t2"]
    assert ids(data % (line(1), line(2, payment_status="odd"))) == ["t1", "unknown_status"]


def test_a_pretty_printed_object_is_one_payment_wherever_its_lines_break() -> None:
    pretty = json.dumps({**json.loads(line(1)), "more": {"a": [1, 2]}}, indent=0).encode()
    assert ids(pretty + b"\n" + pretty) == ["t1", "t1"]
    assert ids(b"nonsense\n" + pretty + b"\n" + line(2)) == ["bad_json", "t1", "t2"]


def read_again(payment: Payment) -> Payment:
    """The payment as it is read: its values in the spelling that all their writings share."""
    [found] = decode(encode(payment))
    assert isinstance(found, Payment)
    return msgspec.structs.replace(found, faults=())


@pytest.mark.parametrize("packing", PACKINGS)
@given(batch=st.lists(payments, min_size=1, max_size=8))
def test_what_is_encoded_and_packed_comes_back(packing: str, batch: list[Payment]) -> None:
    batch = [read_again(payment) for payment in (batch[:1] if packing == "json" else batch)]
    packed = pack([encode(payment) for payment in batch], packing)
    assert decode(packed) == batch
    assert packed == pack([encode(payment) for payment in batch], packing)


@given(payments)
def test_encode_is_one_line_of_the_public_contract_without_what_is_absent(payment: Payment) -> None:
    encoded = encode(payment)
    event = json.loads(encoded)
    assert b"\n" not in encoded
    assert None not in event.values()
    assert ("count" in event) == (payment.count != 1)
    assert ("test" in event) == payment.is_test
    assert not {"status", "timestamp_ms", "method", "merchant"} & set(event)


def test_encode_writes_the_public_field_names() -> None:
    payment = Payment(
        transaction_id="t",
        status="denied",
        timestamp_ms=1752087790007,
        method="card",
        merchant="m1",
        count=3,
    )
    assert json.loads(encode(payment)) == {
        "transaction_id": "t",
        "payment_status": "denied",
        "timestamp": "2025-07-09T19:03:10.007Z",
        "count": 3,
        "payment_method": "card",
        "merchant_id": "m1",
    }


@given(st.binary(max_size=400))
def test_decode_never_raises_and_never_returns_nothing(data: bytes) -> None:
    assert decode(data)


@given(
    st.sampled_from([kpl.MAGIC, envelopes.GZIP_MAGIC, envelopes.ZSTD_MAGIC, b"[", b"{", b'{"id":']),
    st.binary(max_size=200),
)
def test_decode_never_raises_behind_any_first_bytes(magic: bytes, data: bytes) -> None:
    assert decode(magic + data)


@given(st.sampled_from(PACKINGS), st.data())
def test_decode_never_raises_on_a_damaged_record(packing: str, data: st.DataObject) -> None:
    packed = bytearray(pack([EXAMPLE], packing))
    position = data.draw(st.integers(0, len(packed) - 1))
    packed[position] = data.draw(st.integers(0, 255))
    assert decode(bytes(packed))
    assert decode(bytes(packed[:position]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
fields = st.sampled_from(["id", "status", "ts", "amount", "count", "latency_ms", "issuer", "x"])


@given(st.dictionaries(fields, json_values | st.integers(-(10**500), 10**500), max_size=8))
def test_decode_never_raises_on_any_json(event: dict[str, object]) -> None:
    assert len(decode(json.dumps(event).encode())) == 1


@given(st.lists(st.text(), min_size=1, max_size=4), st.integers(0, 3))
def test_a_bad_line_among_good_lines_loses_only_itself(texts: list[str], place: int) -> None:
    bad = [f"#{text}".encode().replace(b"\n", b"") for text in texts]
    good = [line(number) for number in range(4)]
    found = decode(b"\n".join([*good[:place], *bad, *good[place:]]))
    assert [p.transaction_id for p in found if isinstance(p, Payment)] == ["t0", "t1", "t2", "t3"]
    kept = b"".join(item.data for item in found if isinstance(item, Malformed))
    assert kept.startswith(b"#")
    assert [isinstance(item, Payment) for item in found][:place] == [True] * place


@pytest.mark.parametrize(
    "bad",
    [
        b"not json",
        b'{"transaction_id":"cut off',
        b'{"transaction_id":"t","more":{"a":1}',
        b'{"transaction_id" 1}',
        b'{"transaction_id":"}',
        b'{"a":"\xff"}',
        b"}{",
        b"[1,2",
        b'{"a":{{{',
        b'text {"a":1} text',
        b'"',
        b"null",
        b"17",
        b'{"a":1}}',
    ],
)
def test_a_bad_line_is_returned_alone_in_its_place(bad: bytes) -> None:
    before, middle, after = decode(b"\n".join([line(1), bad, line(2)]))
    assert isinstance(middle, Malformed)
    assert middle.data == bad
    assert isinstance(before, Payment)
    assert isinstance(after, Payment)


def test_a_bad_object_among_objects_of_one_line_is_returned_alone() -> None:
    bad = b'{"transaction_id":"t",}'
    for text in (line(1) + bad + line(2), b"[" + b",".join([line(1), bad, line(2)]) + b"]"):
        assert ids(text) == ["t1", "bad_json", "t2"]
        assert [item.data for item in decode(text) if isinstance(item, Malformed)] == [bad]


def test_the_good_objects_before_a_cut_are_payments() -> None:
    assert ids(line(1) + line(2)[:-5]) == ["t1", "bad_json"]
    assert ids(b"[" + line(1) + b"," + line(2)[:-5]) == ["t1", "bad_json"]
    assert ids(b"[" + line(1) + b"," + line(2)) == ["t1", "t2", "bad_json"]


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"[]", b" [ ]\n"])
def test_a_record_that_holds_nothing_is_empty(data: bytes) -> None:
    assert only(data).reason == "empty"
    assert only(envelopes.gzip(data)).reason == "empty"
    assert only(pack([data], "kpl")).reason == "empty"


def test_a_wrong_type_is_told_where_the_field_is_required() -> None:
    data = line(1, payment_status={"now": "ok"})
    malformed = only(data)
    assert (malformed.reason, malformed.data) == ("wrong_type", data)
    assert malformed.detail == "payment_status is an object"


def test_bad_json_is_told_with_its_position() -> None:
    malformed = only(b'{"transaction_id":x}')
    assert malformed.reason == "bad_json"
    assert "byte 18" in malformed.detail


@pytest.mark.parametrize("name", [b"transaction_id", b"not_a_field"])
def test_invalid_utf8_is_bad_json_in_known_and_unknown_fields(name: bytes) -> None:
    data = line(1)[:-1] + b',"' + name + b'":"\xc3\x28"}'
    assert only(data).reason == "bad_json"
    assert ids(line(1) + b"\n" + data + b"\n" + line(2)) == ["t1", "bad_json", "t2"]


def test_text_in_any_script_is_read() -> None:
    (payment,) = decode(line(1, issuer="भारतीय स्टेट बैंक"))
    assert isinstance(payment, Payment)
    assert payment.issuer == "भारतीय स्टेट बैंक"
    long = "é" * 100_000
    assert ids(json.dumps({**json.loads(line(1)), "x": long}, ensure_ascii=False).encode()) == [
        "t1"
    ]


@pytest.mark.parametrize(
    "inner", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000]
)
def test_json_nested_without_end_is_malformed_and_its_neighbours_are_not(inner: bytes) -> None:
    deep = b'{"x":' + inner + b"}"
    assert only(deep).reason in ("too_deep", "bad_json")
    assert ids(b"\n".join([line(1), deep, line(2)]))[::2] == ["t1", "t2"]


@pytest.mark.parametrize(
    "field",
    [
        b'"timestamp":"' + b"9" * 5000 + b'"',
        b'"count":' + b"9" * 400,
    ],
)
def test_numbers_that_python_refuses_are_malformed(field: bytes) -> None:
    assert only(line(1)[:-1] + b"," + field + b"}").reason.startswith(("bad_", "wrong_type"))


@pytest.mark.parametrize(
    "field", [b'"amount":' + b"9" * 400, b'"amount":1e999', b'"latency_ms":-1', b'"x":1e999']
)
def test_a_number_that_python_refuses_costs_only_its_field(field: bytes) -> None:
    assert ids(line(1)[:-1] + b"," + field + b"}") == ["t1"]


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_other_languages_write_for_no_number_is_absent(word: bytes) -> None:
    odd = line(2)[:-1] + b',"amount":' + word + b',"note":"NaN \\" NaN"}'
    for text in (odd, line(1) + b"\n" + odd, b"[" + line(1) + b"," + odd + b"]"):
        found = decode(text)[-1]
        assert isinstance(found, Payment)
        assert (found.transaction_id, found.amount, found.faults) == ("t2", None, ())
    assert only(b'{"note":"NaN"}').reason == "missing_field"
    assert only(b'{"note":"NaN"').data == b'{"note":"NaN"'


def test_a_card_number_never_stands_in_a_detail() -> None:
    assert "4111111111111111" not in only(line(1, payment_status="4111111111111111")).detail


def test_gzip_members_and_zstd_frames_follow_each_other() -> None:
    for packing, padding in (("gzip", b"\0" * 7), ("zstd", b"")):
        data = pack([line(1)], packing) + pack([line(2)], packing) + padding
        assert ids(data) == ["t1", "t2"]


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_compressed_record_that_is_cut_or_damaged_is_corrupt(packing: str) -> None:
    data = pack([line(number) for number in range(50)], packing)
    for bad in (data[:-1], data[: len(data) // 2], data + b"garbage", data[:6]):
        malformed = only(bad)
        assert (malformed.reason, malformed.data) == (f"corrupt_{packing}", bad)


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_bomb_is_refused_before_it_is_unpacked(packing: str) -> None:
    bomb = pack([b" " * 64 * MIB], packing)
    tracemalloc.start()
    try:
        assert only(bomb, Limits(decompressed_bytes=2 * MIB)).reason == "too_large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * MIB


def test_a_bomb_among_user_records_loses_only_itself_and_many_cost_no_more_than_few() -> None:
    limits = Limits(decompressed_bytes=10_000)
    good, bomb = pack([line(1)], "gzip"), envelopes.gzip(b" " * 20_000)
    assert ids(pack([good, bomb, good], "kpl"), limits) == ["t1", "too_large", "t1"]
    flood = ids(pack([*[bomb] * ENVELOPES, good], "kpl"), limits)
    assert flood == ["too_large"] * (ENVELOPES + 1)


def test_objects_without_end_are_refused_before_they_are_decoded() -> None:
    for flood in (b"{}" * MIB, b"{}\n" * MIB, b"[" + b"{}," * MIB, b"x\n" * MIB):
        malformed = only(flood, Limits(payments=1000))
        assert (malformed.reason, malformed.data) == ("too_many", flood)


def test_a_record_with_more_payments_than_the_limit_is_refused_whole() -> None:
    lines = [line(number) for number in range(4)]
    for packing in ("ndjson", "gzip", "kpl"):
        data = pack(lines, packing)
        assert only(data, Limits(payments=3)).reason == "too_many"
        assert ids(data, Limits(payments=4)) == ["t0", "t1", "t2", "t3"]


def test_braces_inside_an_event_do_not_count_as_payments() -> None:
    data = line(1, more=[{}] * 50) + b"\n" + line(2)
    assert ids(data, Limits(payments=2)) == ["t1", "t2"]


def test_envelopes_nest_as_deep_as_the_limit_says() -> None:
    twice = pack([pack([line(1)], "gzip"), pack([line(2)], "zstd"), line(3)], "kpl")
    assert ids(twice) == ["t1", "t2", "t3"]
    thrice = only(envelopes.gzip(pack([envelopes.gzip(line(1))], "kpl")))
    assert (thrice.reason, thrice.data) == ("too_deep", envelopes.gzip(line(1)))
    assert ids(envelopes.gzip(envelopes.gzip(line(1))), Limits(nesting=1)) == ["too_deep"]


def test_a_bad_user_record_loses_only_itself() -> None:
    records = [line(1), b"{broken}", b"junk", line(2) + line(3), b'{"transaction_id":"}', line(4)]
    found = decode(pack(records, "kpl"))
    assert [item.data for item in found if isinstance(item, Malformed)] == [
        records[1],
        records[2],
        records[4],
    ]
    assert [p.transaction_id for p in found if isinstance(p, Payment)] == ["t1", "t2", "t3", "t4"]


def test_two_halves_in_two_user_records_make_no_payment() -> None:
    for cut in range(1, len(EXAMPLE)):
        found = decode(pack([EXAMPLE[:cut], EXAMPLE[cut:]], "kpl"))
        assert all(isinstance(item, Malformed) for item in found)


def test_an_aggregate_with_another_digest_is_malformed_as_a_whole() -> None:
    good = pack([line(1), line(2)], "kpl")
    for bad in (good[:-1] + b"\0", good[:30], kpl.MAGIC, kpl.MAGIC + b"12"):
        malformed = only(bad)
        assert (malformed.reason, malformed.data) == ("kpl_digest", bad)


def test_pack_refuses_what_it_cannot_pack() -> None:
    with pytest.raises(ValueError, match="json takes one line, not 2"):
        pack([line(1), line(2)], "json")
    with pytest.raises(ValueError, match="unknown packing 'tar'; known: json, ndjson"):
        pack([line(1)], "tar")
    with pytest.raises(ValueError, match="nothing to pack"):
        pack([], "ndjson")


def test_raw_deflate_is_not_taken_for_gzip() -> None:
    assert only(zlib.compress(line(1))).reason == "bad_json"


@pytest.mark.parametrize("piece", [b" ", b"}", b"}" * 1023 + b"\n"], ids=["blanks", "one", "lines"])
def test_what_is_kept_of_malformed_parts_is_not_much_more_than_came_in(piece: bytes) -> None:
    packed = envelopes.gzip(piece * (MIB // len(piece)))
    data = kpl.aggregate([packed] * 4, "k")
    found = [item for item in decode(data) if isinstance(item, Malformed)]
    kept = sum(len(item.data) for item in found)
    assert kept <= KEPT_TIMES * len(data) + Limits().kept_bytes
    assert max(len(item.data) for item in found) <= Limits().kept_bytes
    assert kept + sum(item.left_out for item in found) > 3.9 * MIB


def test_what_is_malformed_in_an_honest_envelope_is_kept_whole() -> None:
    rng = random.Random(1)
    lines = [
        line(
            rng.getrandbits(40),
            payment_status="odd",
            amount=rng.random(),
            note=f"{rng.getrandbits(64)}",
        )
        for _ in range(5_000)
    ]
    for packing in ("gzip", "zstd", "kpl"):
        found = decode(pack(lines, packing))
        assert [item.data for item in found if isinstance(item, Malformed)] == lines


def test_a_record_that_is_refused_whole_is_kept_whole() -> None:
    data = b"{" * 3 * MIB
    [item] = decode(data)
    assert isinstance(item, Malformed)
    assert (item.data, item.left_out) == (data, 0)


@pytest.mark.parametrize(
    "text",
    [
        b'{"transaction_id":"t","payment_status":"OK","timestamp":1,"merchant_id":"%s"}' % (b"4" * 4 * MIB),
        b"4 " * MIB,
        b"\n" * 4 * MIB + b"x",
        b'"' * 4 * MIB,
        b'{"a":' * MIB,
    ],
    ids=["a number", "groups", "blank lines", "quotes", "nesting"],
)  # fmt: skip
def test_little_that_unpacks_to_much_takes_little_more_memory_than_it_unpacks_to(
    text: bytes,
) -> None:
    packed = envelopes.gzip(text)
    tracemalloc.start()
    try:
        decode(packed)
        assert tracemalloc.get_traced_memory()[1] < 6 * len(text)
    finally:
        tracemalloc.stop()
