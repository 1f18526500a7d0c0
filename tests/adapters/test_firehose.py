"""Firehose: every record of an invocation is read, and every one is answered under its id."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.adapters.firehose import arrivals, response
from functions.core.archive.rows import DROPPED, OK, REFUSED, Arrival, Outcome
from tests.builders import NOW


def item(number: int, data: str, **more: Any) -> dict[str, Any]:
    """A record as Firehose hands it over, an hour after the stream took it."""
    return {
        "recordId": f"record-{number}",
        "approximateArrivalTimestamp": (NOW + 3600) * 1000,
        "data": data,
        "kinesisRecordMetadata": {"approximateArrivalTimestamp": NOW * 1000},
        **more,
    }


@given(st.lists(st.binary(max_size=50), max_size=6))
def test_records_are_read_in_order_with_their_bytes(datas: list[bytes]) -> None:
    records = [item(n, base64.b64encode(data).decode()) for n, data in enumerate(datas)]
    assert arrivals({"records": records}) == [
        Arrival(f"record-{n}", NOW * 1000, data) for n, data in enumerate(datas)
    ]


@pytest.mark.parametrize("metadata", [None, {}])
def test_what_came_from_no_stream_arrived_when_firehose_took_it(metadata: Any) -> None:
    [found] = arrivals({"records": [item(1, "", kinesisRecordMetadata=metadata)]})
    assert found.arrived_ms == (NOW + 3600) * 1000


@pytest.mark.parametrize("text", ["!", "YQ", "{}", "YQ==\n!"])
def test_what_is_not_base64_is_taken_as_it_came(text: str) -> None:
    [found] = arrivals({"records": [item(1, text)]})
    assert found.data == text.encode()


@given(
    st.lists(
        st.builds(Outcome, st.text(), st.sampled_from([OK, DROPPED, REFUSED]), st.text()),
        max_size=6,
    )
)
def test_every_record_is_answered_with_result_and_data_be_it_empty(outcomes: list[Outcome]) -> None:
    answer = json.loads(json.dumps(response(outcomes)))
    assert [Outcome(r["recordId"], r["result"], r["data"]) for r in answer["records"]] == outcomes
    assert all(len(record) == 3 for record in answer["records"])
