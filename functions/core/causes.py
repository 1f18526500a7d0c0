"""Why a payment failed: decline codes to cause, owner, retry advice and first action.

The knowledge base is reviewed data, one table a scheme in codes/<scheme>.csv. The cause decides
who is paged and what traffic moves, so it says where the failure lies, not who sent the code: a
customer without funds is the customer's matter, although the issuer declined.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import msgspec

from functions.core.event import Payment

CAUSES: Final = (
    "customer",
    "fraud",
    "issuer",
    "network",
    "gateway",
    "merchant",
    "timeout",
    "unknown",
)
PATH_CAUSES: Final = frozenset(("issuer", "network", "gateway", "merchant", "timeout"))
"""The causes that the payment path itself has: only these move traffic."""

OWNERS: Final = ("customer", "issuer", "network", "gateway", "merchant", "us")
"""Who can remove the cause. `us` is who runs the payment client: keys, settings, request rate."""

RETRIES: Final[Mapping[str, str]] = {
    "never": "the same payment will not be accepted again",
    "after_fix": "once the owner has changed something: card data, PIN, set-up",
    "later": "as it stands and by the same route, after a while",
    "another_route": "at once, by another gateway or network: nothing was charged",
    "after_reconciliation": "only after asking for its status: it may have been charged",
}
COLUMNS: Final = ("code", "name", "cause", "owner", "retry", "action", "source")


class Code(msgspec.Struct, frozen=True, gc=False):
    """One code of one scheme. `cause`, `owner` and `retry` are empty where it is no failure.

    `action` is what an on-call engineer does first when payments with this code rise.
    """

    scheme: str
    code: str
    name: str
    cause: str
    owner: str
    retry: str
    action: str
    source: str

    @property
    def attributable(self) -> bool:
        return self.cause in PATH_CAUSES


class KnowledgeBase(Mapping[tuple[str, str], Code]):
    """(scheme, code), spelt as in the tables, to Code. `explain` takes other spellings too."""

    __slots__ = ("_codes", "_explained", "_folded")

    def __init__(self, codes: Mapping[tuple[str, str], Code]) -> None:
        self._codes = dict(codes)
        self._folded = {(scheme, _folded(code)): row for (scheme, code), row in codes.items()}
        # Only remembers `explain`: what it answers for a spelling never changes.
        self._explained: dict[tuple[str | None, str | None], Code | None] = {}

    def __getitem__(self, key: tuple[str, str]) -> Code:
        return self._codes[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


def classify(payment: Payment, knowledge: KnowledgeBase) -> str:
    """The payment's cause, one of CAUSES; `""` when it is approved, pending or refunded.

    By its code; then, where the code says nothing, by its message; then by its latency.
    """
    if payment.status in _WITHOUT_CAUSE:
        return ""
    key = (payment.error_scheme, payment.error_code)
    try:
        code = knowledge._explained[key]
    except KeyError:
        code = explain(*key, knowledge)
    if code is not None and code.cause not in _SAYS_NOTHING:
        return code.cause
    if payment.error_message:
        cause = guess(payment.error_message[:_LONGEST_MESSAGE])
        if cause != "unknown":
            return cause
    if code is None and payment.status == "failed" and not payment.error_code:
        # Nobody answered with a reason, and it took longer than any hop waits: nobody answered.
        return "timeout" if (payment.latency_ms or 0.0) >= TIMEOUT_MS else "unknown"
    return "unknown"


TIMEOUT_MS: Final = 30_000.0
"""A failed payment with neither code nor message that took so long timed out."""

_WITHOUT_CAUSE: Final = frozenset(("approved", "pending", "refunded"))
_SAYS_NOTHING: Final = frozenset(("", "unknown"))
_LONGEST_MESSAGE: Final = 300
_REMEMBERED: Final = 10_000


def explain(scheme: str | None, code: str | None, knowledge: KnowledgeBase) -> Code | None:
    """What is known of a code, None for nothing.

    Without a scheme, the code's form tells it: two letters or digits, or one to three digits, are
    ISO 8583; else it is a word of Stripe's, else of the gateway table (`HTTP 503` is `err_503`).
    Case, spaces and hyphens do not matter.
    """
    key = (scheme, code)
    if key in knowledge._explained:
        return knowledge._explained[key]
    found = _explain(scheme, code, knowledge) if code else None
    if len(knowledge._explained) < _REMEMBERED:
        knowledge._explained[key] = found
    return found


ISO8583: Final = "iso8583"
SCHEME_TABLES: Final[Mapping[str, str]] = {"iso8583_extended": ISO8583}
"""Other names of a scheme → its table."""
ISO8583_NETWORKS: Final = frozenset(
    ("amex", "diners", "discover", "elo", "jcb", "mastercard", "mastercard_response", "rupay",
     "unionpay", "visa")
)  # fmt: skip
"""Schemes whose codes are ISO 8583's where their own table does not say otherwise."""

_ISO8583_CODE: Final = re.compile(r"[0-9a-z]{2}|[0-9]{1,3}")
_HTTP_STATUS: Final = re.compile(
    r"(?:(?:http|err|error|status|http_status|http_error)_?)?([45]\d\d)"
)


def _explain(scheme: str | None, code: str, knowledge: KnowledgeBase) -> Code | None:
    word = _folded(code)
    table = _folded(scheme or "")
    table = SCHEME_TABLES.get(table, table)
    if not table:
        return _recognise(word, knowledge)
    found = knowledge._folded.get((table, _padded(word) if table == ISO8583 else word))
    if found is None and table in ISO8583_NETWORKS:
        found = knowledge._folded.get((ISO8583, _padded(word)))
    if found is None and table == "gateway":
        found = knowledge._folded.get((table, _http_word(word)))
    return found


def _recognise(word: str, knowledge: KnowledgeBase) -> Code | None:
    if _ISO8583_CODE.fullmatch(word):
        found = knowledge._folded.get((ISO8583, _padded(word)))
        if found is not None:
            return found
    for table, spelling in (("stripe", word), ("gateway", word), ("gateway", _http_word(word))):
        found = knowledge._folded.get((table, spelling))
        if found is not None:
            return found
    return None


def _folded(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def _padded(word: str) -> str:
    return word.zfill(2) if word.isdigit() else word


def _http_word(word: str) -> str:
    found = _HTTP_STATUS.fullmatch(word)
    return f"err_{found[1]}" if found else word


_DOWN: Final = r"(unavailable|not available|inoperative|\bdown\b|offline|unreachable|technical)"

_MESSAGES: Final = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        # What a customer lets lapse is no timeout of the path, so customers come first.
        ("customer", r"\b(otp|session|customer|user|payer|shopper|cardholder|3ds|authentication)\b"
                     r"(?!'?s? bank).{0,25}\b(timed? ?-?out|expired|exceeded|abandon|cancel)"),
        ("timeout", r"time[ds]?[ -]?out|deadline exceeded|no (response|reply|answer)"
                    r"|did not (respond|answer|reply)|took too long|response .{0,20}too late"),
        ("fraud", r"fraud|stolen|lost card|suspicious|\brisk\b|security violation"),
        ("customer", r"insufficient|not enough (funds|balance|money)|expired card"
                     r"|card .{0,10}expired|do not honou?r"
                     r"|(invalid|incorrect|wrong) (cvv|cvc|pin|otp|upi pin|card number|expir)"
                     r"|(limit|frequency|velocity).{0,20}exceed|exceed.{0,30}limit"
                     r"|(cancell?ed|abandoned|dropped) by (the )?(user|customer|payer|shopper)"),
        ("merchant", r"(invalid|unknown|inactive|disabled|blocked) (merchant|terminal|api key|cred)"
                     r"|merchant .{0,30}(not|inactive|disabled|blocked|invalid|suspended)"
                     r"|mis-?config|config(uration)? (error|fault|invalid|missing)"),
        ("issuer", rf"\b(issuer|issuing bank|remitter|customer'?s? bank)\b.{{0,40}}{_DOWN}"),
        ("network", rf"\b(card network|card scheme|switch|npci|visa|mastercard|rupay)\b.{{0,40}}"
                    rf"{_DOWN}"
                    r"|unable to route|cannot route|no route|routing (error|fail)"),
        ("gateway", r"connection .{0,20}(refused|reset|error|fail|abort|clos|lost)"
                    r"|could not connect|network error|\bdns\b|\b(tls|ssl|certificate)\b"
                    r"|\b(http|status|error|code)\W{0,3}50[0-3]\b|bad gateway"
                    r"|(internal|processing|system|technical|server|gateway|upstream) "
                    r"(error|fail|malfunction|issue|unavailable)"
                    r"|service .{0,20}unavailable|too many requests|rate[ -]?limit|throttl"
                    rf"|gateway .{{0,20}}{_DOWN}"),
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def guess(message: str) -> str:
    """The cause that an error message tells in so many words, else `unknown`."""
    for cause, pattern in _MESSAGES:
        if pattern.search(message):
            return cause
    return "unknown"


@cache
def load() -> KnowledgeBase:
    """The knowledge base that comes with the package. Raises ValueError when a table is wrong."""
    folder = resources.files("functions.core") / "codes"
    return parse(
        {
            entry.name.removesuffix(".csv"): entry.read_text(encoding="utf-8")
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
            if entry.name.endswith(".csv")
        }
    )


def parse(tables: Mapping[str, str]) -> KnowledgeBase:
    """Scheme → CSV text with COLUMNS, as a KnowledgeBase.

    Raises ValueError that lists every fault of every table, each with file and line.
    """
    codes: dict[tuple[str, str], Code] = {}
    faults: list[str] = []
    for scheme, text in tables.items():
        folded: dict[str, int] = {}
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        try:
            for row in reader:
                wrong = _row_faults(row, reader.line_num, folded)
                faults += (f"{scheme}.csv:{reader.line_num}: {fault}" for fault in wrong)
                if not wrong and reader.line_num > 1:
                    code = Code(scheme, *row)
                    codes[scheme, code.code] = code
        except csv.Error as error:
            faults.append(f"{scheme}.csv:{reader.line_num}: {error}")
        if not folded:
            faults.append(f"{scheme}.csv:1: no codes")
    if faults:
        raise ValueError("\n".join(("the knowledge base is wrong:", *faults)))
    return KnowledgeBase(codes)


def _row_faults(row: list[str], line: int, folded: dict[str, int]) -> list[str]:
    """What is wrong with one row. Enters its code into `folded`: folded code → line."""
    if line == 1:
        return [] if tuple(row) == COLUMNS else [f"the columns must be {','.join(COLUMNS)}"]
    if len(row) != len(COLUMNS):
        return [f"{len(row)} fields instead of {len(COLUMNS)}"]
    if any(field != field.strip() for field in row):
        return ["a field begins or ends with white space"]
    code, name, cause, owner, retry, action, source = row
    first = folded.setdefault(_folded(code), line)
    faults = [f"code {code!r} stands in line {first} already"] if first != line else []
    needed = {"code": code, "name": name, "action": action, "source": source}
    faults += (f"{column} is empty" for column, value in needed.items() if not value)
    if not cause:
        return [*faults, *(["owner or retry without cause"] if owner or retry else [])]
    vocabulary = (("cause", cause, CAUSES), ("owner", owner, OWNERS), ("retry", retry, RETRIES))
    for column, value, words in vocabulary:
        if value not in words:
            faults.append(f"{column} {value!r} is none of {', '.join(words)}")
    return faults
