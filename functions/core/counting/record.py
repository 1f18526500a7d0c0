"""A record of a stream, and the one that carries no payment."""

from __future__ import annotations

from typing import Final

import msgspec

TICK: Final = b'{"paywatch":"tick"}'
"""The heartbeat: a record that carries no payment, only its time of arrival."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as Lambda hands it over. `arrived_ms`: approximate arrival, epoch milliseconds."""

    shard: str
    sequence_number: str
    arrived_ms: int
    data: bytes
