"""Decline codes that came in traffic and that the knowledge base does not have, for somebody to add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from functions.core.counting.harm import LONGEST_ID, code_of
from functions.core.counting.tally import Tally
from functions.core.payments.event import Payment
from functions.core.payments.sensitive import kept

MOST_CODES: Final = 200
"""Codes that are kept: those seen most often."""


class UnknownCode(msgspec.Struct, frozen=True, array_like=True):
    """payments: that came with it; first, last: the seconds of the first and the newest."""

    payments: int
    first: int
    last: int


def name(payment: Payment) -> str:
    """`scheme:code`, the scheme empty where the event named none."""
    scheme = kept(payment.error_scheme or "", LONGEST_ID).replace(":", " ")
    return f"{scheme}:{code_of(payment)}"


def scheme_and_code(name: str) -> tuple[str, str]:
    """The inverse of `name`."""
    scheme, _, code = name.partition(":")
    return scheme, code


def seen(known: dict[str, UnknownCode], tally: Tally) -> dict[str, UnknownCode]:
    """What was known, with the tally's unknown codes; the rarest are let go beyond MOST_CODES."""
    if not any(bucket.unknown for bucket in tally.seconds.values()):
        return known
    after = dict(known)
    for second in sorted(tally.seconds):
        for code, count in tally.seconds[second].unknown.items():
            held = after.get(code, UnknownCode(0, second, second))
            after[code] = UnknownCode(
                held.payments + count, min(held.first, second), max(held.last, second)
            )
    return _most_frequent(after)


def _most_frequent(codes: Mapping[str, UnknownCode]) -> dict[str, UnknownCode]:
    ranked = sorted(codes.items(), key=lambda item: (-item[1].payments, -item[1].last, item[0]))
    return dict(ranked[:MOST_CODES])
