"""What of a payment's data may be kept: no verification code, no PIN, no track, no credential.

Sensitive authentication data may not be stored after authorisation, be it encrypted (PCI DSS 3.3: full
track, card verification code, PIN and PIN block). They are dropped by the name of their field, in
any spelling, and by their form; so is what somebody could log in or pay with.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from functions.core.payments.cards import is_acceptor_id, mask
from functions.core.texts import cleaned

DROPPED: Final = "***"
"""Stands where something was dropped from a text."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODES: Final = _words(
    "cvv icvv dcvv cvc cvn cvd cvx cid csc cav caav pvv "
    "securitycode cardsecuritycode verificationvalue verificationcode verificationnumber "
    "cardverification cardcode cardverificationvalue cardverificationcode cardvalidationcode "
    "pin pinblock pinoffset upin mpin atmpin cardpin otp onetimepassword passcode"
)
"""Card verification codes and PINs, and what stands for them for one payment."""
_TRACKS: Final = _words(
    "track trackone tracktwo trackthree tracks trackdata cardtrack fulltrack "
    "track2equivalent track1equivalent magstripe magneticstripe magstripedata magnetic swipe "
    "swipedata magnetictrack emv emvtlv emvtags icc iccrelated iccsystemrelated chipdata tlv "
    "de35 de36 de45 de52 de55 field35 field36 field45 field52 field55 tag56 tag57 tag9f6b 0x57"
)
"""Track data, and what stands for them on the chip: EMV tags 56, 57 and 9F6B; ISO 8583, fields 35,
36, 45, 52 and 55."""
_CREDENTIALS: Final = _words(
    "authorization proxyauthorization httpauthorization token secret password passwd pwd passphrase "
    "apikey privatekey accesskey secretkey credential credentials bearer cookie setcookie signature "
    "cavv aav ucaf cryptogram sessionid sessiontoken accesstoken refreshtoken idtoken authtoken "
    "clientsecret apisecret apitoken"
)
"""Whoever has one can pay or log in with it."""
_CARD_NUMBERS: Final = _words(
    "pan fpan dpan cardno cardnum cardnumber ccnumber ccnum creditcardnumber accountpan "
    "primaryaccountnumber"
)
"""Their names say that they hold a card number, so they are masked whether or not it is a real one."""
_ACCEPTOR_IDS: Final = _words(
    "merchant merchantid mid merchantaccount merchantnumber cardacceptorid caid de42"
)

_SECRET: Final = _CODES | _TRACKS | _CREDENTIALS
_FILLERS: Final = _words(
    "code value number data num no block string raw text encrypted plain clear base64 hex "
    "equivalent full"
)
"""Words after which a name still means the same: cvv_code, pin_value, track_2_data."""
_COMPACT: Final = re.compile(
    r"(?:(?:cvv|cvc|cvn)\d?|(?:security|verification)code|pinblock|track[123]|trackdata)"
    r"(?:code|value|number|data|num|no)?$|(?:password|apikey|secretkey|accesstoken)$"
)
"""The same, written as one word: cardcvv, cvvcode, track2data."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\W\d_]+\d*")
_LONGEST_NAME: Final = 80


@lru_cache(maxsize=8192)
def _name_kind(name: str) -> str:
    """`secret`, `card number`, `acceptor id`, or empty. By the name's last words, as they are
    joined: card.cvv, CardCVV, card-security-code, Track 2 Data; not cvv_result or token_type."""
    words = [word.lower() for word in _WORD.findall(unicodedata.normalize("NFKC", name))]
    folded = "".join(words)
    found = _last_words(words, _SECRET)
    shorter = words
    while not found and shorter:
        # card_cvv_2, track2Data: a number or a filler after it changes nothing.
        last = shorter[-1].rstrip("0123456789")
        shorter = shorter[:-1] if last in _FILLERS or not last else [*shorter[:-1], last]
        found = _last_words(shorter, _CODES | _TRACKS)
        if last and last not in _FILLERS:
            break
    if found:
        return "secret"
    if _COMPACT.search(folded):
        return "secret"
    if _last_words(words, _CARD_NUMBERS) or folded in _CARD_NUMBERS:
        return "card number"
    return "acceptor id" if folded in _ACCEPTOR_IDS else ""


def _last_words(words: list[str], known: frozenset[str]) -> bool:
    return any("".join(words[at:]) in known for at in range(max(0, len(words) - 5), len(words)))


def is_secret(name: str) -> bool:
    """Whether what stands under this name is never kept."""
    return _name_kind(name[-_LONGEST_NAME:]) == "secret"


_TRACK_1: Final = r"%?[Bb]\d{12,19}\^[^\^\"\n]{0,40}\^[^?\"\s]{0,100}\??"
_TRACK_2: Final = r";?\d{12,19}(?:=|[dD](?=\d{7}))\d{4}[0-9A-Fa-f]{0,32}\??"
_TRACK: Final = re.compile(rf"{_TRACK_1}|(?<![0-9A-Za-z]){_TRACK_2}")
_SAID: Final = re.compile(
    r"(?i)(?<![^\W_])((?:cvv|cvc|cvn|csc|cav|icvv)\d?|security code|pin)(?![^\W_])(\W{1,3})\d{3,8}(?!\d)"
)
"""A code in words: `CVV 123`, `pin: 1234`."""
_FEW_DIGITS: Final = re.compile(r"\d{3}")
_MANY_DIGITS: Final = re.compile(r"\d{12}")
_PAIR: Final = re.compile(
    # A name in quotes, or one word; and what says that its value follows.
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\"'\n]{1,80})(?P=quote)|(?<![\w.\-\[\]])(?P<bare>[^\W\d][\w.\-\[\]]{0,79}))"
    r"\s{0,20}(?:=>|:=|==?|:)\s{0,20}"
)
_KEY: Final = re.compile(
    r"(?i:\b(bearer|basic)\s{1,3})[\w.~+/\-]{8,}={0,2}"
    r"|\beyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*|\b(?:[srp]k_(?:live|test)|whsec)_\w{8,}|\bAKIA[0-9A-Z]{16}\b"
    r"|(?<=://)[^\s/:@]{1,80}:[^\s/@]{1,200}(?=@)"
)
"""What lets in by its form: an Authorization header, a token, a key, a password in an address."""
_KEY_HINTS: Final = (
    "earer",
    "EARER",
    "asic",
    "ASIC",
    "eyJ",
    "k_live",
    "k_test",
    "whsec",
    "AKIA",
    "@",
)
_KEY_BEGINS: Final = ("eyJ", "sk_", "rk_", "pk_", "whsec_", "AKIA")
_TAG: Final = re.compile(r"<(?P<name>[\w.:\-]{1,80})(?:\s[^<>]{0,200})?>(?P<value>[^<>]{1,4000})</")
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_QUOTED_TEXT: Final = re.compile(r'(\\{1,15})"(?:(?!(?<!\\)\1").)*+(?:(?<!\\)\1")?', re.DOTALL)
"""A string of JSON that is itself a string of JSON: its quotes are escaped."""
_SCALAR: Final = re.compile(r"'[^']*+'?|[^\s,;&\"'}\]<>]+")
_VALUE_FORMS: Final = (_STRING, _QUOTED_TEXT, _SCALAR)
_NESTED: Final = re.compile(r'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+"?)*+([{\[]|([}\]]))', re.DOTALL)


def without_secrets(text: str) -> str:
    """The text without tracks and codes, and without what stands under a secret name, in it: in JSON,
    sound or not, as `name=value`, or in XML. In JSON `null` stands there, else DROPPED."""
    has_digits = _FEW_DIGITS.search(text) is not None
    if has_digits and _MANY_DIGITS.search(text) is not None:
        text = _TRACK.sub(DROPPED, text)
    if any(hint in text for hint in _KEY_HINTS):
        text = _KEY.sub(DROPPED, text)
    if ":" in text or "=" in text:
        text = _without_named(text)
    if "</" in text:
        text = _TAG.sub(_tag, text)
    return _SAID.sub(rf"\1\2{DROPPED}", text) if has_digits else text


def _without_named(text: str) -> str:
    out: list[str] = []
    done = at = near = 0
    while (found := _PAIR.search(text, at)) is not None:
        at = found.end()
        name = _unescaped(found["quoted"] or found["bare"])
        if name.lower() in _NAMES:
            said = _STRING.match(text, at)
            near = said.end() + _NEAR if said and is_secret(_unescaped(said[0][1:-1])) else 0
        if not (is_secret(name) or (found.start() < near and name.lower() in _VALUES)):
            continue
        end = _value_end(text, at)
        if end == at:
            continue
        out += (text[done:at], "null" if found["quote"] else DROPPED)
        done = at = end
    return "".join((*out, text[done:])) if out else text


_NAMES: Final = _words("name key field id tag")
_VALUES: Final = _words("value values data content text val")
"""How a field is told as two: `{"name": "cvv", "value": "123"}`."""
_NEAR: Final = 40
"""Characters between the name of a field and its value."""


def _unescaped(name: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), name)


def _value_end(text: str, start: int) -> int:
    """The end of the JSON value, sound or not, or of the word that begins here."""
    if text[start : start + 1] in ("{", "["):
        depth, at = 1, start + 1
        while depth:
            found = _NESTED.match(text, at)
            if found is None:
                return len(text)
            depth += -1 if found[2] else 1
            at = found.end()
        return at
    found = next(filter(None, (form.match(text, start) for form in _VALUE_FORMS)), None)
    return start if found is None else found.end()


def _tag(found: re.Match[str]) -> str:
    if not is_secret(found["name"]):
        return found[0]
    start = found.start("value") - found.start()
    return f"{found[0][:start]}{DROPPED}</"


def cleared(text: str) -> str:
    """The text without card numbers and secrets, otherwise as it is."""
    return text if _is_simple(text) else mask(without_secrets(text))


def _is_simple(text: str) -> bool:
    """It is one word without a card number, as almost every id and code is."""
    if _SIMPLE.fullmatch(text) is None or text.startswith(_KEY_BEGINS):
        return False
    return mask(text) is text


def without_secret_bytes(data: bytes) -> bytes:
    """As `cleared`, for bytes in UTF-8, UTF-16 or any encoding that keeps ASCII; what is no text
    stays as it is."""
    wide = _utf_16(data)
    if wide:
        try:
            return cleared(data.decode(wide, "surrogatepass")).encode(wide, "surrogatepass")
        except UnicodeDecodeError:
            pass  # cut in the middle: its digits are found all the same
    return cleared(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _utf_16(data: bytes) -> str:
    """The encoding of a text whose every second byte is zero, as that of ASCII in UTF-16 is."""
    for encoding, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if len(data) % 2 == 0 and 2 * zeros.count(0) > len(zeros):
            return encoding
    return ""


def kept(text: str, longest: int, *, is_acceptor: bool = False) -> str:
    """A payment's text as it may be kept and told: one clean line of at most `longest` characters,
    without card numbers and secrets. is_acceptor: it is a merchant's id, and one in the form that
    acquirers give is no card number."""
    if len(text) <= longest and _is_simple(text):
        return text
    text = cleaned(text, longest + _MARGIN)
    if is_acceptor and is_acceptor_id(text):
        return text
    return cleared(text)[:longest].rstrip()


LONGEST_QUOTED: Final = 40
"""Characters of a value that a message quotes."""


def quoted(raw: object) -> str:
    """What came, in quotes, for a message: cleared before it is cut."""
    return repr(kept(str(raw), LONGEST_QUOTED))


_SIMPLE: Final = re.compile(r"[\w\-]*", re.ASCII)
"""It holds no name with a value."""
_MARGIN: Final = 128
"""Characters beyond those kept that are searched, so that nothing is cut before it is found."""


def cut(text: str, longest: int) -> str:
    """A text's first `longest` characters as they are; of a longer one without card numbers and
    secrets, so that none is cut before it is found."""
    if len(text) <= longest:
        return text
    return cleared(text[: longest + _MARGIN])[:longest]


def kept_value(value: Any, name: str = "") -> Any:
    """A JSON value without card numbers and secrets, whatever it is nested in. `name`: its field's."""
    kind = _name_kind(name[-_LONGEST_NAME:]) if name else ""
    if isinstance(value, str):
        if kind == "acceptor id" and is_acceptor_id(value):
            return value
        return _last_four(value) if kind == "card number" else cleared(value)
    if isinstance(value, dict):
        names = (item for key, item in value.items() if key.lower() in _NAMES)
        is_told_as_two = any(isinstance(item, str) and is_secret(item) for item in names)
        return {
            cleared(key): kept_value(item, key)
            for key, item in value.items()
            if not (is_secret(key) or (is_told_as_two and key.lower() in _VALUES))
        }
    if isinstance(value, list):
        return [kept_value(item, name) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    digits = f"{value:.0f}" if isinstance(value, float) else str(value)
    if kind == "acceptor id" and is_acceptor_id(digits):
        return value
    masked = _last_four(digits) if kind == "card number" else mask(digits)
    return value if masked == digits else masked


def _last_four(text: str) -> str:
    """All digits masked but for the last four, where there are more than eight."""
    found = [at for at, character in enumerate(text) if character.isdecimal()]
    if len(found) <= 8:
        return text
    hidden = set(found[:-4])
    return "".join("*" if at in hidden else character for at, character in enumerate(text))
