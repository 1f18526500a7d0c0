"""Measure what it costs to name messages (docs/decisions/0028): prints a table.

Traffic of ten dimensions with a latency, 2 % failing, is counted second by second, and detect steps over its
partials: as they are, and without the messages that they name. Figures are medians of the seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console

from benchmarks.tables import titled_table
from functions.core.causes.knowledge import load
from functions.core.counting import partial
from functions.core.counting.batch import Counting, count
from functions.core.counting.ledger import Ledger
from functions.core.counting.messages import NO_MESSAGES
from functions.core.counting.record import Record
from functions.core.detection import journal
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.payments.codec import pack

AT: Final = 1_763_646_180
OF_A_SHARD: Final = 1000
"""Payments a second that a shard takes, and so the partials of a second."""
OF_A_RECORD: Final = 100
UNIT: Final = 1024
"""Bytes of a write unit of DynamoDB."""


class _Cost(NamedTuple):
    """Of a second: bytes of its partials, bytes of the step, ms of reading, stepping and writing."""

    sent: float
    stored: float
    ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.tally.naming", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 1000, 10_000])
    options = parser.parse_args(arguments)
    out = Console(width=120)
    table = titled_table(
        out,
        f"what naming messages costs, median of {options.seconds} seconds, without → with",
        (
            "payments a second",
            "bytes of partials",
            "bytes of a step",
            "write units",
            "ms of detect",
        ),
        "",
    )
    for rate in options.rates:
        seconds = [_partials(rate, second) for second in range(options.seconds)]
        bare = [
            [msgspec.structs.replace(one, messages=NO_MESSAGES) for one in partials]
            for partials in seconds
        ]
        without, named = _cost(bare), _cost(seconds)
        more = -(-named.stored // UNIT) - -(-without.stored // UNIT)
        table.add_row(
            f"{rate:,}",
            f"{without.sent:,.0f} → {named.sent:,.0f}",
            f"{without.stored:,.0f} → {named.stored:,.0f}",
            f"+ {more:,.0f}",
            f"{without.ms:.1f} → {named.ms:.1f}",
        )
    out.print(table)
    return 0


def _partials(rate: int, second: int) -> list[partial.Partial]:
    """Of each shard, that of its payments of the second."""
    draw = random.Random(second)
    lines = [_line(draw, second, number) for number in range(rate)]
    found: list[partial.Partial] = []
    for shard, start in enumerate(range(0, rate, OF_A_SHARD)):
        some = lines[start : start + OF_A_SHARD]
        records = [
            Record(
                f"shard-{shard}",
                str(second * OF_A_SHARD + at),
                (AT + second + 1) * 1000,
                pack(some[at : at + OF_A_RECORD], "ndjson"),
            )
            for at in range(0, len(some), OF_A_RECORD)
        ]
        found += count(records, Ledger(), _COUNTING).partials
    # Each shard's follow on one another, whatever a ledger of its own would say.
    return [msgspec.structs.replace(one, after="") for one in found]


_COUNTING: Final = Counting(load())


def _line(draw: random.Random, second: int, number: int) -> bytes:
    failed = draw.random() < 0.02
    event: dict[str, Any] = {
        "transaction_id": f"txn_{second}_{number}",
        "payment_status": "FAIL" if failed else "SUCCESS",
        "timestamp": (AT + second) * 1000 + draw.randrange(1000),
        "amount": round(draw.lognormvariate(4, 1), 2),
        "currency": "INR",
        "payment_method": draw.choice(("card", "card", "upi")),
        "network": draw.choice(("VISA", "MASTERCARD", "RUPAY")),
        "issuer": draw.choice(("HDFC", "SBI", "ICICI", "AXIS", "KOTAK")),
        "gateway": draw.choice(("razorpay", "payu", "stripe")),
        "merchant_id": f"m{draw.randrange(50):03}",
        "country": "IN",
        "device": draw.choice(("mobile", "desktop")),
        "region": draw.choice(("IN-WEST", "IN-SOUTH")),
        "latency_ms": round(draw.lognormvariate(6, 0.5), 1),
    }
    if failed:
        event |= {"error_code": draw.choice(("51", "91", "05")), "error_scheme": "iso8583"}
    return json.dumps(event, separators=(",", ":")).encode()


def _cost(seconds: Sequence[Sequence[partial.Partial]]) -> _Cost:
    rules, memory = Rules(), Memory()
    state = initial(rules)
    costs: list[_Cost] = []
    for partials in seconds:
        sent = [partial.encode(one) for one in partials]
        before = time.process_time()
        state, delta = step(state, [partial.decode(data) for data in sent], rules, (), memory)
        stored = journal.encode(delta)
        took = time.process_time() - before
        costs.append(_Cost(sum(map(len, sent)), len(stored), 1000 * took))
    return _Cost(*map(statistics.median, zip(*costs, strict=True)))


if __name__ == "__main__":
    sys.exit(main())
