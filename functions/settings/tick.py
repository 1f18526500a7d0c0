"""What tick is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.settings.environment import FromEnvironment, setting, text


@dataclass(frozen=True, kw_only=True)
class TickSettings(FromEnvironment):
    events_stream: str = setting(text)
