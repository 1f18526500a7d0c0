"""What is given on the command line reaches a command as typer alone would pass it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.cli import Called


def taking(*, as_given: bool, got: list[Any]) -> typer.Typer:
    """A command of every kind of parameter that ours have, as they are taken here or by typer."""
    app = typer.Typer(add_completion=False)

    @app.command(cls=Called if as_given else None)
    def command(
        text: str,
        file: Annotated[Path, typer.Argument(dir_okay=False)],
        days: Annotated[int, typer.Option(min=1, max=400)] = 7,
        rate: float | None = None,
        name: str | None = None,
        kind: Literal["json", "gzip"] = "json",
        outage: list[str] | None = None,
        shouted: Annotated[str, typer.Option(parser=str.upper)] = "",
        flag: Annotated[bool, typer.Option("--flag")] = False,
    ) -> None:
        got.extend((text, file, days, rate, name, kind, outage, shouted, flag))

    return app


def called(arguments: list[str], *, as_given: bool) -> tuple[Result, list[Any]]:
    got: list[Any] = []
    result = CliRunner().invoke(taking(as_given=as_given, got=got), arguments)
    return result, got


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--days", "30", "--rate", "2.5", "--name", "HDFC", "--kind", "gzip", "--flag"],
        ["--outage", "issuer=A", "--outage", "issuer=B"],
        ["--shouted", "loud"],
        ["--name", ""],
    ],
)
def test_every_kind_of_value_is_what_typer_makes_of_it(options: list[str], tmp_path: Path) -> None:
    given = ["U30", str(tmp_path / "new.csv"), *options]
    ours, got = called(given, as_given=True)
    theirs, expected = called(given, as_given=False)
    assert (ours.exit_code, theirs.exit_code) == (0, 0)
    assert got == expected
    assert [type(value) for value in got] == [type(value) for value in expected]
    assert got[:2] == ["U30", tmp_path / "new.csv"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--days", "0"], "greater than or equal to 1"),
        (["--days", "soon"], "valid integer"),
        (["--rate", "fast"], "valid number"),
        (["--kind", "brotli"], "'json', 'gzip'"),
        (["--nope"], "No such option"),
    ],
)
def test_a_wrong_value_is_told_as_typer_tells_it(
    options: list[str], words: str, tmp_path: Path
) -> None:
    given = ["U30", str(tmp_path / "new.csv"), *options]
    ours, got = called(given, as_given=True)
    assert (ours.exit_code, got) == (2, [])
    assert words in " ".join(ours.stderr.replace("│", " ").split())
    assert ours.stderr == called(given, as_given=False)[0].stderr


def test_a_path_is_still_looked_at(tmp_path: Path) -> None:
    ours, got = called(["U30", str(tmp_path)], as_given=True)
    assert (ours.exit_code, got) == (2, [])
    assert "is a directory" in " ".join(ours.stderr.replace("│", " ").split())
