"""`paywatch explain` and `paywatch classify`: what decline codes mean, and whose matter they are."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from functions.core.causes.advice import MONEY
from functions.core.causes.diagnosis import explain as explained
from functions.core.causes.knowledge import CodeMeaning, load
from functions.core.causes.vocabulary import PATH_CAUSES, RETRIES
from functions.core.errors import PaywatchError
from ops.options import JsonObjectOption
from ops.printing import cell, console, say_json

COLUMNS: Final = ("scheme", "code", "message")
_NONE: Final = ("", "-")
_SHOWN_UNKNOWN: Final = 20
_ASK_FIRST: Final = "after_reconciliation"


def explain(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="[SCHEME] CODE",
            help="Scheme such as iso8583, stripe, upi_npci; none, or `-`, when it is not known. Code"
            " such as 51 or U30; `-` for none.",
        ),
    ],
    message: Annotated[str, typer.Option(help="What came with the code, in words.")] = "",
    as_json: JsonObjectOption = False,
) -> None:
    """Tell what a decline code means: whose matter it is, whether to try again, what to do first.

    A code that no table has is guessed from its words and the message's, with a confidence.
    """
    if len(what) > 2:
        raise PaywatchError(
            f"one scheme and one code are explained at a time, not {len(what)} words"
        )
    scheme, code = ("", *what) if len(what) == 1 else what
    given = (_given(scheme), _given(code), message.strip())
    if not given[1] and not given[2]:
        raise PaywatchError("there is nothing to explain: give a code, or --message TEXT")
    found = explained(given[0], given[1], load(), given[2])
    if as_json:
        told = line(given[0], given[1], found)
        told |= {"confidence": found.confidence, "name": found.name, "action": found.action}
        _print_json(told | {"source": found.source, "why": found.why})
        return
    _print_page(given[0], given[1], found)


def classify(
    file: Annotated[
        Path, typer.Argument(help="CSV with the columns scheme, code, message, or some of them.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a row, in their order.")
    ] = False,
) -> None:
    """Tell the cause of each code in a file, and which codes the knowledge base does not have."""
    knowledge = load()
    told = (
        (scheme, code, message, explained(scheme, code, knowledge, message))
        for scheme, code, message in rows(file)
    )
    if as_json:
        for scheme, code, _, found in told:
            _print_json(line(scheme, code, found))
        return
    _print_summary(file, list(told))


def line(scheme: str, code: str, found: CodeMeaning) -> dict[str, Any]:
    """What is printed of a code as JSON. Scheme and code as they were given, where they were."""
    told: dict[str, Any] = {
        "scheme": scheme or found.scheme,
        "code": code or found.code,
        "cause": found.cause,
        "owner": found.owner,
        "retry": found.retry,
        "attributable": found.attributable,
        "known": found.known,
    }
    if found.retry:
        told["money"] = MONEY[found.retry]
    if found.kind:
        told["kind"] = found.kind
    if not found.known or found.confidence < 1.0:
        told["confidence"] = found.confidence
    return told


def rows(file: Path) -> Iterator[tuple[str, str, str]]:
    """Scheme, code and message of each row, `""` where there is none.

    Raises PaywatchError that names file and line when it cannot be read as such a CSV.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.reader(opened, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            places = [header.index(name) if name in header else None for name in COLUMNS]
            if all(place is None for place in places):
                raise PaywatchError(f"{file} has none of the columns {', '.join(COLUMNS)}")
            for row in reader:
                if row:
                    scheme, code, message = (
                        "" if place is None or place >= len(row) else row[place].strip()
                        for place in places
                    )
                    yield scheme, code, message
    except OSError as error:
        raise PaywatchError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PaywatchError(f"{file} is not UTF-8: {error.reason}") from error
    except csv.Error as error:
        raise PaywatchError(f"{file}:{reader.line_num} is no CSV: {error}") from error


def _given(argument: str) -> str:
    return "" if argument.strip() in _NONE else argument.strip()


def _print_json(told: dict[str, Any]) -> None:
    say_json(msgspec.json.encode(told).decode())


def _print_page(scheme: str, code: str, found: CodeMeaning) -> None:
    from rich.table import Table

    out = console()
    heading = " ".join(filter(None, (found.scheme or scheme, found.code or code))) or "no code"
    out.print(cell(f"{heading}: {found.name or 'not in the knowledge base'}", "bold"))
    page = Table.grid(padding=(0, 2))
    page.add_column(no_wrap=True)
    page.add_column(overflow="fold")
    if not found.cause:
        page.add_row("cause", "none: it is no failure")
    else:
        path = "on the payment path" if found.attributable else "not on the payment path"
        page.add_row("cause", f"{found.cause}, {path}")
        page.add_row("owner", found.owner)
        page.add_row("retry", f"{found.retry}: {RETRIES[found.retry]}")
        page.add_row("money", MONEY[found.retry])
    if found.kind:
        page.add_row("kind", found.kind)
    page.add_row("do first", found.action)
    sure = f"{100 * found.confidence:.0f} % sure"
    page.add_row("known" if found.known else "guessed", cell(f"{sure}: {found.why}"))
    if found.source:
        page.add_row("source", found.source)
    out.print(page)


def _print_summary(file: Path, told: list[tuple[str, str, str, CodeMeaning]]) -> None:
    from rich import box
    from rich.table import Table

    out = console()
    causes = Counter(found.cause for *_, found in told)
    known = Counter(found.cause for *_, found in told if found.known)
    table = Table("cause", box=box.SIMPLE)
    for heading in ("rows", "share", "known", "on the path"):
        table.add_column(heading, justify="right")
    for cause, count in causes.most_common():
        share = f"{100 * count / len(told):.1f} %"
        on_path = "yes" if cause in PATH_CAUSES else "no"
        table.add_row(cause or "no failure", f"{count:,}", share, f"{known[cause]:,}", on_path)
    out.print(cell(f"{file.name}: {len(told):,} rows"))
    out.print(table)
    unclear = sum(found.retry == _ASK_FIRST for *_, found in told)
    if unclear:
        out.print(f"{unclear:,} of them {MONEY[_ASK_FIRST]}")
    guessed = Counter(
        (scheme, code or message, found.cause)
        for scheme, code, message, found in told
        if not found.known
    )
    if not guessed:
        return
    strange = Table("scheme", "code or message", "guessed cause", box=box.SIMPLE)
    strange.add_column("rows", justify="right")
    for (scheme, code, cause), count in guessed.most_common(_SHOWN_UNKNOWN):
        strange.add_row(cell(scheme), cell(code), cause, f"{count:,}")
    out.print(f"Not in the knowledge base: {len(guessed):,}, the most frequent first")
    out.print(strange)
