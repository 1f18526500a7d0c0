"""What can be saved of damaged JSON text: where its objects begin and end, whatever lies between.

Needs no sound JSON, cannot recurse, and reads each byte a bounded number of times; what decides
nothing (texts, blank lines, braces that close nothing) is passed over without a step of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# A string without its closing quote ends with the line, since JSON strings hold no line feeds.
_STRING: Final = rb'"(?:[^"\\\n]++|\\.)*+"?'
_OUTSIDE: Final = re.compile(rb'(?:[^"{\n]++|' + _STRING + rb")*+(?:\{|(\n[ \t\r\n]*+))")
"""Up to the next object; or up to a line's end, with the blank lines after it."""
_FLAT: Final = rb'(?:[^"{}]++|' + _STRING + rb")*+"
_INSIDE: Final = re.compile(rb"(?:" + _FLAT + rb"\{" + _FLAT + rb"\})*+" + _FLAT + rb"(?:\{|(\}))")
"""Up to what begins or ends an object inside of one, over those that hold no object themselves."""
DEEPEST: Final = 10_000
"""Objects inside each other. Nothing reads such; the end of one deeper is not looked for."""


def blocks(text: bytes | bytearray) -> Iterator[bytes]:
    """The text cut before each line that begins with `{`, so that damage reaches no further."""
    start = 0
    while (end := text.find(b"\n{", start)) >= 0:
        yield bytes(text[start : end + 1])
        start = end + 1
    yield bytes(text[start:])


def lines(block: bytes) -> Iterator[Iterator[bytes]]:
    """The block's lines, each with the blank ones after it; an object that goes over several lines
    makes them one.

    Each line comes as its parts, which joined give the line: objects, which begin with `{`, and
    what lies between them, which does not. Take a line's parts before the next line.
    """
    position = 0

    def parts() -> Iterator[bytes]:
        nonlocal position
        while (found := _OUTSIDE.match(block, position)) is not None:
            if found[1] is not None:
                yield block[position : found.end()]
                position = found.end()
                return
            start = found.end() - 1
            yield block[position:start]
            position = start
            end = _object_end(block, start)
            if not end:
                break
            yield block[start:end]
            position = end
        yield block[position:]
        position = len(block)

    while position < len(block):
        yield parts()


def _object_end(block: bytes, start: int) -> int:
    """The end of the object that begins here; 0 where it does not end, or is too deep."""
    depth, at = 1, start + 1
    while 0 < depth < DEEPEST:
        found = _INSIDE.match(block, at)
        if found is None:
            return 0
        depth += -1 if found[1] is not None else 1
        at = found.end()
    return 0 if depth else at
