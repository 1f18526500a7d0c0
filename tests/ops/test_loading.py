"""The command line starts fast: it loads a command when that is called, and no more than it needs."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from typer.testing import CliRunner

from ops.cli import COMMANDS, EXIT_FAULT, app, loaded

STARTED: Final = """
import atexit, sys
atexit.register(lambda: print("loaded", *sys.modules, file=sys.stderr))
sys.argv[0] = "paywatch"
from ops.cli import main
main()
"""

AWS_AND_PYDANTIC: Final = frozenset({"boto3", "botocore", "aws_cdk", "pydantic"})
PLACES: Final = {command.place.split(":")[0] for command in COMMANDS.values()}


class Ended(NamedTuple):
    code: int
    out: str
    loaded: set[str]


def fresh(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """A command in an interpreter of its own; `loaded` names the modules that it had in the end."""
    done = subprocess.run(
        [sys.executable, "-c", STARTED, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    _, _, modules = done.stderr.rpartition("loaded ")
    return Ended(done.returncode, done.stdout, set(modules.split()))


def completed(*words: str) -> tuple[list[str], set[str]]:
    """What bash offers for the last of these words, and the modules that were loaded for it."""
    given = {
        "_PAYWATCH_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("paywatch", *words)),
        "COMP_CWORD": str(len(words)),
    }
    ended = fresh(environment=given)
    assert ended.code == 0
    return ended.out.split(), ended.loaded


@pytest.mark.parametrize("code", [("iso8583", "05"), ("05",)])
def test_explain_loads_neither_aws_nor_pydantic_nor_rich(code: tuple[str, ...]) -> None:
    ended = fresh("explain", *code, "--json")
    assert ended.out.startswith('{"scheme":"iso8583","code":"05"')
    assert "ops.explain" in ended.loaded
    assert ended.loaded & {*AWS_AND_PYDANTIC, "rich"} == set()


def test_classify_loads_neither_aws_nor_pydantic_nor_rich(tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("scheme,code\niso8583,05\n")
    ended = fresh("classify", str(file), "--json")
    assert ended.out.startswith('{"scheme":"iso8583","code":"05"')
    assert ended.loaded & {*AWS_AND_PYDANTIC, "rich"} == set()


def test_a_wrong_use_loads_neither_aws_nor_pydantic() -> None:
    ended = fresh("explain", "--json")
    assert ended.code == EXIT_FAULT
    assert ended.loaded & AWS_AND_PYDANTIC == set()


def test_help_lists_the_commands_without_loading_one() -> None:
    ended = fresh("--help")
    assert ended.code == 0
    assert ended.loaded & {*AWS_AND_PYDANTIC, *PLACES} == set()


def test_a_command_loads_no_other() -> None:
    ended = fresh("explain", "--help")
    assert ended.code == 0
    assert ended.loaded & {*AWS_AND_PYDANTIC, *PLACES} == {"ops.explain"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_paragraph_of_its_own_help(name: str) -> None:
    module, function = COMMANDS[name].place.split(":")
    told = inspect.getdoc(getattr(import_module(module), function))
    assert told is not None
    assert COMMANDS[name].help == " ".join(told.split("\n\n")[0].split())


def test_the_help_of_all_shows_each_with_its_line() -> None:
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
    lines = {" ".join(line.strip("│ ").split()) for line in told.splitlines()}
    assert {f"{name} {command.help}" for name, command in COMMANDS.items()} <= lines


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_one_shows_all_its_options(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    options = {word for part in loaded(name).params for word in part.opts if word[:2] == "--"}
    assert options
    assert {option for option in options if option not in result.stdout} == set()


def test_the_shell_completes_commands_without_loading_one() -> None:
    offered, modules = completed("")
    assert offered == list(COMMANDS)
    assert completed("re")[0] == ["replay", "redrive"]
    assert modules & {*AWS_AND_PYDANTIC, *PLACES} == set()


def test_the_shell_completes_the_options_of_one_command() -> None:
    offered, modules = completed("explain", "--")
    assert {"--message", "--json"} <= set(offered)
    assert "--outage" not in offered
    assert modules & {*AWS_AND_PYDANTIC, *PLACES} == {"ops.explain"}


def test_the_shell_completes_what_an_option_may_be() -> None:
    assert completed("produce", "--sink", "")[0] == ["kinesis", "file", "stdout"]
