"""`python -m infra.cdk …`: the pinned CDK command line, run by the environment's own Node."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from functions.core.errors import SettingsError
from infra import NODE
from infra.settings import ROOT

CDK: Final = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def command(arguments: Sequence[str], cdk: Path = CDK) -> list[str]:
    """The whole command line of cdk with these arguments. Raises SettingsError: not installed."""
    if not cdk.is_file():
        raise SettingsError([f"the cdk command is not installed in {cdk.parent}: run `make setup`"])
    return [str(NODE), str(cdk), *arguments]


def main() -> NoReturn:
    """Become the cdk command with the same arguments, in the folder of cdk.json."""
    try:
        whole = command(sys.argv[1:])
    except SettingsError as error:
        sys.exit(str(error))
    os.chdir(ROOT)
    os.execv(whole[0], whole)  # noqa: S606 (no shell, our own program)


if __name__ == "__main__":
    main()
