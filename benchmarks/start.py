"""Measure how long the command line takes to start, beside an empty Python; prints a table.

Each is started anew, one after the other in turn, so that what else the machine does hits all alike.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from benchmarks.tables import titled_table

RUNS: Final = 15
PAYWATCH: Final = str(Path(sys.executable).with_name("paywatch"))
"""The installed script."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with TemporaryDirectory() as folder:
        codes = Path(folder) / "codes.csv"
        codes.write_text("scheme,code\niso8583,05\n", encoding="utf-8")
        times = measured(started(codes), options.runs)
    out = Console()
    empty = statistics.median(times["python -c pass"])
    table = titled_table(
        out,
        f"start, median of {options.runs} runs",
        ("what", "milliseconds", "least", "above an empty Python"),
    )
    for what, each in times.items():
        median = statistics.median(each)
        table.add_row(what, f"{median:.0f}", f"{min(each):.0f}", f"{median - empty:+.0f}")
    out.print(table)
    return 0


def started(codes: Path) -> dict[str, tuple[str, ...]]:
    """What is measured → the command line of it. codes: a file for classify."""
    return {
        "python -I -c pass": (sys.executable, "-I", "-c", "pass"),
        "python -c pass": (sys.executable, "-c", "pass"),
        "paywatch --help": (PAYWATCH, "--help"),
        "paywatch explain iso8583 05 --json": (PAYWATCH, "explain", "iso8583", "05", "--json"),
        "paywatch classify FILE --json": (PAYWATCH, "classify", str(codes), "--json"),
        "paywatch incidents --help": (PAYWATCH, "incidents", "--help"),
    }


def measured(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[float]]:
    """The milliseconds of each run. Raises CalledProcessError where a command fails."""
    times: dict[str, list[float]] = {what: [] for what in commands}
    for run in range(runs + 1):
        for what, command in commands.items():
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 ours
            if run:  # the first fills the caches
                times[what].append(1000 * (time.perf_counter() - began))
    return times


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help=f"of each [default: {RUNS}]")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
