"""What is printed steers no terminal and is no markup, whatever payments and files say."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.printing import cell, console, say, say_json

HOSTILE = "visa \x1b[2J\x1b]8;;https://evil.example\x07X\x00\x9b31m \u202e\u200b[bold red]:fire:"


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def is_harmless(text: str) -> bool:
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in text)


@given(st.text(max_size=40))
def test_a_cell_of_a_table_shows_its_text_and_nothing_else(text: str) -> None:
    from rich.table import Table

    table = Table.grid()
    table.add_row(cell(f"{text} [bold]x[/bold] :fire: [link=https://a.b]y[/link]"))
    file = io.StringIO()
    console(file=file, width=400, force_terminal=True).print(table)
    shown = file.getvalue()
    assert is_harmless(shown)
    assert "[bold]x[/bold] :fire: [link=https://a.b]y[/link]" in shown


def test_lines_keep_their_order_and_indentation(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\n  - b\x1b[31m")
    say_json('{"a":"\u202e\x9b"}')
    shown = capsys.readouterr().out
    assert shown == 'a\n  - b [31m\n{"a":"\\u202e\\u009b"}\n'


def test_classify_explain_and_localise_print_no_escape_code_of_what_they_read(
    tmp_path: Path,
) -> None:
    codes, leaves = tmp_path / "codes.csv", tmp_path / "leaves.csv"
    codes.write_text(f"scheme,code,message\n{HOSTILE},{HOSTILE},{HOSTILE}\n", encoding="utf-8")
    head = "issuer,gateway,attempts,failures,baseline_attempts,baseline_failures\n"
    leaves.write_text(
        head + f"{HOSTILE},a,1000,700,1000,5\nSBI,a,1000,5,1000,5\nSBI,b,1000,5,1000,5\n",
        encoding="utf-8",
    )
    for arguments in (
        ("classify", codes),
        ("classify", codes, "--json"),
        ("explain", HOSTILE.replace("\x00", ""), HOSTILE.replace("\x00", "")),
        ("explain", "05", "--message", HOSTILE.replace("\x00", ""), "--json"),
        ("localise", leaves),
        ("localise", leaves, "--json"),
    ):
        result = paywatch(*arguments)
        assert result.exit_code == 0, result.output
        assert is_harmless(result.stdout), arguments
        if "--json" in arguments:
            assert all(json.loads(line) for line in result.stdout.splitlines())
    [line] = paywatch("classify", codes, "--json").stdout.splitlines()
    assert json.loads(line)["code"] == HOSTILE.strip()
