"""Measure root-cause localisation: one command, one run.

Real cases are read from PAYWATCH_DATA; generated ones are made from seeds, of which 1,000 to 1,999
are for tuning and 5,000 to 5,999 for reporting.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.localise import real, tables
from benchmarks.localise.detectors import DETECTORS
from benchmarks.localise.families import FAMILIES, REPORT_SEEDS
from benchmarks.localise.fit import fit
from benchmarks.localise.measure import MORE_PAYMENTS, REAL, Task, measure, raw
from benchmarks.localise.paywatch import NAME
from benchmarks.localise.reach import goals

REPORTED = tuple(family for family in FAMILIES if family != "L")
"""L has causes of single leaves, which no pool of payments has; it runs when asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    out = tables.console()
    data = Path(os.environ.get("PAYWATCH_DATA", "../shared/data")) / real.FOLDER
    task = Task(
        families=() if options.real else tuple(options.families),
        cases=options.cases,
        first=options.seed,
        detectors=tuple(options.only),
        data=None if options.generated else data,
        jobs=options.jobs,
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    began = time.perf_counter()
    if options.fit and not data.is_dir():
        out.print(f"Constants are fitted on real data, but {data} is no folder (PAYWATCH_DATA).")
        return 2
    with Progress(
        *columns, TimeElapsedColumn(), console=out, transient=True, disable=not out.is_terminal
    ) as bar:
        found = fit(real.cases(data), task.jobs, bar) if options.fit else None
        results = {} if found else measure(task, bar)
    if found:
        out.print(tables.fitted(found, out))
    if not (options.generated or options.fit or data.is_dir()):
        out.print(f"No real data: {data} is no folder. PAYWATCH_DATA says where data lies.")
    made = {family: found for family, found in results.items() if family != REAL}
    if REAL in results:
        out.print(tables.real(results[REAL], out))
    if made:
        out.print(tables.generated(made, out))
    own = {family: found[NAME] for family, found in results.items() if NAME in found}
    if own:
        out.print(tables.reached(list(goals(own)), out))
        tables.misses(own, out)
    out.print(f"Took {(time.perf_counter() - began) / 60:.1f} minutes.")
    if options.json:
        Path(options.json).write_text(json.dumps(raw(results), indent=1), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localise", description=__doc__)
    add = parser.add_argument
    names = [detector.name for detector in DETECTORS]
    add("--real", action="store_true", help="the real cases alone")
    add("--generated", action="store_true", help="the generated cases alone")
    add("--fit", action="store_true", help="cross-validate Paywatch's constants, nothing else")
    add(
        "--families",
        nargs="+",
        choices=FAMILIES,
        default=REPORTED,
        metavar="FAMILY",
        help=f"of {', '.join(FAMILIES)} (default all but L)",
    )
    add(
        "--cases",
        type=int,
        default=60,
        help=f"of a large family, {MORE_PAYMENTS} times as many of a small one (default 60)",
    )
    add("--seed", type=int, default=REPORT_SEEDS[0], help="the first (default the reporting ones)")
    add(
        "--only",
        nargs="+",
        choices=names,
        default=names,
        metavar="DETECTOR",
        help=f"of {', '.join(names)}",
    )
    add("--jobs", type=int, default=2, help="processes (default 2)")
    add("--json", metavar="FILE", help="also write the raw figures there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
