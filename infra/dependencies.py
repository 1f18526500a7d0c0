"""The layer with the functions' third-party packages, cut from uv.lock, built without Docker."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.core.errors import SettingsError
from infra.settings import ROOT


@dataclass(frozen=True)
class Target:
    """The Python that runs the functions: its version, uv's name of its platform, its machine."""

    python: str
    platform: str
    architecture: lambda_.Architecture

    @classmethod
    def host(cls) -> Target:
        """This machine and this Python: what the emulator runs the functions with."""
        machine = "aarch64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
        system = "apple-darwin" if sys.platform == "darwin" else "unknown-linux-gnu"
        return cls(
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            platform=f"{machine}-{system}",
            architecture=(
                lambda_.Architecture.ARM_64 if machine == "aarch64" else lambda_.Architecture.X86_64
            ),
        )


LAMBDA: Final = Target(
    python="3.13",
    platform="aarch64-manylinux2014",
    architecture=lambda_.Architecture.ARM_64,
)
"""What runs in AWS: python3.13 on arm64, a fifth cheaper than x86-64."""


def uv() -> str:
    """The uv binary: PAYWATCH_UV, else on the PATH, else where the Makefile puts it."""
    places = [os.environ.get("PAYWATCH_UV"), shutil.which("uv"), str(ROOT / ".tools/bin/uv")]
    for place in places:
        if place and Path(place).is_file():
            return place
    raise SettingsError(["uv is not found: run `make setup`, or set PAYWATCH_UV to the binary"])


def requirements() -> str:
    """The `functions` group of uv.lock: every package pinned, every file with its hash."""
    command = [uv(), "export", "--frozen", "--only-group", "functions", "--no-emit-project"]
    command += ["--no-header", "--no-annotate", "--directory", str(ROOT)]
    return _run(command)


def _run(command: list[str], stdin: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - uv, with our own arguments
        command, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout


def bundle(target: Target, locked: str, folder: Path) -> None:
    """Installs the locked wheels for the target into folder/python, as Lambda wants a layer."""
    command = [uv(), "pip", "install", "--target", str(folder / "python"), "--no-deps", "--quiet"]
    command += ["--python-version", target.python, "--python-platform", target.platform]
    command += ["--only-binary", ":all:", "--require-hashes", "--no-installer-metadata"]
    command += ["--link-mode", "copy", "--requirements", "-"]
    _run(command, stdin=locked)
    # Console scripts: of no use in Lambda, and their first line would name this machine's Python.
    shutil.rmtree(folder / "python" / "bin", ignore_errors=True)


@jsii.implements(cdk.ILocalBundling)
class _UvInstall:
    """Bundles with uv. Raises on failure: to return False would mean to try Docker."""

    def __init__(self, target: Target, locked: str) -> None:
        self._target = target
        self._locked = locked

    def try_bundle(self, output_dir: str, *_: Any, **__: Any) -> bool:
        bundle(self._target, self._locked, Path(output_dir))
        return True


class Dependencies(Construct):
    """`layer`: named by the hash of what goes in, so that it is built and uploaded only when the
    locked packages change, and is the same on every machine.
    """

    def __init__(self, scope: Construct, construct_id: str, *, target: Target) -> None:
        super().__init__(scope, construct_id)
        locked = requirements()
        inputs = "\n".join((target.python, target.platform, locked))
        self.layer = lambda_.LayerVersion(
            self,
            "Layer",
            description="Third-party packages of the Paywatch functions, as locked in uv.lock",
            compatible_architectures=[target.architecture],
            code=lambda_.Code.from_asset(
                str(ROOT / "functions"),
                asset_hash=hashlib.sha256(inputs.encode()).hexdigest(),
                asset_hash_type=cdk.AssetHashType.CUSTOM,
                bundling=cdk.BundlingOptions(
                    image=cdk.DockerImage.from_registry("never-used"),
                    local=_UvInstall(target, locked),
                ),
            ),
        )
