"""Columns of payments counted by second and slice, as `Tally.add` counts one payment.

What depends on a value is worked out once a distinct value and remembered. A second's payments are
counted by slice with `collections.Counter`, which takes 0.03 µs a payment and slice, and as if all
were approved; what the others add beyond that is added one by one. Where most have a latency each
adds something else: then all are added one by one, at 0.08 µs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, compress, islice
from operator import add, le, mul
from typing import Any, Final, Generic, TypeVar

from functions.core.causes.diagnosis import TIMEOUT_MS, classify
from functions.core.causes.knowledge import KnowledgeBase
from functions.core.counting.counts import BAD, NONE, Counts, one, speed
from functions.core.counting.latency import latency_index
from functions.core.counting.slices import Slice, Slicing, narrowest, slices_of
from functions.core.errors import Malformed
from functions.core.payments.event import (
    ATTEMPT_STATUSES,
    LARGEST_COUNT,
    LONGEST_LATENCY_MS,
    parse_status,
    to_payment,
)
from functions.core.payments.reasons import LONGEST_MESSAGE
from producer.columns import Columns, Unplain
from producer.format import Format
from producer.second import Open
from producer.times import times_of

K = TypeVar("K")
V = TypeVar("V")


class _Memo(dict[K, V], Generic[K, V]):
    """key → what `find` makes of it, for as many keys as usual columns have distinct values."""

    def __init__(self, find: Callable[[K], V]) -> None:
        self._find = find

    def __missing__(self, key: K) -> V:
        if len(self) >= _REMEMBERED:
            self.clear()
        try:
            value = self[key] = self._find(key)
        except Malformed:
            raise Unplain from None
        return value


_REMEMBERED: Final = 65_536


class Counting:
    """Counts columns of one file. form: as `producer.history.read` takes it."""

    def __init__(self, form: Format | None, knowledge: KnowledgeBase, slicing: Slicing) -> None:
        self._form = form
        self._knowledge = knowledge
        self._times = times_of(form)
        self._units: _Memo[Any, Counts] = _Memo(_unit)
        self._reasons: _Memo[Any, Counts] = _Memo(self._reason)
        self._latencies: _Memo[float | None, tuple[Counts, int | None]] = _Memo(_latency)
        self._slices: list[tuple[tuple[str, ...], _Memo[Any, str | None]]] = [
            (names, _Memo(self._slice(names))) for names in slicing
        ]
        self._elements: list[tuple[str, _Memo[Any, str | None]]] = [
            (name, _Memo(self._slice((name,)))) for name in sorted(set(chain(*slicing)))
        ]

    def count(self, columns: Columns, opened: defaultdict[int, Open]) -> None:
        """Add the rows, at least one, to their seconds, all or none of them. Raises Unplain."""
        if not {"timestamp", "payment_status"} <= columns.keys() or any(columns.get("test", ())):
            raise Unplain
        columns, counts = self._counted(columns)
        moments = self._times.moments(columns["timestamp"])
        units = self._units_of(columns)
        slices = self._slices_of(columns)
        failing = self._failing_of(columns, units, counts)
        latency: list[Sequence[Any]] = []
        if "latency_ms" in columns and moments:
            found = map(self._latencies.__getitem__, columns["latency_ms"])
            speeds, indexes = zip(*found, strict=True)
            units = list(map(add, units, speeds))
            latency = [indexes] if counts is None else [indexes, counts]
        if counts is not None:
            units = list(map(mul, units, counts))
        if not all(map(le, moments, islice(moments, 1, None))):
            order = sorted(range(len(moments)), key=moments.__getitem__)
            moments, units = _in(order, moments), _in(order, units)
            slices = [_in(order, column) for column in slices]
            failing = _in(order, failing)
            latency = [_in(order, column) for column in latency]
        for second, newest_ms, start, stop in list(self._times.seconds(moments)):
            into = opened[second]
            into.newest_ms = max(into.newest_ms, newest_ms)
            into.add(units[start:stop], [column[start:stop] for column in slices])
            into.add_failing(failing[start:stop])
            if latency:
                into.add_latency(*(column[start:stop] for column in latency))

    def failing_at_merchants(self, columns: Columns) -> Sequence[bool]:
        """Which rows are a payment of a merchant's that did not succeed; empty where no row tells its
        merchant, or rows stand for several. Raises Unplain."""
        if "merchant" not in columns or "count" in columns:
            return ()
        return [not self._units[status] for status in columns.get("payment_status", ())]

    def _slices_of(self, columns: Columns) -> list[Sequence[str | None]]:
        """A column of slices for each of the slicing whose dimensions there are."""
        found = list[Sequence[str | None]]()
        for names, memo in self._slices:
            if all(name in columns for name in names):
                values = [columns[name] for name in names]
                rows = values[0] if len(values) == 1 else zip(*values, strict=True)
                found.append(list(map(memo.__getitem__, rows)))
        return found

    def _failing_of(
        self, columns: Columns, units: Sequence[Counts], counts: Sequence[int] | None
    ) -> Sequence[tuple[Slice, Counts] | None]:
        """A column of the leaf of what failed and what it adds there, None where the row did not."""
        found: list[tuple[Slice, Counts] | None] = [None] * len(units)
        memos = [(columns[name], memo) for name, memo in self._elements if name in columns]
        for place, unit in enumerate(units):
            if unit >= BAD:
                elements = [memo[column[place]] for column, memo in memos]
                leaf = narrowest(element for element in elements if element is not None)
                found[place] = leaf, unit if counts is None else unit * counts[place]
        return found

    def _counted(self, columns: Columns) -> tuple[Columns, Sequence[int] | None]:
        """The rows that stand for payments, and for how many; None when each is one."""
        counts = columns.get("count")
        if counts is None:
            return columns, None
        if self._form is None:
            counts = [1 if count is None else count for count in counts]
        distinct = set(counts)
        if None in distinct or not 0 <= min(distinct) <= max(distinct) <= LARGEST_COUNT:
            raise Unplain
        if 0 in distinct:
            if self._form is None:
                raise Unplain
            for when in compress(columns["timestamp"], (not count for count in counts)):
                self._times.ms(when)
            columns = {name: list(compress(column, counts)) for name, column in columns.items()}
            counts = columns["count"]
        return columns, (None if distinct == {1} else counts)

    def _units_of(self, columns: Columns) -> Sequence[Counts]:
        """What one payment of each row adds to each of its slices, but for its latency."""
        units = list(map(self._units.__getitem__, columns["payment_status"]))
        for place, unit in enumerate(units):
            if not unit:
                units[place] = self._failed(columns, place)
        return units

    def _failed(self, columns: Columns, place: int) -> Counts:
        code, scheme, message = (
            self._text(columns[field][place]) if field in columns else None for field in _REASON
        )
        latency_ms = columns["latency_ms"][place] if "latency_ms" in columns else None
        is_late = latency_ms is not None and latency_ms >= TIMEOUT_MS
        told = columns["payment_status"][place], code, scheme, message, is_late
        if message is not None and len(message) > LONGEST_MESSAGE:
            return self._reason(told)
        return self._reasons[told]

    def _reason(self, told: tuple[str, str | None, str | None, str | None, bool]) -> Counts:
        """What a payment adds of this status, code, scheme and message, answered too late or not."""
        word, code, scheme, message, is_late = told
        status = parse_status(word)
        payment = to_payment(
            {
                "transaction_id": "-",
                "payment_status": status,
                "timestamp": 0,
                "error_code": code,
                "error_scheme": scheme,
                "error_message": message,
                "latency_ms": TIMEOUT_MS if is_late else None,
            }
        )
        return one(status, classify(payment, self._knowledge))

    def _text(self, value: str | int | None) -> str | None:
        if value is None or self._form is None:
            return None if value is None else str(value)
        return str(value).strip() or None

    def _slice(self, names: tuple[str, ...]) -> Callable[[Any], str | None]:
        alone = (names,)

        def find(values: Any) -> str | None:
            given = values if len(names) > 1 else (values,)
            texts = {name: self._text(value) for name, value in zip(names, given, strict=True)}
            event = {"transaction_id": "-", "payment_status": "approved", "timestamp": 0, **texts}
            found = slices_of(to_payment(event), alone)
            return found[1] if len(found) > 1 else None

        return find


def _in(order: Sequence[int], column: Sequence[Any]) -> Sequence[Any]:
    return list(map(column.__getitem__, order))


_REASON: Final = ("error_code", "error_scheme", "error_message")


def _unit(status: str | None) -> Counts:
    """What a payment adds whose status says all, 0 where it has a cause besides."""
    if status is None:
        raise Unplain
    known = parse_status(status)
    return 0 if known in _CAUSED else one(known, "")


_CAUSED: Final = ATTEMPT_STATUSES - {"approved"}


def _latency(latency_ms: float | None) -> tuple[Counts, int | None]:
    """What a latency adds to a slice, and its bucket."""
    if latency_ms is None:
        return NONE, None
    if not 0 <= latency_ms <= LONGEST_LATENCY_MS:
        raise Unplain
    return speed(latency_ms), latency_index(latency_ms)
