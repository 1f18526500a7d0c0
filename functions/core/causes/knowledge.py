"""The knowledge base: what the decline codes of each scheme mean, as reviewed data.

One table a scheme, codes/<scheme>.csv. The cause decides who is paged and what traffic moves, so it
says where the failure lies, not who sent the code: a customer without funds is the customer's
matter, although the issuer declined.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from functions.core.causes import schemes
from functions.core.causes.vocabulary import CAUSES, OWNERS, PATH_CAUSES, RETRIES, SAYS_NOTHING

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


class CodeMeaning(msgspec.Struct, frozen=True, gc=False):
    """What is known, or guessed, of a code. `cause`, `owner`, `retry` as in Code.

    `scheme` and `code` are the table's spelling where the code is known, else as given. `known`:
    cause and advice come from the knowledge base. `confidence`: from 0 to 1, that the cause is
    right; 1 for a known code of a given scheme. `why` says in words where it comes from. `kind`: the failure
    kind, where its telltales told it.
    """

    scheme: str
    code: str
    name: str
    cause: str
    owner: str
    retry: str
    action: str
    attributable: bool
    known: bool
    confidence: float
    why: str
    source: str = ""
    kind: str = ""


class Diagnosis(msgspec.Struct, frozen=True, gc=False):
    """A payment's cause, one of CAUSES or `""` when it did not fail, who can remove it, how sure that
    is, from 0 to 1.

    `known` is False when the payment failed with a code that no table knows.
    """

    cause: str
    owner: str
    known: bool
    confidence: float


class KnowledgeBase(Mapping[tuple[str, str], Code]):
    """(scheme, code), spelt as in the tables, to Code. `explain` takes other spellings too.

    A code such as `2109-2999` stands for all numbers from the first to the last that have no row of
    their own, and `*` for any two letters or digits.
    """

    __slots__ = ("_codes", "_folded", "_ranges", "_schemes", "diagnosed", "explained")

    def __init__(self, codes: Mapping[tuple[str, str], Code]) -> None:
        self._codes = dict(codes)
        self._folded = {
            (scheme, schemes.folded(code)): row for (scheme, code), row in codes.items()
        }
        self._schemes = sorted({scheme for scheme, _ in codes}, key=_rank)
        self._ranges = [(*found, row) for row in codes.values() if (found := _range(row.code))]
        # What was answered for a scheme and a code, as given, never changes: remembered by those
        # who answer.
        self.explained: dict[tuple[str, str], CodeMeaning] = {}
        self.diagnosed: dict[tuple[str | None, str | None], Diagnosis] = {}

    def __getitem__(self, key: tuple[str, str]) -> Code:
        return self._codes[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def find(self, table: str, code: str) -> Code | None:
        """A table's row for a code in any spelling; one that tells a cause before others."""
        found = [
            row
            for spelling in schemes.spellings(table, code)
            if (row := self._folded.get((table, spelling))) is not None
        ]
        for row in found:
            if row.cause not in SAYS_NOTHING:
                return row
        return found[-1] if found else self._in_range(table, code.strip())

    def any_other(self, table: str, code: str) -> Code | None:
        """A table's row for the codes that it does not list."""
        return self._folded.get((table, "*")) if schemes.is_any_other(code) else None

    def everywhere(self, code: str, among: Collection[str] = ()) -> list[Code]:
        """The rows for a code of all tables, or among some, of the likeliest scheme first."""
        found = (self.find(table, code) for table in self._schemes if not among or table in among)
        return [row for row in found if row is not None]

    def _in_range(self, table: str, code: str) -> Code | None:
        if not (code.isascii() and code.isdigit()):
            return None
        for first, last, row in self._ranges:
            if row.scheme == table and len(code) == len(first) and first <= code <= last:
                return row
        return None


def _range(code: str) -> tuple[str, str] | None:
    first, dash, last = code.partition("-")
    numbers = dash and first.isdigit() and last.isdigit() and len(first) == len(last)
    return (first, last) if numbers else None


def _rank(scheme: str) -> tuple[float, str]:
    return (-weight(scheme), scheme)


def weight(scheme: str) -> float:
    """How likely a code without a scheme is this scheme's, relative to others."""
    return schemes.WEIGHTS.get(scheme, schemes.OTHER_WEIGHT)


@cache
def load() -> KnowledgeBase:
    """The knowledge base that comes with the package. Raises ValueError when a table is wrong."""
    folder = resources.files("functions.core.causes") / "codes"
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
    first = folded.setdefault(schemes.folded(code), line)
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
