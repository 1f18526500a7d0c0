"""The public code tables, where they lie beside the checkout, and the listed deviations from them."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT / "../shared/data")) / "decline_codes"
EXCEPTIONS = Path(__file__).parent / "core" / "causes" / "code_exceptions"

Rows = list[dict[str, str]]


def source(file: str, schemes: Collection[str]) -> Rows:
    """The rows of a public table that are of these schemes; skips where the table is absent."""
    path = DATA / file
    if not path.is_file():
        pytest.skip(f"PAYWATCH_DATA holds no decline_codes/{file}: looked in {DATA}")
    with path.open(newline="", encoding="utf-8") as opened:
        return [row for row in csv.DictReader(opened) if row["scheme"] in schemes]


def exceptions(scheme: str) -> Rows:
    """The rows of ours that deviate from the source's flag, each with its reason."""
    path = EXCEPTIONS / f"{scheme}.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))
