"""The layer: the same on every machine, and enough for every handler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from infra.dependencies import LAMBDA, Target, bundle, requirements
from infra.settings import ROOT
from tests.infra.conftest import Deployment

EVERYTHING = "import functions.handlers.{0} as module; assert callable(module.handler)"


def test_the_layer_is_cut_from_the_lock_with_every_file_pinned() -> None:
    lines = [line for line in requirements().splitlines() if line and not line.startswith(" ")]
    assert all("==" in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"aws-lambda-powertools", "msgspec"} <= names
    assert not {"boto3", "aws-cdk-lib", "pytest"} & names


def test_the_layer_is_for_the_runtime_of_the_functions(dev: Deployment) -> None:
    (layer,) = dev.of("AWS::Lambda::LayerVersion").values()
    assert layer["CompatibleArchitectures"] == [LAMBDA.architecture.name]
    for function in dev.functions().values():
        assert function["Runtime"] == f"python{LAMBDA.python}"


def test_the_layer_is_named_by_what_goes_in(dev: Deployment, emulated: Deployment) -> None:
    """Another platform is another layer; another edit of the functions is not."""
    keys = [
        layer["Content"]["S3Key"]
        for deployment in (dev, emulated)
        for layer in deployment.of("AWS::Lambda::LayerVersion").values()
    ]
    assert len(set(keys)) == 2


def test_every_handler_starts_with_the_layer_the_runtime_and_nothing_else(tmp_path: Path) -> None:
    """On this machine's platform; the runtime's own boto3 is played by the tests' environment."""
    bundle(Target.host(), requirements(), tmp_path)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for package in ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "jmespath", "six.py"):
        (runtime / package).symlink_to(next(p for p in _site() if (p / package).exists()) / package)
    for name in ("tally", "detect", "notify", "tick", "archive"):
        done = subprocess.run(
            [sys.executable, "-S", "-c", EVERYTHING.format(name)],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path / "python"), str(runtime)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "POWERTOOLS_SERVICE_NAME": name,
                "AWS_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stderr


def _site() -> list[Path]:
    return [Path(entry) for entry in sys.path if entry.endswith("site-packages")]
