"""The column of times of a file of past payments."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Final

from functions.core.errors import Malformed
from producer.columns import Unplain
from producer.format import Format
from producer.moments import time_ms

Moments = Sequence[Any]
"""One a row: all epoch milliseconds, or all texts that sort as their times do."""


class Times:
    """Reads times of one form, as `producer.moments.time_ms` does. zone: of those without one."""

    def __init__(self, timestamp_format: str, zone: str = "") -> None:
        self._format = timestamp_format
        self._zone = zone

    def ms(self, value: Any) -> int:
        """A time as epoch milliseconds. Raises Unplain."""
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            raise Unplain
        try:
            return time_ms(value, self._format, self._zone)
        except Malformed:
            raise Unplain from None

    def moments(self, values: Sequence[Any]) -> Moments:
        """Raises Unplain. Texts of one shape and offset are not read: 0.1 µs each and not 1.5."""
        if self._format == "iso8601" and _are_alike(values, self._zone):
            return values
        return list(map(self.ms, values))

    def moment_ms(self, moment: Any) -> int:
        return self.ms(moment) if isinstance(moment, str) else int(moment)

    def seconds(self, moments: Moments) -> Iterator[tuple[int, int, int, int]]:
        """Of each second in moments that are in order: the second, its newest moment in ms, and the
        places of its first and behind its last. Raises Unplain."""
        start = 0
        while start < len(moments):
            first = moments[start]
            second = self.moment_ms(first) // 1000
            if isinstance(first, str):
                stop = bisect_right(moments, first[:_TO_SECOND] + "\x7f", start)
            else:
                stop = bisect_left(moments, (second + 1) * 1000, start)
            yield second, self.moment_ms(moments[stop - 1]), start, stop
            start = stop


_TO_SECOND: Final = len("0000-00-00T00:00:00")
_SHAPE: Final = re.compile(rb"0000-00-00[T ]00:00:00(?:\.0+)?(Z|[+-]00:00)?")
_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")


def times_of(form: Format | None) -> Times:
    """What reads the times of a file in this format."""
    return Times(form.timestamp_format, form.timezone) if form else Times("iso8601")


def _are_alike(values: Sequence[Any], zone: str) -> bool:
    """Whether all are ISO 8601 texts of the same length and the same offset. Then their order is
    that of their times, and those with the same 19 characters lie in the same second."""
    try:
        text = "\n".join((*values, "")).encode()
    except TypeError:
        return False
    if not values:
        return False
    shape = values[0].encode().translate(_TO_ZERO)
    match = _SHAPE.fullmatch(shape)
    if (
        match is None
        or (zone and not match[1])
        or text.translate(_TO_ZERO) != (shape + b"\n") * len(values)
    ):
        return False
    offset = values[0].encode()[match.start(1) :] if match[1] else b""
    return text.count(offset + b"\n") == len(values)
