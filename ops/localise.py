"""`paywatch localise`: which slices explain that failures rose, from a file of leaf counts."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from functions.core.errors import PaywatchError
from functions.core.localise.joint_causes import ExplainingSlice, Leaf, Localisation
from functions.core.localise.joint_causes import localise as localised
from ops.options import JsonObjectOption
from ops.printing import say, say_json

COUNTS: Final = ("attempts", "failures", "baseline_attempts", "baseline_failures")
_SHOWN_FAULTS: Final = 20


def localise(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: a column for each dimension, and attempts, failures, baseline_attempts,"
            " baseline_failures. A row is a leaf, or a part of one."
        ),
    ],
    as_json: JsonObjectOption = False,
) -> None:
    """Tell which slices explain that more payments fail than in the baseline.

    Failures are held against attempts, so volume and mix do not mislead. Scores, 0 to 100, say how
    sure it is; 50 is just enough.
    """
    dimensions, leaves = read(file)
    found = localised(dimensions, leaves)
    if as_json:
        say_json(msgspec.json.encode(found).decode())
        return
    say(in_words(dimensions, leaves, found))


def read(file: Path) -> tuple[tuple[str, ...], list[Leaf]]:
    """The dimensions and leaves of a CSV. Raises PaywatchError that names every fault."""
    faults: list[str] = []
    dimensions: tuple[str, ...] = ()
    leaves: list[Leaf] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines)
            header = next(rows, [])
            faults += _header_faults(header)
            dimensions = tuple(name for name in header if name not in COUNTS)
            for row in () if faults else rows:
                if row:
                    leaf = _leaf(header, row, f"row {rows.line_num}", faults)
                    leaves += [leaf] if leaf else []
    except OSError as error:
        raise PaywatchError(f"cannot read {file}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PaywatchError(f"{file} is no CSV in UTF-8: {error}") from error
    if not faults:
        faults += _faults_of_all(leaves)
    if faults:
        more = len(faults) - _SHOWN_FAULTS
        told = [*faults[:_SHOWN_FAULTS], *([f"and {more:,} more"] if more > 0 else [])]
        raise PaywatchError("\n  - ".join((f"{file} cannot be localised:", *told)))
    return dimensions, leaves


def _header_faults(header: Sequence[str]) -> list[str]:
    if not header:
        return ["it is empty: the first row names the columns"]
    faults = []
    missing = [name for name in COUNTS if name not in header]
    if missing:
        faults.append(f"column {', '.join(missing)} missing; there are {', '.join(header)}")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        faults.append(f"column {', '.join(twice)} stands there twice")
    if not all(header):
        faults.append("a column has no name")
    if set(header) <= set(COUNTS):
        faults.append("no dimension: every column besides the counts is one, such as issuer")
    return faults


def _leaf(header: Sequence[str], row: Sequence[str], where: str, faults: list[str]) -> Leaf | None:
    if len(row) != len(header):
        faults.append(f"{where}: {len(row)} fields, the header has {len(header)}")
        return None
    fields = dict(zip(header, row, strict=True))
    counts = [_count(name, fields[name], where, faults) for name in COUNTS]
    attempts, failures, before, failed_before = counts
    if failures > attempts:
        faults.append(f"{where}: {failures:g} failures of {attempts:g} attempts")
    if failed_before > before:
        faults.append(f"{where}: {failed_before:g} baseline_failures of {before:g} attempts")
    values = tuple(value for name, value in fields.items() if name not in COUNTS)
    return Leaf(values, attempts, failures, before, failed_before)


def _count(name: str, text: str, where: str, faults: list[str]) -> float:
    """NaN, which compares with nothing, for what is no count."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        faults.append(f"{where}: {name} {text!r} is no number")
    elif number < 0:
        faults.append(f"{where}: {name} {text} is negative")
    else:
        return number
    return math.nan


def _faults_of_all(leaves: Sequence[Leaf]) -> list[str]:
    if not leaves:
        return ["it has no rows"]
    if not any(leaf.attempts for leaf in leaves):
        return ["attempts are 0 in every row: nothing came"]
    if not any(leaf.baseline_attempts for leaf in leaves):
        return ["baseline_attempts are 0 in every row: there is nothing to compare with"]
    return []


def in_words(dimensions: Sequence[str], leaves: Sequence[Leaf], found: Localisation) -> str:
    """For people: each cause with its rates now and before, and those of all traffic."""
    everything = _rates(leaves)
    if found.outside:
        return f"everything rose alike, no slice is to blame: {everything}"
    if not found.causes:
        return f"no slice surely fails more than in the baseline: {everything}"
    lines = ["score"]
    lines += [f"{cause.score:5.1f}  {_line(dimensions, leaves, cause)}" for cause in found.causes]
    return "\n".join([*lines, f"       all traffic: {everything}"])


def _line(dimensions: Sequence[str], leaves: Sequence[Leaf], cause: ExplainingSlice) -> str:
    name = " × ".join(f"{key} {value or '(blank)'}" for key, value in cause.slice.items())
    return f"{name}: {_rates(inside(dimensions, leaves, cause.slice))}"


def inside(
    dimensions: Sequence[str], leaves: Iterable[Leaf], values: Mapping[str, str]
) -> list[Leaf]:
    wanted = [(number, values[name]) for number, name in enumerate(dimensions) if name in values]
    return [leaf for leaf in leaves if all(leaf.values[at] == value for at, value in wanted)]


def _rates(leaves: Sequence[Leaf]) -> str:
    now = sum(leaf.attempts for leaf in leaves)
    failed = sum(leaf.failures for leaf in leaves)
    before = sum(leaf.baseline_attempts for leaf in leaves)
    failed_before = sum(leaf.baseline_failures for leaf in leaves)
    usual = f"{100 * failed_before / before:.3g} %" if before else "none came"
    rate = f"{100 * failed / now:.3g} %" if now else "none"
    return f"{rate} of {now:,.0f} attempts failed (baseline {usual})"
