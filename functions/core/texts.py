"""Texts that come from outside, made fit to leave: one line, readable, and nothing but text.

Who sends a payment chooses its texts. On a page they must not begin a line of their own, turn the
reading direction, hide, stand over other lines, become a link, or be markup where they are shown. So
a text is cleaned when it enters (`cleaned`), and again at the edge of each channel, in that channel's
own terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

MOST_MARKS: Final = 3
"""Combining marks on one character: Hebrew and Vietnamese need so many, a text that climbs over the
lines above it needs more."""

_REMOVED: Final = frozenset(
    (
        *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0",
        "\u2065",
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xFFF0, 0xFFF9)),
        *map(chr, range(0xE0000, 0xE1000)),
    )
)
"""Fillers and selectors, which show nothing though their category does not say so, and what Unicode
keeps free for more of them."""
_MARKS: Final = frozenset(("Mn", "Me"))
_BLANKS: Final = frozenset(("Cc", "Zl", "Zp", "Zs"))
_SURPLUS: Final = 4
"""Characters that are looked at, for each one that is kept at most."""


def cleaned(text: str, longest: int) -> str:
    """The text in one line of at most `longest` characters: trimmed, controls and line ends as one
    space, what is invisible or turns the direction removed, half a character as `\ufffd`, no more than
    MOST_MARKS combining marks on a character."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(_clean(text.strip()[: longest * _SURPLUS]))
    return text.strip()[:longest].rstrip()


def _clean(text: str) -> Iterator[str]:
    marks, before = MOST_MARKS, " "
    for character in text:
        category = unicodedata.category(character)
        if category == "Cf" or character in _REMOVED:
            continue
        if category in _MARKS:
            marks += 1
            if marks > MOST_MARKS:
                continue
        elif category in _BLANKS:
            # A mark on a blank would stand on what we write before it.
            marks = MOST_MARKS
            if before == " " and character != " ":
                continue
            character = " "
        else:
            marks = 0
            if category == "Cs":
                character = "\ufffd"
        before = character
        yield character


_SCHEME: Final = re.compile(r"(?<=\w):(?=//|\\\\)")
_ADDRESS: Final = re.compile(
    r"(?i)(?<![^\W_])(mailto|tel|sms|data|javascript|vbscript|file):(?=\S)"
)
_DOT: Final = re.compile(
    # What may be a domain's last name follows; or four numbers are an address.
    r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_]{2}|xn--)"
    r"|(?<=\d)\.(?=\d{1,3}\.\d{1,3}\.\d{1,3}(?!\d))"
)


def unlinked(text: str, brackets: str = "[]") -> str:
    """The text without anything that a mail program or a phone makes a link of: `evil[.]example`,
    `https[:]//…`. The usual way among those who report such addresses to each other."""
    if "." not in text and ":" not in text and text.isascii():
        return text
    left, right = brackets[0], brackets[1]
    text = _SCHEME.sub(f"{left}:{right}", text)
    text = _ADDRESS.sub(rf"\1{left}:{right}", text)
    return _DOT.sub(f"{left}.{right}", text)


LONGEST_TEXT: Final = 4000
"""Characters of one text of a page, wherever it is shown."""


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """For what shows plain text and makes links of it by itself: mail, PagerDuty, annotations."""
    return unlinked(cleaned(text, longest))


def phone(text: str, longest: int = LONGEST_TEXT) -> str:
    """For an SMS, whose alphabet has no square brackets."""
    return unlinked(cleaned(text, longest), "()")


_COMMAND: Final = re.compile(r"`(paywatch [a-z]{1,20}(?: PW-[0-9A-Za-z-]{1,40})?)`")
"""What Paywatch itself sets as code on a page."""
_MARKUP: Final = str.maketrans(
    {"*": "\u2217", "~": "\u223c", "`": "\u2018", "@": "\uff20", "#": "\uff03"}
)
_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI: Final = re.compile(r":(?=[\w+'-]{0,99}[^\W\d_][\w+'-]{0,99}:)")


def mrkdwn(text: str, longest: int = LONGEST_TEXT) -> str:
    """For Slack's mrkdwn, before its three control characters are escaped: look-alikes stand for what
    would format, quote, call somebody or be an emoji, since mrkdwn has no escape for these."""
    parts = _COMMAND.split(plain(text, longest))
    shown = "".join(f"`{part}`" if n % 2 else _unmarked(part) for n, part in enumerate(parts))
    return f"\u203a{shown[1:]}" if shown.startswith(">") else shown


def _unmarked(text: str) -> str:
    return _EMOJI.sub("\u2236", _UNDERSCORE.sub("\uff3f", text.translate(_MARKUP)))


def header(text: str, longest: int = LONGEST_TEXT) -> str:
    """For Slack's plain text, where emoji are the only markup."""
    return _EMOJI.sub("\u2236", plain(text, longest))


def terminal(text: str, longest: int = LONGEST_TEXT) -> str:
    """For a terminal: lines and their indentation are kept, what would steer it is not."""
    lines = text.split("\n")
    return "\n".join(
        f"{' ' * (len(line) - len(line.lstrip(' ')))}{cleaned(line, longest)}" for line in lines
    )


def terminal_json(text: str) -> str:
    """JSON that says the same, with what a terminal would obey or hide as `\\u` escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_shown(c) else _escaped(c) for c in text)


def _is_shown(character: str) -> bool:
    return character == "\n" or (character.isprintable() and character not in _REMOVED)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
