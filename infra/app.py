"""The CDK app: `python -m infra.app`, as cdk.json runs it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
import cdk_nag

from functions.core.errors import SettingsError
from infra import emulated
from infra.settings import project_context, settings_from
from infra.stack import PaywatchStack


def build_app(context: Mapping[str, Any]) -> cdk.App:
    """The app that the context (that of the cdk command wins) asks for. Raises SettingsError."""
    app = cdk.App(context=dict(context), analytics_reporting=False)
    settings = settings_from(app.node.get_all_context())
    synthesizer = (
        cdk.DefaultStackSynthesizer()
        if emulated.has(settings, "deployment-roles")
        else cdk.CliCredentialsStackSynthesizer(file_assets_bucket_name=emulated.ASSETS_BUCKET)
    )
    if emulated.has(settings, "nag"):
        cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    PaywatchStack(
        app,
        f"Paywatch-{settings.environment}",
        settings=settings,
        synthesizer=synthesizer,
        description="Paywatch: watches a stream of payments and pages when they start to fail",
        termination_protection=settings.keep_data,
    )
    return app


def main() -> int:
    try:
        build_app(project_context()).synth()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
