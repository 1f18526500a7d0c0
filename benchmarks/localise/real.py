"""Real data: failures of a video service by the minute and leaf, with the causes that its
operators found (RobustSpot, IEEE TSC 2023; handed on with RiskLoc).

A file holds 5 to 27 minutes without gaps, the labelled one among them; the leaves of a minute are
those with events in it, each once. The 4 to 11 minutes before are the baseline, all of them, as a
sum: a leaf may be missing in some, and of ten the one right before is often failing already, since
a label is minutes late at times. What came after is not looked at, nor are leaves that have no
events in the labelled minute left out.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Final

from benchmarks.localise.case import Case
from functions.core.counting.slices import slice_key
from functions.core.localise.joint_causes import Leaf

FOLDER: Final = "robustspot_dev"
_COUNTS: Final = ("min", "value", "cnt")


def cases(folder: Path) -> list[Case]:
    """All of them, in the order of the ground truth."""
    truth = json.loads((folder / "ground_truth.json").read_text(encoding="utf-8"))
    return [
        case(
            folder / item["file"],
            int(item["timestamp"]),
            frozenset(slice_key(cause) for cause in item["causes"]),
        )
        for item in truth
    ]


def case(file: Path, minute: int, truth: frozenset[str]) -> Case:
    """`minute`: epoch seconds of the labelled one. Raises ValueError when the file has no such
    minute or none before it."""
    sums: dict[tuple[str, ...], list[float]] = {}
    before: set[int] = set()
    labelled = False
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        dimensions = tuple(name for name in rows.fieldnames or () if name not in _COUNTS)
        for row in rows:
            at = int(row["min"])
            if at > minute:
                continue
            first = 0 if at == minute else 2
            leaf = sums.setdefault(tuple(row[name] for name in dimensions), [0.0] * 4)
            leaf[first] += float(row["cnt"])
            leaf[first + 1] += float(row["value"])
            if at == minute:
                labelled = True
            else:
                before.add(at)
    if not labelled or not before:
        raise ValueError(f"{file.name} has no minute {minute}, or none before it")
    leaves = tuple(Leaf(values, *counts) for values, counts in sums.items())
    return Case(file.stem, dimensions, leaves, float(len(before)), truth)
