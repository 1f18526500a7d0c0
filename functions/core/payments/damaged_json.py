"""What can be saved of damaged JSON text: where its objects begin and end, whatever lies between.

Needs no sound JSON, cannot recurse, and reads each byte a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# A string without its closing quote ends with the line, since JSON strings hold no line feeds.
_TOKEN: Final = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"?|[{}\n]')
_OPEN, _CLOSE, _NEWLINE = b"{}\n"


def blocks(text: bytes | bytearray) -> Iterator[bytes]:
    """The text cut before each line that begins with `{`, so that damage reaches no further."""
    start = 0
    while (end := text.find(b"\n{", start)) >= 0:
        yield bytes(text[start : end + 1])
        start = end + 1
    yield bytes(text[start:])


def lines(block: bytes) -> Iterator[Iterator[bytes]]:
    """The block's lines; an object that goes over several lines makes them one.

    Each line comes as its parts, which joined give the line: objects, which begin with `{`, and
    what lies between them, which does not. Take a line's parts before the next line.
    """
    tokens = _TOKEN.finditer(block)
    position = 0

    def parts() -> Iterator[bytes]:
        nonlocal position
        depth = 0
        for token in tokens:
            kind = block[token.start()]
            if kind == _OPEN:
                if not depth:
                    yield block[position : token.start()]
                    position = token.start()
                depth += 1
            elif kind == _CLOSE and depth:
                depth -= 1
                if not depth:
                    yield block[position : token.end()]
                    position = token.end()
            elif kind == _NEWLINE and not depth:
                yield block[position : token.end()]
                position = token.end()
                return
        yield block[position:]
        position = len(block)

    while position < len(block):
        yield parts()
