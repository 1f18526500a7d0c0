"""Rows of the archive: canonical, masked, and of the payments that are counted."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.archive.rows import (
    COLUMNS,
    DROPPED,
    OK,
    REFUSED,
    Arrival,
    lines,
    rows_of,
    transform,
)
from functions.core.counting.bounds import Bounds
from functions.core.counting.record import TICK
from functions.core.payments.codec import PACKINGS, decode, pack
from functions.core.payments.event import ALIASES, Payment
from tests.builders import NOW, event_bytes

ARRIVED = NOW * 1000
BOUNDS = Bounds()
CARD = "4111111111111111"
MASKED = "************1111"


def rows(data: bytes) -> list[dict[str, Any]]:
    return rows_of(data, ARRIVED, BOUNDS)


def row(**fields: Any) -> dict[str, Any]:
    [found] = rows(event_bytes(**fields))
    return found


def extra(**fields: Any) -> Any:
    return json.loads(row(**fields)["extra"])


def arrival(number: int, *payloads: bytes) -> Arrival:
    return Arrival(str(number), ARRIVED, b"\n".join(payloads))


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_is_read(packing: str) -> None:
    payloads = [event_bytes(transaction_id=f"t{n}") for n in range(1 if packing == "json" else 3)]
    found = rows(pack(payloads, packing))
    assert [item["transaction_id"] for item in found] == [f"t{n}" for n in range(len(payloads))]


def test_a_row_has_canonical_names_and_values() -> None:
    found = row(
        transaction_id=None, txn_id=7, payment_status="DECLINED", card="VISA", bank="HDFC",
        amount="12.50", auth_code=51, correlation_id="c-1",
    )  # fmt: skip
    assert found == {
        "event_time": "2025-11-20T13:43:00.000Z",
        "transaction_id": "7",
        "payment_status": "denied",
        "count": 1,
        "network": "VISA",
        "issuer": "HDFC",
        "error_code": "51",
        "amount": 12.5,
        "correlation_id": "c-1",
    }


@pytest.mark.parametrize(
    ("timestamp", "event_time"),
    [
        (NOW + 0.007, "2025-11-20T13:43:00.007Z"),
        ("2025-11-20T14:43:00+01:00", "2025-11-20T13:43:00.000Z"),
    ],
)
def test_an_event_time_is_utc_to_the_millisecond(timestamp: Any, event_time: str) -> None:
    assert row(timestamp=timestamp)["event_time"] == event_time


def test_a_payment_without_a_correlation_id_gets_the_one_that_is_made_of_it() -> None:
    assert row()["correlation_id"].startswith("pw-")
    assert row()["correlation_id"] == row()["correlation_id"]


def test_every_known_field_has_a_column_and_no_row_has_another() -> None:
    every = dict.fromkeys(ALIASES, "1") | {"payment_status": "FAIL", "timestamp": NOW}
    found = rows(json.dumps(every | {"unknown": 1}).encode())[0]
    assert set(found) == set(COLUMNS)


def test_unknown_fields_are_kept_whatever_they_hold() -> None:
    assert extra(basket=[1, {"sku": "a"}], note="x", flag=True, ratio=0.5) == {
        "basket": [1, {"sku": "a"}],
        "note": "x",
        "flag": True,
        "ratio": 0.5,
    }


def test_an_alias_that_another_name_won_over_is_kept() -> None:
    assert extra(issuer="HDFC", bank="SBI") == {"bank": "SBI"}


def test_nothing_unknown_is_no_extra() -> None:
    assert "extra" not in row(bank=None)
    assert "extra" not in rows(b'{"txn_id":"t","status":"ok","ts":%d,"x":null}' % NOW)[0]


@pytest.mark.parametrize(
    "name", ["transaction_id", "user_id", "error_message", "correlation_id", "issuer", "region"]
)
def test_a_card_number_in_a_text_is_masked(name: str) -> None:
    assert row(**{name: f"PAN {CARD}"})[name] == f"PAN {MASKED}"


def test_a_card_number_is_masked_in_whatever_is_unknown() -> None:
    found = extra(pan=int(CARD), raw={CARD: [f"a {CARD}", float(CARD)]})
    assert found == {"pan": MASKED, "raw": {MASKED: [f"a {MASKED}", MASKED]}}


@pytest.mark.parametrize("name", ["amount", "latency_ms"])
def test_a_card_number_in_a_column_of_numbers_is_left_out(name: str) -> None:
    assert name not in row(**{name: int(CARD)})


@pytest.mark.parametrize("value", [b"1e999", b"[" * 400 + b"]" * 400, b"9" * 5000])
def test_what_cannot_be_taken_apart_is_kept_whole_where_the_payment_counts(value: bytes) -> None:
    data = event_bytes()[:-1] + b', "pan": "%s", "odd": %s}' % (CARD.encode(), value)
    counted = [item for item in decode(data) if isinstance(item, Payment)]
    found = rows(data)
    assert len(found) == len(counted) == 1
    assert CARD not in found[0]["extra"]
    assert "odd" in str(json.loads(found[0]["extra"].replace("1e999", "1")))


SECRETS = (
    "cvv", "CVC", "cvv2", "card.cid", "CardSecurityCode", "pin_block", "PIN", "track1", "Track 2",
    "track2Data", "magstripe", "emv_data", "icc", "authorization", "x-api-key", "accessToken",
    "client_secret", "password",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_what_may_not_be_stored_is_dropped_wherever_it_is_nested(name: str) -> None:
    found = row(
        **{
            name: "9876",
            "card_details": {"bank_country": "IN", name: ["9876"]},
            "list": [{name: 9876}],
        }
    )
    assert json.loads(found["extra"]) == {"card_details": {"bank_country": "IN"}, "list": [{}]}
    assert "9876" not in str(row(**{name: {"value": "9876"}}))


@pytest.mark.parametrize("field", ["note", "error_message", "user_id", "transaction_id", "issuer"])
@pytest.mark.parametrize(
    "text",
    [
        ";4111111111111111=29121010000012300000?",
        "%B4111111111111111^DOE/JANE^29121010000012300000?",
        "4111111111111111D29121010000012300000F",
        "sent cvv=123 again",
        "CVV 123",
        '{"cvv":"123"}',
    ],
)
def test_a_track_or_a_code_is_dropped_from_any_text_by_its_form(field: str, text: str) -> None:
    told = str(row(**{field: text}))
    assert "123" not in told.replace("txn_123", "").replace("2025-11-20T13:43", "")
    assert "29121" not in told


def test_what_cannot_be_taken_apart_is_kept_without_secrets() -> None:
    data = event_bytes()[:-1] + b', "cvv": "987", "track2": {"a": ["987"]}, "odd": 1e999}'
    assert "987" not in rows(data)[0]["extra"]


def test_what_is_larger_than_any_response_says_how_large_it_was() -> None:
    event = event_bytes(note="4 " * 600_000, error_message="4 " * 600_000)
    [found] = rows(event)
    assert json.loads(found["extra"]) == {"left_out": len(event)}
    assert len(found["error_message"]) <= 16_384
    many = rows(b"\n".join([event_bytes(note="x" * 1_000_000)] * 8))
    assert [len(item["extra"]) > 1_000 for item in many] == [True] * 5 + [False] * 3


def test_a_card_number_where_a_text_is_cut_is_masked() -> None:
    for before in (16_384, 16_380, 16_370, 16_369):
        assert "4111" not in row(error_message="x" * before + CARD)["error_message"]


def test_without_unknown_fields_a_row_has_the_known_columns_alone() -> None:
    data = event_bytes(note="x", issuer="HDFC", bank="SBI")
    [found] = rows_of(data, ARRIVED, BOUNDS, keeps_unknown=False)
    assert "extra" not in found
    assert found["issuer"] == "HDFC"
    [outcome] = transform([arrival(1, data)], BOUNDS, keeps_unknown=False)
    assert "note" not in base64.b64decode(outcome.data).decode()


def test_a_merchants_id_with_its_acquirer_is_no_card_number_and_elsewhere_it_may_be_one() -> None:
    found = row(merchant_id="371449635398431", mid="371449635398431", note="371449635398431")
    assert found["merchant_id"] == "371449635398431"
    assert json.loads(found["extra"]) == {"mid": "371449635398431", "note": "***********8431"}
    assert row(merchant_id=CARD)["merchant_id"] == MASKED


def test_a_tick_is_no_payment() -> None:
    assert rows(TICK) == []


def test_what_is_malformed_is_left_to_the_quarantine() -> None:
    found = rows(b"\n".join([event_bytes(), b"{broken", event_bytes(payment_status="perhaps")]))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("seconds", "archived"),
    [(60, 1), (61, 0), (-30 * 86_400, 1), (-30 * 86_400 - 1, 0)],
)
def test_what_tally_parks_for_its_time_is_not_archived(seconds: int, archived: int) -> None:
    assert len(rows(event_bytes(timestamp=NOW + seconds))) == archived


pieces = st.sampled_from(
    [event_bytes(), event_bytes(bank="x", note="é"), b"{broken", b"\n", b"[", b"]", b",", b"\xff"]
)


@given(st.lists(pieces, max_size=8), st.sampled_from([b"", b"\n", b","]))
def test_the_rows_are_those_of_the_payments_that_decode_finds(
    parts: list[bytes], glue: bytes
) -> None:
    data = glue.join(parts)
    counted = [item for item in decode(data) if isinstance(item, Payment)]
    assert [item["transaction_id"] for item in rows(data)] == [p.transaction_id for p in counted]


def test_rows_are_written_as_one_json_line_each() -> None:
    text = lines(rows(event_bytes(error_message="two\nlines") + event_bytes()))
    assert text.endswith(b"\n")
    assert [json.loads(line)["transaction_id"] for line in text.splitlines()] == ["txn_1"] * 2


def test_every_record_has_its_outcome_in_order() -> None:
    outcomes = transform(
        [arrival(1, event_bytes()), arrival(2, TICK), arrival(3, b"{broken"), arrival(4, event_bytes(), b"{")],
        BOUNDS,
    )  # fmt: skip
    assert [(o.id, o.result) for o in outcomes] == [
        ("1", OK),
        ("2", DROPPED),
        ("3", DROPPED),
        ("4", OK),
    ]
    assert outcomes[0].data == outcomes[3].data
    assert base64.b64decode(outcomes[0].data) == lines(rows(event_bytes()))


def test_what_would_make_the_response_too_large_is_refused_and_the_rest_goes_on() -> None:
    small, large = event_bytes(), event_bytes(note="x" * 3000)
    outcomes = transform(
        [arrival(1, small), arrival(2, large), arrival(3, small)], BOUNDS, largest=3000
    )
    assert [o.result for o in outcomes] == [OK, REFUSED, OK]
    assert outcomes[1].data == ""


def test_a_response_stays_within_its_limit_with_all_that_firehose_wants_in_it() -> None:
    many = [arrival(n, event_bytes(transaction_id="x" * 56)) for n in range(40)]
    outcomes = transform(many, BOUNDS, largest=10_000)
    told = {
        "records": [{"recordId": "i" * 56, "result": o.result, "data": o.data} for o in outcomes]
    }
    assert len(json.dumps(told)) <= 10_000
    assert {o.result for o in outcomes} == {OK, REFUSED}
