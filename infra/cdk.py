"""`python -m infra.cdk …`: the pinned CDK command line, run by the environment's own Node."""

from __future__ import annotations

import os
import sys

from functions.core.errors import SettingsError
from infra import NODE
from infra.settings import ROOT

CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def main() -> None:
    """Become the cdk command with the same arguments."""
    if not CDK.is_file():
        raise SettingsError([f"the cdk command is not installed in {CDK.parent}: run `make setup`"])
    os.chdir(ROOT)
    os.execv(NODE, [str(NODE), str(CDK), *sys.argv[1:]])  # noqa: S606 (no shell, our own program)


if __name__ == "__main__":
    main()
