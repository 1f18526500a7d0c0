"""Amounts of a file as people write them: `1.234,50`, `₹1,00,000.00`, `(12.50)`, cents.

A number that is told by itself is read whatever the column's decimal mark is: only a single mark
with three digits behind it, `1.234`, may be either, and is what the column's other values say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Final

DECIMAL_MARKS: Final = (".", ",")

_SYMBOLS: Final = {
    "€": "EUR", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW", "₫": "VND", "₴": "UAH", "₦": "NGN",
    "₱": "PHP", "฿": "THB", "₪": "ILS", "zł": "PLN", "R$": "BRL", "Kč": "CZK", "£": "GBP",
}  # fmt: skip
"""Signs of one currency; `$`, `¥` and `kr` are those of several, and say nothing."""
_WORD: Final = re.compile(r"[^\d.,'()+\s-]{1,4}\.?")
_NUMBER: Final = re.compile(r"[+-]?\d[\d.,']*|[+-]?[.,]\d+")
_BLANKS: Final = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
_LARGEST: Final = 32
"""Characters of the longest amount that anybody writes."""


def number(text: str, decimal: str = ".") -> float:
    """A number as it is written, without its currency. Raises ValueError for what is none.

    decimal: the column's decimal mark, one of DECIMAL_MARKS.
    """
    if (decimal == "." or "e" in text) and _PLAIN.fullmatch(text):
        return float(text)
    if len(text) > _LARGEST:
        raise ValueError(text[:_LARGEST])
    bare, negative = _bare(text)
    whole, fraction = _parts(bare, decimal)
    found = float(f"{whole or '0'}.{fraction or '0'}")
    return -found if negative else found


_PLAIN: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def _bare(text: str) -> tuple[str, bool]:
    """Digits and marks alone, and whether it is below zero."""
    found = text.strip().replace("\u2212", "-").replace("\u2019", "'")
    negative = found.startswith("(") and found.endswith(")")
    if negative:
        found = found[1:-1]
    found = _BLANKS.sub("", found)
    signs = 0
    for _ in range(2):  # a sign and a currency, in either order: -€5, €-5
        if found[:1] in ("-", "+"):
            signs += found[0] == "-"
            found = found[1:]
        elif found[-1:] == "-":
            signs += 1
            found = found[:-1]
        begin = _WORD.match(found)
        if begin and not begin[0].isdigit():
            found = found[begin.end() :]
        end = re.search(r"(?<=[\d.,])[^\d.,'()+-]{1,4}\.?$", found)
        if end:
            found = found[: end.start()]
    if not _NUMBER.fullmatch(found) or not found.isascii() or signs > 1:
        raise ValueError(text)
    return found, negative != bool(signs)


def _parts(bare: str, decimal: str) -> tuple[str, str]:
    """The digits before and behind the decimal mark. Raises ValueError."""
    bare = bare.replace("'", "")
    mark = _mark(bare) or decimal
    whole, _, fraction = bare.rpartition(mark) if bare.count(mark) == 1 else (bare, "", "")
    groups = re.split(r"[.,]", whole)
    if len(set(re.findall(r"[.,]", whole))) > 1 or (mark in whole and fraction):
        raise ValueError(bare)
    grouped = len(groups) == 1 or (
        0 < len(groups[0]) <= 3
        and len(groups[-1]) == 3
        and all(len(group) in (2, 3) for group in groups[1:])
    )
    if not grouped or (fraction and not fraction.isdigit()):
        raise ValueError(bare)
    return "".join(groups), fraction


def _mark(bare: str) -> str:
    """The decimal mark that a number shows by itself; empty where it may be either, or has none."""
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return ""
    mark = bare[last]
    other = "," if mark == "." else "."
    if other in bare:
        return mark if bare.count(mark) == 1 else other
    if bare.count(mark) > 1:
        return other
    is_group = len(bare) - last - 1 == 3 and 1 <= last <= 3 and bare[0] != "0"
    return "" if is_group else mark


def decimal_of(texts: Iterable[str]) -> str:
    """The decimal mark of a column, by what its values show by themselves; `.` where they do not."""
    votes = dict.fromkeys(DECIMAL_MARKS, 0)
    for text in texts:
        try:
            bare, _ = _bare(text)
        except ValueError:
            continue
        if mark := _mark(bare.replace("'", "")):
            votes[mark] += 1
    return "," if votes[","] > votes["."] else "."


def currency_of(text: str) -> str | None:
    """The currency whose sign or ISO 4217 code stands beside the number; None where none does."""
    for sign, currency in _SYMBOLS.items():
        if sign in text:
            return currency
    code = re.fullmatch(r"\s*([A-Z]{3})\b.*\d.*|.*\d.*\b([A-Z]{3})\s*", text)
    return (code[1] or code[2]) if code else None


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
