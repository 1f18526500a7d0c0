"""The command line: what it prints where, and how it says what is wrong."""

from __future__ import annotations

import sys

import pytest
from botocore.exceptions import ClientError, NoRegionError
from typer.testing import CliRunner, Result

from functions.core.errors import PaywatchError, SettingsError
from ops.cli import EXIT_FAULT, app, fault_words, loaded, main


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_an_expected_fault_is_words_on_stderr_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["paywatch", "produce", "--scenario", "black-friday"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == EXIT_FAULT
    assert capsys.readouterr().err == (
        "paywatch: there is no scenario 'black-friday'; known: steady, prime-day\n"
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PaywatchError("no way"), "no way"),
        (SettingsError(["one"]), "one"),
        (SettingsError(["one", "two"]), "settings are wrong:\n  - one\n  - two"),
        (NoRegionError(), "You must specify a region."),
        (
            ClientError({"Error": {"Code": "X", "Message": "a\nb"}}, "Put"),
            "An error occurred (X) when calling the Put operation: a b",
        ),
        (KeyError("a bug"), None),
    ],
)
def test_only_expected_faults_become_words(error: Exception, words: str | None) -> None:
    assert fault_words(error) == words


def test_help_names_every_command() -> None:
    result = paywatch("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("produce", "replay"))


@pytest.mark.parametrize("command", ["produce", "replay", "redrive"])
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_the_environment_as_it_does_for_the_aws_command(
    command: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "eu-west-1")
    given = ["file.csv", "--format", "f.toml"] if command == "replay" else []
    context = loaded(command).make_context(command, given)
    assert context.params["region"] == "eu-west-1"
