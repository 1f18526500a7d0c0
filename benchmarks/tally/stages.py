"""Measure where the time of counting goes; prints µs of CPU a payment, the least of some rounds.

Each stage is measured alone on what the one before it gave, so what lies in the processor's cache is not quite
what it is in one run: the stages do not add up exactly to the whole.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Console

from benchmarks.tables import titled_table
from benchmarks.tally.invocations import EVENTS, PACKINGS, invocations
from functions.adapters.kinesis.records import records
from functions.core.causes.diagnosis import diagnose
from functions.core.causes.knowledge import load
from functions.core.counting import partial
from functions.core.counting.batch import Counting, count
from functions.core.counting.ledger import Ledger
from functions.core.counting.messages import Noting
from functions.core.counting.tally import Tally
from functions.core.counting.well import Well, add_well, well_rows
from functions.core.payments.codec import decode_plain, decode_rows
from functions.core.payments.event import Payment
from functions.core.payments.readers import Rows

COUNTING: Final = Counting(load())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.tally.stages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--payments", type=int, default=6000)
    parser.add_argument("--events", nargs="+", default=["seed", "rich"], choices=EVENTS)
    parser.add_argument("--packings", nargs="+", default=["plain", "zstd"], choices=PACKINGS)
    options = parser.parse_args(arguments)
    out = Console(width=120)
    columns: dict[str, dict[str, float]] = {}
    for event in options.events:
        for packing in options.packings:
            stages = _stages(invocations(event, packing, options.payments))
            columns[f"{event} {packing}"] = {
                name: _least(run, options.rounds) / options.payments * 1e6
                for name, run in stages.items()
            }
    table = titled_table(out, "µs of CPU a payment", ("stage", *columns))
    for name in next(iter(columns.values())):
        table.add_row(name, *(f"{times[name]:.2f}" for times in columns.values()))
    out.print(table)
    return 0


def _least(run: Callable[[], Any], rounds: int) -> float:
    """Seconds of CPU."""
    times: list[float] = []
    for _ in range(rounds):
        before = time.process_time()
        run()
        times.append(time.process_time() - before)
    return min(times)


def _stages(events: Sequence[dict[str, Any]]) -> dict[str, Callable[[], Any]]:
    batches = [records(event) for event in events]
    read = [rows for batch in batches for rows in _rows([record.data for record in batch])]
    counted = [one for batch in batches for one in count(batch, Ledger(), COUNTING).partials]
    noted = [Noting(COUNTING.slicing) for _ in batches]
    for noting, batch in zip(noted, batches, strict=True):
        for rows in _rows([record.data for record in batch]):
            noting.well.take(rows, well_rows(rows))

    def take() -> None:
        well = Well(COUNTING.slicing)
        for rows in read:
            well.take(rows, well_rows(rows))

    def count_well() -> None:
        for noting in noted:
            add_well(Tally(), noting.well)

    def others() -> None:
        tally, noting = Tally(), Noting(COUNTING.slicing)
        for rows in read:
            for row, is_well in enumerate(well_rows(rows)):
                for payment in () if is_well else rows.items(row):
                    if isinstance(payment, Payment):
                        cause = diagnose(payment, COUNTING.knowledge).cause
                        tally.add(payment, cause, COUNTING.slicing)
                        noting.add(payment, cause)

    def read_all() -> None:
        for batch in batches:
            for _ in _rows([record.data for record in batch]):
                pass

    return {
        "the whole": lambda: [
            partial.encode(one)
            for event in events
            for one in count(records(event), Ledger(), COUNTING).partials
        ],
        "base64": lambda: [records(event) for event in events],
        "reading": read_all,
        "taking what went well, with marks": take,
        "counting it": count_well,
        "naming it": lambda: [noting.noted() for noting in noted],
        "what did not go well": others,
        "bytes of the partials": lambda: [_bytes(one) for one in counted],
    }


def _rows(datas: Sequence[bytes]) -> Any:
    """The rows of records without a fault, as they are read."""
    if datas[0][:1] == b"{" and b"\n" not in datas[0]:
        for start in range(0, len(datas), 250):
            for _, rows in decode_plain(datas[start : start + 250]):
                yield rows
        return
    for data in datas:
        for part in decode_rows(data):
            if isinstance(part, Rows):
                yield part


def _bytes(one: partial.Partial) -> bytes:
    partial._newest.clear()
    return partial.encode(one)


if __name__ == "__main__":
    sys.exit(main())
