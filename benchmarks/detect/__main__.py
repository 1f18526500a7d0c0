"""Measure detection: one command, one run.

Nothing is tuned in it but the rivals' settings for the rows "at Paywatch's false pages", and those
on other streams than it reports.

Streams are `rich` (every kind of fault, retries, rates that wander, days with a shape) or `plain`, which
are drawn as they always were, so that older figures can be compared. `--quiet-hours 504 --resume DIR`
keeps each finished shard of the quiet run in DIR, and goes on from there the next time.

`--set evidence.cap=2.0` measures Paywatch with another value of its tuning
(functions/core/detection/tuning.py). `--vary evidence.cap`, `--vary evidence` or `--vary all` says
what a field earns, those of a question or all: one table with each a step lower, as it is and a step
higher, on the tuning streams and no others, over `--tuning-streams` of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.detect import cloudwalk, tables
from benchmarks.detect.measure import SEEDS, Measured, Task, measure
from benchmarks.detect.plan import INCIDENTS
from benchmarks.detect.quiet import SLICES
from benchmarks.detect.reach import goals, worst
from benchmarks.detect.rich_plan import FAULTS_EACH
from benchmarks.detect.streams import PLAIN, RICH
from benchmarks.detect.tuned import fields, with_settings
from benchmarks.detect.varying import vary
from benchmarks.detect.watching import PAYWATCH
from functions.core.detection.state import Rules
from functions.core.detection.tuning import Tuning


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        tuning = with_settings(Tuning(), options.set)
        varied = list(dict.fromkeys(field for name in options.vary for field in fields(name)))
    except ValueError as error:
        parser.error(str(error))
    out = tables.console()
    began = time.perf_counter()
    task = Task(
        seeds=options.seeds,
        streams=options.streams,
        tuning=options.tuning_streams,
        hours=options.quiet_hours,
        slices=options.slices,
        data=Path(os.environ.get("PAYWATCH_DATA", "../shared/data")) / cloudwalk.FOLDER,
        jobs=options.jobs,
        alone=options.alone,
        rules=Rules(tuning=tuning),
        kind=options.kind,
        nights=options.nights,
        resume=Path(options.resume) if options.resume else None,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    if options.set:
        out.print(f"Paywatch with {', '.join(options.set)}")
    with Progress(
        *columns, TimeElapsedColumn(), console=out, transient=True, disable=not out.is_terminal
    ) as bar:
        earned = vary(varied, tuning, task.tuning, task.jobs, bar, task.kind) if varied else []
        measured = None if varied else measure(task, bar)
    if measured is None:
        out.print(tables.varied(earned, task.tuning, out))
    else:
        _print(out, task, measured)
    out.print(f"Took {(time.perf_counter() - began) / 60:.1f} minutes.")
    if options.json and measured is not None:
        Path(options.json).write_text(json.dumps(measured.raw, indent=1), encoding="utf-8")
    return 0


def _print(out: Console, task: Task, measured: Measured) -> None:
    results, matched = measured.results, measured.matched
    if results:
        out.print(
            f"Set: {task.seeds}, {task.streams} {task.kind} streams. "
            f"{tables.described(results[PAYWATCH])}"
        )
        out.print(tables.overall(results, matched, out))
        out.print(tables.groups(results[PAYWATCH], out))
        out.print(tables.by_kind(results, matched, out))
        out.print(tables.by_evidence(results, matched, out))
        out.print(tables.strata(results, matched, out))
        out.print(tables.traps(results, matched, out))
    if measured.nights:
        out.print(tables.nights(measured.nights, matched, out))
    if measured.rests:
        out.print(tables.rested(measured.rests, matched, out))
        out.print(tables.how_long(measured.rests[PAYWATCH], task.jobs))
    if measured.windowed:
        out.print(tables.real(measured.windowed, out))
    else:
        out.print(f"No real data: {task.data} is no folder. PAYWATCH_DATA says where data lies.")
    if results:
        out.print(
            tables.reached(list(goals(results, matched, measured.rests, measured.nights)), out)
        )
        for heading, lines in worst(results[PAYWATCH]):
            out.print(heading)
            for line in lines:
                out.print(f"  {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--seeds", choices=sorted(SEEDS), default="report", help="which streams (default report)")
    add(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        help="another value of the tuning; may be repeated",
    )
    add(
        "--vary",
        metavar="FIELD",
        action="append",
        default=[],
        help="say what a field of the tuning earns, or a question's, or all; may be repeated",
    )
    add("--kind", choices=(RICH, PLAIN), default=RICH, help="of streams (default rich)")
    add(
        "--streams",
        type=int,
        default=40,
        help=f"of {FAULTS_EACH} faults each, plain ones of {INCIDENTS} (default 40)",
    )
    add("--nights", type=int, default=2, help="streams of nightly batches (default 2)")
    add(
        "--tuning-streams",
        type=int,
        default=4,
        help="to match the rivals on, and to vary on (default 4)",
    )
    add("--quiet-hours", type=float, default=2.0, help="of quiet traffic (default 2)")
    add("--resume", metavar="DIR", help="keep what is done of the quiet traffic there, and go on")
    add("--slices", type=int, default=SLICES, help=f"of quiet traffic (default {SLICES})")
    add("--jobs", type=int, default=2, help="processes (default 2)")
    add("--alone", action="store_true", help="Paywatch without its rivals")
    add("--json", metavar="FILE", help="also write the raw figures there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
