"""The cdk command: the pinned one, from wherever it is called, with the exit code of cdk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from functions.core.errors import SettingsError
from infra import NODE
from infra.cdk import CDK, command
from infra.settings import ROOT


def cdk(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.cdk", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_the_pinned_cdk_in_whatever_folder_it_is_called(tmp_path: Path) -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    done = cdk(tmp_path, "--version")
    assert done.returncode == 0
    assert done.stdout.split()[0] == pinned


def test_what_cdk_refuses_is_refused_with_its_exit_code(tmp_path: Path) -> None:
    done = cdk(tmp_path, "no-such-command")
    assert done.returncode == 1
    assert "no-such-command" in done.stderr


def test_a_setting_that_is_wrong_stops_cdk_and_is_named(tmp_path: Path) -> None:
    done = cdk(tmp_path, "synth", "-c", "oncall_email=nobody", "--output", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "oncall_email='nobody': nobody is no email address" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_arguments_are_handed_on_as_they_are() -> None:
    given = ["deploy", "-c", "oncall_email=a@example.org, b@example.org"]
    assert command(given) == [str(NODE), str(CDK), *given]


def test_a_cdk_that_is_not_installed_is_named_with_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"not installed in {tmp_path}: run `make setup`"):
        command(["synth"], cdk=tmp_path / "cdk")
