"""Card numbers: found in any text, and masked before anything is stored or logged."""

from __future__ import annotations

import re
from typing import Final

_DIGIT_GROUPS: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){13,}")
_GROUP: Final = re.compile(r"[0-9]+")
_MOST_GROUPS: Final = 6
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _is_card_number(digits: str) -> bool:
    """It has a card number's length and first digit, and Luhn's checksum (ISO/IEC 7812-1) holds."""
    if not 14 <= len(digits) <= 19 or digits[0] in "017":
        return False
    total = sum(
        _DOUBLED[int(digit)] if position % 2 else int(digit)
        for position, digit in enumerate(reversed(digits))
    )
    return total % 10 == 0


def mask(text: str) -> str:
    """The text with every card number's digits replaced, but for its last four.

    A card number is 14 to 19 digits, plain or in at most six groups divided by a space or a hyphen,
    that begin as issued numbers do (2 to 6, 8, 9) and pass Luhn's test. Other groups of digits may
    stand beside it: an expiry date, a CVC.
    """
    return _DIGIT_GROUPS.sub(lambda found: _masked(found[0]), text)


def mask_bytes(data: bytes) -> bytes:
    """As `mask`, for bytes in any encoding that keeps ASCII digits; the length stays the same."""
    return mask(data.decode("latin-1")).encode("latin-1")


def _masked(text: str) -> str:
    """Groups of digits with the card numbers among them masked, the longest first."""
    groups = list(_GROUP.finditer(text))
    out: list[str] = []
    done = at = 0
    while at < len(groups):
        start = groups[at].start()
        for last in range(min(len(groups), at + _MOST_GROUPS) - 1, at - 1, -1):
            end = groups[last].end()
            digits = "".join(group[0] for group in groups[at : last + 1])
            if _is_card_number(digits):
                out += (text[done:start], _hidden(text[start:end], len(digits) - 4))
                done, at = end, last
                break
        at += 1
    return "".join((*out, text[done:]))


def _hidden(number: str, digits: int) -> str:
    """The number with its first so many digits replaced."""
    return re.sub("[0-9]", "*", number, count=digits)
