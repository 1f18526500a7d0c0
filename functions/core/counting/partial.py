"""A partial: the tally of a run of one shard's records, as it travels on the tallies stream."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from functions.core.counting.messages import NO_MESSAGES, Messages
from functions.core.counting.record import Record
from functions.core.counting.tally import Bucket, Tally
from functions.core.counting.wire import Wire
from functions.core.errors import Malformed

VERSION: Final = 2
LARGEST_TALLY: Final = 30_000
"""Cells in one part, its messages' counted. A cell usually packs to less than 8 bytes."""
LARGEST_BYTES: Final = 250_000
"""Bytes of one part. What detect stores of it has to fit into a DynamoDB item of 400 KB."""
_SURELY_SMALL: Final = 300
"""Cells whose bytes need not be counted: two values of 64 characters each take less than 800."""


class Partial(msgspec.Struct, frozen=True, array_like=True):
    """The tally of the records `first` to `last` (sequence numbers, as text) of `shard`.

    `after` is where the partial before it in the same batch ended, empty for a batch's first. A
    record too large for one partial comes in parts, numbered from 0. `arrived_ms` is the newest
    arrival among the records, `newest_ms` the newest event time (0 when there was no payment);
    both are milliseconds since the epoch. normal: names of incidents that a person says are normal
    now; the partial that brings them counts nothing, and moves no clock. messages: those that the tally
    counts, each as a payment's first.
    """

    shard: str
    first: str
    last: str
    arrived_ms: int
    newest_ms: int
    tally: Tally
    part: int = 0
    version: int = VERSION
    after: str = ""
    normal: tuple[str, ...] = ()
    messages: Messages = NO_MESSAGES


class Position(msgspec.Struct, frozen=True, array_like=True, order=True):
    """How far a shard is counted: all records up to `last`, of its last partial up to `part`.

    `last` is a sequence number as text of SEQUENCE_DIGITS digits, so that text order is its order.
    gap: more may have been counted since, by steps that could not be read.
    """

    last: str
    part: int = 0
    gap: bool = False


SEQUENCE_DIGITS: Final = 129
"""The longest sequence number that Kinesis' API admits; they have 56 digits now."""


def padded(sequence_number: str) -> str:
    return sequence_number.zfill(SEQUENCE_DIGITS)


WORD_SHARD: Final = "operator/"
"""Before the incident's name it stands for a shard where a person's word travels: each has positions of its
own, for the clocks of two people differ."""


def word(name: str, at_ms: int) -> Partial:
    """A person's word, of their clock's `at_ms`, that the incident of that name is normal now. Sent twice, it
    counts once."""
    number = str(at_ms)
    return Partial(
        shard=f"{WORD_SHARD}{name}",
        first=number,
        last=number,
        arrived_ms=0,
        newest_ms=0,
        tally=Tally(),
        normal=(name,),
    )


def grouped(batch: Iterable[Record]) -> Iterator[list[Record]]:
    """A batch of partials in runs of at most LARGEST_BYTES, which fit into one step of detect, in
    order. A record that alone is larger is a run of its own."""
    group: list[Record] = []
    size = 0
    for record in batch:
        if group and size + len(record.data) > LARGEST_BYTES:
            yield group
            group, size = [], 0
        group.append(record)
        size += len(record.data)
    if group:
        yield group


def fits(partial: Partial) -> bool:
    """Whether the partial can travel as one."""
    cells = partial.tally.cells + partial.messages.cells
    return cells <= _SURELY_SMALL or (
        cells <= LARGEST_TALLY and len(encode(partial)) <= LARGEST_BYTES
    )


class _Sent(msgspec.Struct, frozen=True, array_like=True):
    """A partial as bytes hold it, its tally not yet read: what it holds depends on the version."""

    shard: str
    first: str
    last: str
    arrived_ms: int
    newest_ms: int
    tally: msgspec.Raw
    part: int
    version: int
    after: str = ""
    normal: tuple[str, ...] = ()
    messages: Messages = NO_MESSAGES


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(_Sent)
_seconds: Final = Wire(dict[int, Bucket])


def encode(partial: Partial) -> bytes:
    for held, data in _newest:
        if held is partial:
            return data
    data = _encoded(partial)
    _newest.append((partial, data))
    return data


_newest: Final[deque[tuple[Partial, bytes]]] = deque(maxlen=8)
"""Those that it was seen of whether they fit: their bytes are sent next."""


def _encoded(partial: Partial) -> bytes:
    tally = msgspec.Raw(_seconds.encode(partial.tally.seconds))
    sent = _Sent(**{**msgspec.structs.asdict(partial), "tally": tally})
    return zlib.compress(_encoder.encode(sent), 1)


def decode(data: bytes) -> Partial:
    """Raises Malformed for bytes that are no partial, or one of a version not known here."""
    try:
        sent = _decoder.decode(zlib.decompress(data))
        if sent.version != VERSION:
            raise Malformed("bad_partial", f"version {sent.version}, known: {VERSION}", data)
        tally = Tally(_seconds.decode(sent.tally))
    except (zlib.error, msgspec.MsgspecError, ValueError) as error:
        raise Malformed("bad_partial", str(error), data) from None
    return Partial(**{**msgspec.structs.asdict(sent), "tally": tally})


def fresh(
    positions: dict[str, Position], partials: Iterable[Partial]
) -> tuple[list[Partial], dict[str, Position]]:
    """The partials that are not counted yet, in order, and the positions after them.

    A partial at or before its shard's position was counted. One that begins at or before the
    position and ends after it was sent before its records were cut anew: those records come
    again in partials that fit (functions/core/counting/ledger.py), so this one is dropped too, and so is what
    follows it in its batch, which would leave a gap: that comes again as well. Else, after a position
    with a gap, nothing has to follow on it: what lies between was acknowledged and comes no more.
    """
    positions = dict(positions)
    taken: list[Partial] = []
    for partial in partials:
        held = positions.get(partial.shard)
        position = Position(padded(partial.last), partial.part)
        if held is not None:
            if position <= held:
                continue
            if padded(partial.first) <= held.last < position.last:
                positions[partial.shard] = msgspec.structs.replace(held, gap=False)
                continue
            if partial.after and padded(partial.after) > held.last and not held.gap:
                continue
        positions[partial.shard] = position
        taken.append(partial)
    return taken, positions
