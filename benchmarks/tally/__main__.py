"""Measure how many payments a CPU second counts; prints a table.

Every contestant counts the same invocations in a process of its own, in rounds that take turns, so that
what else the machine does hits all alike. The figure is the median of the rounds' CPU times.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from benchmarks.tables import titled_table
from benchmarks.tally.invocations import EVENTS, PACKINGS, invocations

ROOT: Final = Path(__file__).parent.parent.parent
WORKER: Final = Path(__file__).with_name("worker.py")
BEFORE: Final = "f5613e2"
"""The commit before events were read by shape."""
RIVALS: Final = {
    "powertools": "Powertools + pydantic",
    "json": "json + dict",
    "floor": "floor: base64 + msgspec",
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    out = Console(width=140)
    with before(options.before) as older:
        table = titled_table(
            out,
            f"payments counted a CPU second, median of {options.rounds} rounds of "
            f"{options.payments}",
            ("event, packing", "Paywatch", *(["before", "×"] if older else []), *RIVALS.values(),
             "of the floor"),
            "" if older else f"commit {options.before} is not here: nothing to compare with",
        )  # fmt: skip
        for event in options.events:
            for packing in options.packings:
                table.add_row(f"{event} {packing}", *_row(event, packing, options, older))
    out.print(table)
    return 0


def _row(event: str, packing: str, options: argparse.Namespace, older: Path | None) -> list[str]:
    contestants = {"paywatch": ("paywatch", ROOT)}
    if older:
        contestants["before"] = ("paywatch", older)
    own_fields = event != "stripe"
    contestants |= {name: (name, ROOT) for name in RIVALS if own_fields or name == "floor"}
    speeds = measured(event, packing, contestants, options.rounds, options.payments)
    now = speeds["paywatch"]
    row = [f"{now:,.0f}"]
    if older:
        row += [f"{speeds['before']:,.0f}", f"{now / speeds['before']:.2f}"]
    row += [f"{speeds[name]:,.0f}" if name in speeds else "-" for name in RIVALS]
    return [*row, f"{now / speeds['floor']:.0%}"]


def measured(
    event: str,
    packing: str,
    contestants: Mapping[str, tuple[str, Path]],
    rounds: int,
    payments: int,
) -> dict[str, float]:
    """Payments a CPU second, by contestant: which one, and the checkout whose program it runs."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "invocations.json"
        file.write_text(json.dumps(invocations(event, packing, payments)), encoding="utf-8")
        workers = {
            name: stack.enter_context(_started(contestant, file, root))
            for name, (contestant, root) in contestants.items()
        }
        for number in range(rounds + 1):
            for name, worker in workers.items():
                seconds = _round(worker)
                if number:  # the first one warms up
                    times[name].append(seconds)
    return {name: payments / statistics.median(each) for name, each in times.items()}


@contextmanager
def _started(contestant: str, file: Path, root: Path) -> Iterator[subprocess.Popen[str]]:
    worker = subprocess.Popen(  # noqa: S603 our own script
        [sys.executable, "-P", str(WORKER), contestant, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    with worker:
        yield worker
        worker.communicate()


def _round(worker: subprocess.Popen[str]) -> float:
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("the worker has no pipes")
    worker.stdin.write("\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


@contextmanager
def before(commit: str) -> Iterator[Path | None]:
    """A checkout of that commit; None where it cannot be had."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "before"
        git = ("git", "-C", str(ROOT), "worktree")
        added = subprocess.run(  # noqa: S603 git, on our own checkout
            [*git, "add", "--detach", str(place), commit], capture_output=True, check=False
        )
        try:
            yield place if added.returncode == 0 else None
        finally:
            if added.returncode == 0:
                subprocess.run([*git, "remove", "--force", str(place)], check=True)  # noqa: S603


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.tally", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--events", nargs="+", default=["seed", "rich"], choices=EVENTS)
    parser.add_argument("--packings", nargs="+", default=PACKINGS, choices=PACKINGS)
    parser.add_argument("--before", default=BEFORE, help="the commit to compare with")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
