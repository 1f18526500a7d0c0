"""Measure how well codes of unknown schemes are told from their words; `--train` writes the model.

Every provider's tables are left out in turn, words and codes, the model is trained on the rest, and
the left-out codes are asked for. Codes of providers without a table are asked besides, and real messages
that people labelled, where PAYWATCH_DATA holds any.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

import functions.core.causes.guess
from benchmarks.codes.heldout import DATA, MESSAGES, Told, foreign, labelled, leave_one_out
from benchmarks.codes.train import examples, phrases, train
from functions.core.causes.failure_kinds import KINDS
from functions.core.causes.guess import render
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import CAUSES

WORDS: Final = Path(functions.core.causes.guess.__file__).with_name("guess_words.csv")
BANDS: Final = (0.5, 0.6, 0.7, 0.8, 0.88, 1.01)
CONVENTIONS: Final = "upi_npci"
"""NPCI's codes are about messages between banks; no other provider's codes are like them."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    out = Console()
    knowledge = load()
    if options.train:
        model = train(examples(knowledge.values()), phrases())
        WORDS.write_text(render(model), encoding="utf-8")
        out.print(f"Wrote {len(model.weights):,} words and pairs to {WORDS.name}.")
        return 0
    if not DATA.is_dir():
        out.print(f"No published names: {DATA} is no folder. Our own names are asked instead.")
    by_provider = dict(leave_one_out(knowledge))
    everything = [told for group in by_provider.values() for told in group]
    without = [told for told in everything if told.scheme != CONVENTIONS]
    strange = foreign(knowledge)
    real = {f"messages, {name}": told for name, told in labelled(knowledge)}
    if not real:
        out.print(f"No labelled messages: {MESSAGES} holds no CSV. That part is left out.")
    pools = {f"all but {CONVENTIONS}": without, "no table": strange, **real}
    out.print(accuracy({**by_provider, "all": everything, **pools}))
    out.print(by_cause(pools))
    out.print(by_kind(pools))
    out.print(calibration({"all": everything, **pools}))
    out.print(calibrated({"all": everything, **pools}))
    out.print(parts([*everything, *strange]))
    for told in real.values():
        out.print(accuracy(_by_scheme(told)))
    if options.wrong:
        for item in [*everything, *strange]:
            if not item.right:
                found = item.told
                out.print(
                    f"{item.scheme} {item.code} {item.message!r}: {item.truth}, told as"
                    f" {found.cause} ({found.confidence:.2f}; {found.why})",
                    highlight=False,
                    markup=False,
                )
    return 0


def accuracy(groups: dict[str, list[Told]]) -> Table:
    table = _table("Codes told without their tables", "held out")
    for heading in ("codes", "cause", "attributable", "blamed wrongly", "said unknown"):
        table.add_column(heading, justify="right")
    for name, told in groups.items():
        table.add_row(
            name,
            str(len(told)),
            _share(item.right for item in told),
            _share(item.attributed_rightly for item in told),
            _share(item.told.attributable and not item.attributed_rightly for item in told),
            _share(item.told.cause == "unknown" for item in told),
        )
    return table


def by_cause(pools: Mapping[str, list[Told]]) -> Table:
    """Of what has this cause, how much was told so, and what most of the rest was told as."""
    table = _table("By cause", "held out")
    for heading in ("cause", "codes", "right", "mostly mistaken for"):
        table.add_column(heading, justify="right")
    for name, told in pools.items():
        for cause in CAUSES:
            ours = [item for item in told if item.truth == cause]
            wrong = Counter(item.told.cause for item in ours if not item.right)
            mistaken = ", ".join(f"{other} {count}" for other, count in wrong.most_common(2))
            if ours:
                right = _share(item.right for item in ours)
                table.add_row(name, cause, str(len(ours)), right, mistaken)
    return table


def by_kind(pools: Mapping[str, list[Told]]) -> Table:
    """Of what the rules of a failure kind told, how much was right."""
    table = _table("By failure kind", "kind")
    for name in pools:
        table.add_column(f"{name}: told", justify="right")
        table.add_column("right", justify="right")
    for kind in KINDS:
        cells: list[str] = []
        for told in pools.values():
            ours = [item for item in told if item.kind == kind]
            cells += (str(len(ours)), _share(item.right for item in ours))
        table.add_row(kind, *cells)
    return table


def calibrated(pools: Mapping[str, list[Told]]) -> Table:
    """ECE: the mean distance of confidence from being right, over ten bins, weighted by their guesses
    (Guo et al. 2017). Brier: the mean square of confidence less right (1 or 0)."""
    table = _table("How well confidence is calibrated", "held out")
    for heading in ("codes", "ECE", "Brier"):
        table.add_column(heading, justify="right")
    for name, told in pools.items():
        pairs = [(item.told.confidence, item.right) for item in told]
        table.add_row(name, str(len(told)), f"{ece(pairs):.3f}", f"{brier(pairs):.3f}")
    return table


def ece(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    off = 0.0
    for place in range(bins):
        ours = [pair for pair in pairs if min(bins - 1, int(pair[0] * bins)) == place]
        off += abs(sum(sure for sure, _ in ours) - sum(right for _, right in ours))
    return off / max(1, len(pairs))


def brier(pairs: Sequence[tuple[float, bool]]) -> float:
    return sum((sure - right) ** 2 for sure, right in pairs) / max(1, len(pairs))


def _by_scheme(told: Sequence[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for item in told:
        found.setdefault(item.scheme, []).append(item)
    return dict(sorted(found.items()))


def calibration(groups: dict[str, list[Told]]) -> Table:
    """How often a guess was right, by how sure it was."""
    table = _table("Calibration", "held out")
    for heading in ("confidence", "guesses", "mean confidence", "right"):
        table.add_column(heading, justify="right")
    for name, told in groups.items():
        for low, high in pairwise(BANDS):
            band = [
                item
                for item in told
                if low <= item.told.confidence < high and item.told.cause != "unknown"
            ]
            mean = sum(item.told.confidence for item in band) / max(1, len(band))
            table.add_row(
                name,
                f"{low:.2f} to {min(high, 1.0):.2f}",
                str(len(band)),
                f"{mean:.2f}",
                _share(item.right for item in band),
            )
    return table


def parts(told: list[Told]) -> Table:
    """Which part of the guesser told how many, and how often it was right."""
    table = _table("By what told", "part")
    for heading in ("guesses", "right"):
        table.add_column(heading, justify="right")
    for part, mark in (
        ("a rule", ": it says "),
        ("the same word elsewhere", "is not known to have it"),
        ("the model", "its words: "),
    ):
        ours = [item for item in told if mark in item.told.why]
        table.add_row(part, str(len(ours)), _share(item.right for item in ours))
    return table


def _table(title: str, first: str) -> Table:
    return Table(first, title=title, title_justify="left", box=box.SIMPLE)


def _share(hits: Iterable[bool]) -> str:
    found = list(hits)
    return f"{100 * sum(found) / len(found):.1f} %" if found else "-"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.codes", description=__doc__)
    parser.add_argument("--train", action="store_true", help="train, write guess_words.csv, stop")
    parser.add_argument("--wrong", action="store_true", help="list what was told wrongly")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
