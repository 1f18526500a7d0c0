"""What the emulator cannot deploy or do: the one place where a deployment to it differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from infra.settings import Settings

ASSETS_BUCKET: Final = "paywatch-assets"
"""Where a deployment to the emulator puts its assets; made by infra/local.py."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "tls-only": "its endpoint speaks plain http, and it honours the policies that refuse that",
    "metric-namespace": "it does not know the condition key cloudwatch:namespace, and refuses all",
    "lambda-platform": "it runs functions with this machine's Python, on this machine's processor",
    "deployment-roles": "it refuses the asset role of a bootstrapped account",
    "archive": "it writes Parquet only with its extra of 110 MB, and nothing else without",
    "nag": "the rules are for what AWS gets; without tls-only they would not be met",
}
"""Property → why a deployment to the emulator goes without it."""


def has(settings: Settings, name: str) -> bool:
    """Whether the deployment has the property `name` of LEFT_OUT."""
    if name not in LEFT_OUT:
        raise KeyError(f"{name} is not in LEFT_OUT; known: {', '.join(LEFT_OUT)}")
    return not settings.emulated
