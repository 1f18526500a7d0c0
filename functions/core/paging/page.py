"""A page: one message to people about one trouble, and the words that every kind of page shares.

A Page holds facts, not a layout: e-mail and SMS are worded here, for plain text and phones; other
channels lay the same facts out in their own way (functions/core/paging/channels/slack.py and its neighbours).
Facts hold what payments say, so each channel cleans them in its own terms (functions/core/texts.py);
the one link on a page is its `url`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from functions.core.texts import LONGEST_TEXT, cleaned, phone, plain

SMS_LENGTH: Final = 150
"""One SMS has 160 characters; SNS puts the topic's name before ours: `PAYWATCH> `."""
SUBJECT_LENGTH: Final = 100
"""SNS refuses longer subjects, and any that is not ASCII."""

TRIGGER, UPDATE, ACKNOWLEDGE, RESOLVE = "trigger", "update", "acknowledge", "resolve"
KINDS: Final = (TRIGGER, UPDATE, ACKNOWLEDGE, RESOLVE)
"""What a page says of its trouble: it began (or came back), there is news, somebody took it over,
it is over."""

Fact = tuple[str, str]
"""A name and what is to be said: `("Since", "13:43:00 UTC, Thu 20 Nov")`."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One message to people. `thread` is what they call the trouble by; `severity` decides on SMS.

    headline: the news in one line. facts: what is known, in the order of reading. action: what to do
    first. names: what it is called and where to look further. labels: the same for machines, which
    does not change within a thread: signal, cause, owner, the slice's dimensions. started_at, at:
    seconds since the epoch, of the trouble and of the page.
    """

    thread: str
    kind: str
    severity: str
    subject: str
    headline: str
    facts: tuple[Fact, ...]
    action: Fact | None
    names: tuple[Fact, ...]
    sms: str
    labels: dict[str, str]
    started_at: int
    at: int
    url: str

    @property
    def body(self) -> str:
        """Plain text, the news in the first line, nothing that needs a wide screen."""
        actions = (self.action,) if self.action else ()
        blocks = [
            plain(self.headline),
            *("\n".join(map(self._line, facts)) for facts in (self.facts, actions, self.names)),
        ]
        return "\n\n".join(block for block in blocks if block)

    def _line(self, fact: Fact) -> str:
        name, value = fact
        return f"{plain(name)}: {value if value == self.url else plain(value)}"


def percent(share: float | None, *, whole: bool = False) -> str:
    number = 100 * (share or 0.0)
    return f"{number:.0f} %" if whole or number >= 9.95 else f"{number:.1f} %"


def minute(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%H:%M} UTC"


def moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%H:%M:%S UTC, %a %d %b}"


def duration(seconds: int) -> str:
    """`45 s`, `3 min 5 s`, `10 min`, `2 h 7 min`."""
    minutes, rest = divmod(max(0, seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min" if left else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def subject_line(text: str) -> str:
    # Links last: a letter that is replaced may have kept an address from being one.
    return plain(_ascii(cleaned(text, LONGEST_TEXT)))[:SUBJECT_LENGTH]


_GSM: Final = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38 without its extension table, whose characters count twice."""
_WORTH_SAYING: Final = 40
"""Characters of an action below which its beginning helps nobody."""


def sms_text(text: str, name: str, action: str = "") -> str:
    """At most SMS_LENGTH characters of the GSM alphabet: the text, what to do if there is room for
    its beginning, and at the end, always, the name by which people call it."""
    text, name, action = _phone(text), _gsm(name), _phone(action)
    room = SMS_LENGTH - len(name) - 2
    if action and len(text) + _WORTH_SAYING <= room:
        text = f"{text}. First: {action}"
    return f"{text}. {name}" if len(text) <= room else f"{text[: room - 2]}... {name}"


def _phone(text: str) -> str:
    """Links last: a letter that the alphabet lacks may have kept an address from being one."""
    return phone(_gsm(cleaned(text, LONGEST_TEXT)))


def _gsm(text: str) -> str:
    plain = text.replace("×", "x").replace("≥", ">=").replace("`", "'")
    return "".join(c if c in _GSM else "?" for c in plain)


def _ascii(text: str) -> str:
    plain = text.replace("×", "x").replace("≥", ">=")
    return "".join(c if " " <= c <= "~" else "?" for c in plain)
