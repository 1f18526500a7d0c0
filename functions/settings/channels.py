"""The channels that pages are delivered to, as a setting."""

from __future__ import annotations

from functions.core.paging.channels.delivery import CHANNELS


def one_channel(value: str) -> str:
    if value not in CHANNELS:
        raise ValueError(f"is no channel; known: {', '.join(CHANNELS)}")
    return value


def channels(value: str) -> tuple[str, ...]:
    """`slack,webhook` as the names of channels."""
    return tuple(one_channel(name.strip()) for name in value.split(",") if name.strip())
