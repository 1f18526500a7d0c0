"""What deliver is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.settings.channels import one_channel
from functions.settings.environment import FromEnvironment, setting, text


@dataclass(frozen=True, kw_only=True)
class DeliverSettings(FromEnvironment):
    """channel: whose queue it reads. secret_arn: the ARN or the name of what lets it in."""

    channel: str = setting(one_channel)
    secret_arn: str = setting(text)
    state_table: str = setting(text)
    environment: str = setting(text)
    dashboard_url: str = setting(text)
