"""When gauges are published, and how old what was counted in between was when it was counted."""

from __future__ import annotations

import msgspec


class Publishing(msgspec.Struct, frozen=True):
    """at: second of the last gauges that showed something counted. newest_ms, counted_ms: of what was counted
    since the last gauges and was the freshest when it was counted, its event time and the wall clock then
    (epoch milliseconds); 0 where nothing was."""

    at: int = 0
    newest_ms: int = 0
    counted_ms: int = 0


def with_counted(publishing: Publishing, newest_ms: int, now_ms: int) -> Publishing:
    """After a step that counted payments, the newest of `newest_ms`; 0 where it counted none."""
    if not newest_ms:
        return publishing
    age = now_ms - newest_ms
    if publishing.newest_ms and publishing.counted_ms - publishing.newest_ms <= age:
        return publishing
    return Publishing(publishing.at, newest_ms, now_ms)


def is_due(publishing: Publishing, clock: int, seconds: int) -> bool:
    """Whether the gauges of second `clock` are to be published. Those of silence, which come with each tick,
    hold nothing back: a payment just after one would be told a minute later, when its window is over."""
    return clock - publishing.at >= seconds


def published(publishing: Publishing, clock: int) -> Publishing:
    """After the gauges of second `clock` were published."""
    return Publishing(clock if publishing.newest_ms else publishing.at)
