"""Batches as Lambda hands them over, and what tally makes of them, side by side in tests/golden.

`<name>.json` is the invocation, `<name>.expected.json` its counts by slice and second, and what is
parked for which reason. The expected files were reviewed by hand; change them the same way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from functions.adapters.kinesis.records import records
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import CAUSES
from functions.core.counting.batch import Counting, count
from functions.core.counting.counts import FIELDS, Counts, approved, field
from functions.core.counting.ledger import Ledger
from functions.core.payments.event import STATUSES

GOLDEN = Path(__file__).parent.parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.json") if ".expected" not in path.name)


def told(event: dict[str, Any]) -> dict[str, Any]:
    """What tally would send and park, in words."""
    batch = count(records(event), Ledger(), Counting(load(), (("issuer",), ("issuer", "network"))))
    return {
        "partials": [
            {
                "records": f"{partial.first} to {partial.last} of {partial.shard}",
                "seconds": {
                    str(second): {
                        "slices": {
                            key or "all traffic": in_words(counts)
                            for key, counts in bucket.slices.items()
                        },
                        "parked": bucket.parked,
                    }
                    for second, bucket in sorted(partial.tally.seconds.items())
                },
            }
            for partial in batch.partials
        ],
        "parked": [
            [record.sequence_number, [item.reason for item in refused]]
            for record, refused in batch.parked
        ],
    }


def in_words(counts: Counts) -> dict[str, int]:
    """Payments by status, and what did not succeed by cause."""
    names = [name for name in (*STATUSES, *CAUSES) if name in FIELDS]
    numbers = {"approved": approved(counts), **{name: field(counts, name) for name in names}}
    return {name: n for name, n in numbers.items() if n}


def test_there_are_golden_batches() -> None:
    assert NAMES == ["one_event_a_record", "packed_records", "poison_among_good"]


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_batch_is_counted_as_expected(name: str) -> None:
    event = json.loads((GOLDEN / f"{name}.json").read_text())
    expected = json.loads((GOLDEN / f"{name}.expected.json").read_text())
    assert told(event) == expected
