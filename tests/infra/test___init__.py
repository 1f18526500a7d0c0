"""The package: whoever imports it may import aws_cdk, with no Node on the machine."""

from __future__ import annotations

import os
import subprocess
import sys

from infra import NODE
from infra.settings import ROOT


def run(program: str, **environment: str) -> str:
    """What a Python prints that finds no Node on its path."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_node_of_the_environment_is_there_and_can_be_run() -> None:
    assert os.access(NODE, os.X_OK)


def test_the_app_needs_no_node_on_the_path() -> None:
    assert run("import infra; import aws_cdk; print(aws_cdk.Stack().stack_name)") == "Default"


def test_a_node_that_somebody_chose_is_left_alone() -> None:
    chosen = run("import infra, os; print(os.environ['JSII_NODE'])", JSII_NODE="/opt/node")
    assert chosen == "/opt/node"
