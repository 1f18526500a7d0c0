"""The app: what a context becomes, and how it ends when the context is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from infra.settings import ROOT


def test_a_wrong_setting_ends_the_synth_with_a_message_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"oncall_email": "nobody"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("settings are wrong:\n  - oncall_email='nobody'")
    assert "Traceback" not in done.stderr
