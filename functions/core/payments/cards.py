"""Card numbers: found in any text, and masked before anything is stored, logged or told.

A card number is what an issuer can have given out: the first digits and the length of a card
network (_NETWORKS), with Luhn's checksum (ISO/IEC 7812-1). It is found plain or in groups, in
the digits of any script, as JSON or a URL escapes them, with zeros before it and with an expiry
date run on. Each character is looked at a bounded number of
times, in bounded memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

_NETWORKS: Final = (
    ("Visa", "4", (13, 16, 18, 19)),
    ("Mastercard", "2221-2720 51-55", (16,)),
    ("American Express", "34 37", (15,)),
    ("Diners Club", "300-305 3095 36 38 39", (14, 15, 16, 17, 18, 19)),
    ("Discover", "6011 644-649 65", (16, 17, 18, 19)),
    ("UnionPay", "62 81", (16, 17, 18, 19)),
    ("UnionPay T", "31", (19,)),
    ("JCB", "3528-3589", (16, 17, 18, 19)),
    ("JCB", "1800 2131", (15,)),
    ("Maestro", "5018 5020 5038 56-58 6304 6703 6706 6709 6759 676", (13, 14, 15, 16, 17, 18, 19)),
    ("Switch, Solo", "633", (16, 18, 19)),
    ("Dankort", "5019", (16,)),
    ("RuPay", "353 356 508 60 65 81 82", (16,)),
    ("Mir", "2200-2204", (16, 17, 18, 19)),
    ("Borica", "2205", (16,)),
    ("Elo", "5041 5066 5067 509 627780 636297 636368", (16,)),
    ("Verve", "5060 5061 5078 5079", (16, 18, 19)),
    ("UkrCard", "604", (16, 17, 18, 19)),
    ("InterPayment", "636", (16, 17, 18, 19)),
    ("Hipercard, InstaPayment", "637-639", (16,)),
    ("Mada", "9682", (16,)),
    ("Napas", "9704", (16, 19)),
    ("Troy", "9792", (16,)),
    ("Uzcard, Humo", "8600 9860", (16,)),
    ("GPN", "1946", (16,)),
)  # fmt: skip
"""Issuer prefixes, and how long numbers under them are: "Payment card number" on Wikipedia with the
networks' own tables that it cites, without prefixes that stand under a wider one here. Maestro's 12
digits are left out, which are the length of a retrieval reference number, and so is UATP (1, 15)."""

ACCEPTOR_ID_LENGTH: Final = 15
"""Digits of a merchant's id with its acquirer: ISO 8583, field 42, card acceptor id."""

_SHORTEST, _LONGEST = 13, 19
_SEPARATORS: Final = (
    r"\s\-.,/_+\x00-\x1f\x7f-\x9f"  # what people and UTF-16 put between groups
    r"\u00ad\u00b7\u061c\u180e\u200b-\u2015\u2022\u202a-\u202e\u2060-\u206f\u2212\ufeff"
    r"\u3001\u3002\ufe58\ufe63\uff0c-\uff0f\uff3f"
)
_JSON_DIGIT: Final = r"\\u(?:003|066|06[fF]|[fF]{2}1)[0-9]"
_DIGIT_TEXT: Final = rf"(?:\d|{_JSON_DIGIT})"
_BETWEEN: Final = (
    rf"(?:[{_SEPARATORS}]|%(?:20|09|2[bdBDcCeEfF]|[cC]2%[aA]0|5[fF])|\\[tnr]|"
    r"\\u(?:00[aA][0dD]|20[0-6][0-9a-fA-F]|2212|3000|[fF][eE][fF]{2}|000[9aAdD]|002[0cCdDeEfF])|"
    rf"\\(?!u))"
)
_MOST_BETWEEN: Final = 7
_CHAIN_DIGITS: Final = 1024
"""Digits that are looked at together, of a chain of digits that is longer."""
_OVERLAP: Final = 64
"""More digits than a card number has, with all that may be run on."""
_CHAIN: Final = re.compile(
    rf"[0-9]{{{_OVERLAP},}}+|(?P<chain>{_DIGIT_TEXT}"
    rf"(?:{_BETWEEN}{{0,{_MOST_BETWEEN}}}+{_DIGIT_TEXT}){{{_SHORTEST - 1},{_CHAIN_DIGITS - 1}}}+)"
)
"""One run of more digits than any card number has, or digits with little between them."""
_DIGIT: Final = re.compile(rf"{_BETWEEN}*+({_DIGIT_TEXT})")
_ENOUGH: Final = re.compile(rf"(?:\D*+\d){{{_SHORTEST}}}")
_RUN_ON: Final = re.compile(r"(?:0[1-9]|1[0-2])(?:20)?\d\d|(?:20)?\d\d(?:0[1-9]|1[0-2])")
"""An expiry date, with the month first or last. Nothing longer: 23 digits are an acquirer reference
number, which a card number with all that stands on its track would be as long as."""
_MOST_RUN_ON: Final = 6
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_SHOWN: Final = 4


def mask(text: str) -> str:
    """The text with every card number's digits replaced by `*`, but for its last four."""
    if len(text) < _SHORTEST or _ENOUGH.match(text) is None:
        return text
    out: list[str] = []
    done = at = 0
    while (found := _CHAIN.search(text, at)) is not None:
        start, at = found.span()
        if found.lastgroup is None:
            continue
        digits = list(_DIGIT.finditer(text, start, at))
        is_whole = len(digits) < _CHAIN_DIGITS
        starts = len(digits) if is_whole else len(digits) - _OVERLAP
        is_open = start == 0 or not text[start - 1].isdecimal()
        for first, last in _card_numbers(digits, is_open, starts):
            for digit in digits[first : last - _SHOWN]:
                start, end = digit.span(1)
                if start >= done:
                    out += (text[done:start], "*" if end - start == 1 else "\\u002a")
                    done = end
        if not is_whole:
            at = max(digits[starts].start(1), done)
    return "".join((*out, text[done:])) if out else text


def is_acceptor_id(text: str) -> bool:
    """Whether a merchant's id has the form that acquirers give it: then it is no card number, though
    one in some hundred has a card's first digits and checksum."""
    return len(text) == ACCEPTOR_ID_LENGTH and text.isascii() and text.isdigit()


def _card_numbers(
    digits: Sequence[re.Match[str]], is_open: bool, starts: int
) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) of the digits of each card number, which begins with a group of
    digits, or after its zeros, and before digit `starts`. is_open: the first digit begins a group."""
    values = "".join(digit[1][-1] for digit in digits)
    if not values.isascii():
        values = "".join(str(int(value)) for value in values)
    opens = [is_open, *(digit.start() != digit.start(1) for digit in digits[1:])]
    sums = _luhn_sums(values)
    begins = False
    for first in range(starts):
        begins = begins or opens[first]
        if not begins or (values[first] == "0" and not opens[first]):
            continue
        begins = values[first] == "0"
        last = _end(values, opens, sums, first)
        if last:
            yield first, last
            # What is left in clear begins a group of its own.
            opens[last - _SHOWN] = True


def _end(values: str, opens: Sequence[bool], sums: Sequence[Sequence[int]], first: int) -> int:
    """Where the card number ends that begins here; 0 when none does."""
    run_on = 0
    for length in _lengths(values[first : first + 6]):
        last = first + length
        if last > len(values):
            continue
        total = sums[last % 2]
        if (total[last] - total[first]) % 10:
            continue
        if last == len(values) or opens[last]:
            return last
        run_on = run_on or (last if _is_run_on(values, opens, last) else 0)
    return run_on


def _is_run_on(values: str, opens: Sequence[bool], start: int) -> bool:
    """Whether the rest of a group is what stands behind a card number."""
    end = start
    while end < len(values) and not opens[end] and end - start <= _MOST_RUN_ON:
        end += 1
    return _RUN_ON.fullmatch(values, start, end) is not None


def _luhn_sums(values: str) -> tuple[list[int], list[int]]:
    """By whether a number ends after an even or an odd count of digits: the sums up to each digit,
    every second one doubled, so that the sum of any number is one subtraction."""
    numbers = [int(value) for value in values]
    return (
        [0, *accumulate(n if place % 2 else _DOUBLED[n] for place, n in enumerate(numbers))],
        [0, *accumulate(_DOUBLED[n] if place % 2 else n for place, n in enumerate(numbers))],
    )


def _prefixes(ranges: str) -> Iterator[str]:
    for text in ranges.split():
        low, _, high = text.partition("-")
        yield from map(str, range(int(low), int(high or low) + 1))


def _by_prefix() -> dict[str, frozenset[int]]:
    table: dict[str, frozenset[int]] = {}
    for _, ranges, lengths in _NETWORKS:
        for prefix in _prefixes(ranges):
            table[prefix] = table.get(prefix, frozenset()).union(lengths)
    return table


_BY_PREFIX: Final = _by_prefix()


@lru_cache(maxsize=4096)
def _lengths(six: str) -> tuple[int, ...]:
    """How long a card number may be that begins so, the longest first."""
    found = {n for size in (1, 2, 3, 4, 6) for n in _BY_PREFIX.get(six[:size], ())}
    return tuple(sorted(found, reverse=True))
