"""`python -m infra.default_alarms`: writes ops/backtest/default_alarms.json, to be committed.

It holds the alarms of a default production deployment, so that `paywatch backtest` judges what is
deployed without synthesising anything; tests/infra/test_default_alarms.py compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from infra.app import build_app
from infra.settings import ROOT, project_context

FILE: Final = ROOT / "ops" / "backtest" / "default_alarms.json"
ENVIRONMENT: Final = "prod"


def text(template: Mapping[str, Any]) -> str:
    """What the file says for a synthesised template: a template of its alarms alone."""
    alarms = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    return json.dumps({"Resources": alarms}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    # Without bundling: the alarms do not depend on the functions' code.
    context = {
        **project_context(),
        "environment": ENVIRONMENT,
        "aws:cdk:bundling-stacks": [],
    }
    assembly = build_app(context).synth()
    template = assembly.get_stack_by_name(f"Paywatch-{ENVIRONMENT}").template
    FILE.write_text(text(template), encoding="utf-8")


if __name__ == "__main__":
    main()
