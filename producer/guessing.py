"""What the columns of a file mean, guessed by their names and by what they hold.

Names are those that exports use (`producer.column_names`); what a column holds must bear the name
out: a time reads as one, a status has words that are known, an amount is a number. What is guessed is
shown, and can be written down as a format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from functions.core.errors import Malformed, SettingsError
from functions.core.payments.cards import mask
from functions.core.payments.event import DIMENSIONS
from functions.core.payments.mapping import OTHERWISE, Translation, folded
from functions.core.payments.reasons import is_generic
from functions.core.payments.statuses import known_status
from producer.amounts import currency_of, decimal_of, number
from producer.column_names import (
    APPROVED_CODES,
    BOOLEANS,
    LATER,
    MINOR_WORDS,
    NAMES,
    TECHNICAL_CODES,
    is_test,
    normal,
)
from producer.finding import moments_of, notes_of, texts_of
from producer.format import COLUMNS, Format
from producer.moments import AMBIGUOUS, time_ms, zone_of
from producer.sample import Sample
from producer.sniffing import Layout
from producer.time_forms import TimeForm, found, is_clock

_ENOUGH: Final = 0.8
_ROWS: Final = 50
"""From so many rows on, values that hardly repeat are no dimension."""
_MOST_CODES: Final = 200
_MOST_WORDS: Final = 40
"""Different words that a column of statuses has."""
PERIODS: Final = (86_400, 3_600, 1_800, 900, 300, 60)
"""Seconds that a row with a count may stand for."""
_NETWORKS: Final = frozenset(
    ("visa", "mastercard", "mc", "master card", "amex", "american express", "rupay", "maestro",
     "discover", "jcb", "diners", "diners club", "unionpay", "elo", "hipercard", "cartes bancaires",
     "cb", "bancontact", "mada", "verve", "mir", "electron")
)  # fmt: skip
_DOUBTFUL_COUNTS: Final = frozenset(
    ("total", "volume", "quantity", "qty", "t", "n", "anzahl", "cantidad", "nombre", "quantidade",
     "numero", "payments")
)  # fmt: skip


class Taken(msgspec.Struct, frozen=True):
    """column: of the file. what: it is taken for, in words; empty where it is left out. sample: a
    value that it holds."""

    column: str
    what: str
    sample: str


class Guess(msgspec.Struct, frozen=True):
    """form: complete. time: the form of its times. taken: every column of the file. notes: what was
    taken for granted. faults: what must be said before the rows can be read."""

    form: Format
    time: TimeForm
    taken: tuple[Taken, ...]
    notes: tuple[str, ...]
    faults: tuple[str, ...] = ()


def guess(rows: Sample, layout: Layout, *, until_ms: int) -> Guess:
    """The format of these rows. Raises SettingsError that says which column could not be told."""
    return _Guessing(rows, until_ms).guess(layout)


class _Guessing:
    def __init__(self, rows: Sample, until_ms: int) -> None:
        self._rows = rows
        self._until_ms = until_ms
        self._texts = {column: texts_of(rows, column) for column in rows}
        self._number = max(map(len, rows.values()), default=0)
        self._fields: dict[str, str] = {}
        self._what: dict[str, list[str]] = {}
        self._notes: list[str] = []
        self._faults: list[str] = []
        self._statuses: dict[str, str] = {}
        self._defaults: dict[str, str] = {}

    def guess(self, layout: Layout) -> Guess:
        times, zone, time = self._time()
        self._outcome()
        if "payment_status" not in self._fields and "successes" not in self._fields:
            self._unknown_words()
        self._money()
        self._others()
        faults = []
        if time is None:
            why = self._no_time() or "which column says when?"
            faults.append(self._fault("time", "timestamp", why))
        if "payment_status" not in self._fields and "successes" not in self._fields:
            faults.append(
                self._fault("outcome", "status", "which column says whether it succeeded?")
            )
        if faults or time is None:
            raise SettingsError(faults)
        amounts = self._texts.get(self._fields.get("amount", ""), [])
        is_minor = bool(MINOR_WORDS & set(normal(self._fields.get("amount", "")).split()))
        form = Format(
            fields={"timestamp": times[0], **self._fields},
            time_columns=times,
            zone_column=zone,
            timestamp_format=time.form,
            finds_time=False,
            timezone=self._named_zone(times[0]),
            decimal=decimal_of(amounts),
            translation=Translation(
                statuses=self._statuses,
                defaults=self._defaults,
                amount_unit="minor" if is_minor else "major",
            ),
            layout=layout,
        )
        texts = moments_of(self._rows, form)
        form = msgspec.structs.replace(form, spread_s=self._period(form, texts))
        notes = (*notes_of(time, texts), *self._notes)
        taken = tuple(
            Taken(column, ", ".join(self._what.get(column, ())), mask((texts or [""])[0]))
            for column, texts in self._texts.items()
        )
        return Guess(form, time, taken, notes, tuple(self._faults))

    def _fault(self, what: str, key: str, question: str) -> str:
        columns = ", ".join(self._rows) or "none"
        return (
            f'no column is understood as the {what} ({columns}): write {key} = "COLUMN" under'
            f" [columns] in a file for --format: {question}"
        )

    # Columns by name.

    def _named(self, field: str) -> Iterator[str]:
        """Columns that are not taken and may be the field by their names, the surest first."""
        ranks: list[tuple[int, int, str]] = []
        for at, column in enumerate(self._rows):
            if column not in self._what and self._texts[column]:
                rank = min((_rank(field, name) for name in (column, _path(column))), default=_NOT)
                if rank < _NOT:
                    ranks.append((rank, at, column))
        return (column for _, _, column in sorted(ranks))

    def _take(self, field: str, column: str, what: str) -> None:
        self._fields[field] = column
        self._what.setdefault(column, []).append(what)

    def _first(self, field: str, fits: Callable[[Sequence[str]], bool]) -> str | None:
        return next((c for c in self._named(field) if fits(self._texts[c])), None)

    # The time.

    def _time(self) -> tuple[tuple[str, ...], str, TimeForm | None]:
        named = list(self._named("timestamp"))
        others = [column for column in self._rows if column not in named]
        days: list[tuple[str, TimeForm]] = []
        for column in sorted(named, key=_is_later):
            time = found(self._texts[column], until_ms=self._until_ms)
            if time is not None and time.has_clock:
                return self._timed((column,), time)
            if time is not None:
                days.append((column, time))
        parted = self._parted(days)
        if parted is not None:
            return parted
        for column in others:
            time = found(self._texts[column], until_ms=self._until_ms)
            if time is None or time.form == "spreadsheet" or _is_later(column):
                continue
            if time.has_clock:
                return self._timed((column,), time)
            days.append((column, time))
        parted = self._parted(days)
        if parted is not None:
            return parted
        if days:
            return self._timed((days[0][0],), days[0][1])
        return (), "", None

    def _parted(
        self, days: Sequence[tuple[str, TimeForm]]
    ) -> tuple[tuple[str, ...], str, TimeForm] | None:
        """The first column of days that another with the time of day goes with."""
        for day, _ in days:
            clock = self._clock([*self._named("timestamp"), *self._rows], day)
            if clock is not None:
                rows = zip(self._rows[day], self._rows[clock], strict=True)
                both = [f"{a or ''} {b or ''}".strip() for a, b in rows if a]
                time = found(both, until_ms=self._until_ms)
                if time is not None:
                    return self._timed((day, clock), time)
        return None

    def _no_time(self) -> str:
        """What the columns hold that are called a time and are none; empty where there are none."""
        for column in self._named("timestamp"):
            sample = repr(_cut(self._texts[column][0], 40))
            later = found(self._texts[column])
            if later is not None:
                return (
                    f"column {column!r} lies after tomorrow, such as {sample}; for a history of the"
                    " future say --now"
                )
            return (
                f"column {column!r} holds no times since 2000 that are understood, such as {sample}"
            )
        return ""

    def _clock(self, columns: Sequence[str], day: str) -> str | None:
        """The column with the time of day that goes with a column of days."""
        clocks = [c for c in columns if c != day and is_clock(self._texts[c])]
        with_marks = [c for c in clocks if ":" in self._texts[c][0] or "time" in normal(c)]
        return next(iter(with_marks or [c for c in clocks if _rank("timestamp", c) < _NOT]), None)

    def _timed(
        self, columns: tuple[str, ...], time: TimeForm
    ) -> tuple[tuple[str, ...], str, TimeForm]:
        form = time.form if time.form != "iso8601" else "ISO 8601"
        for column, what in zip(columns, ("time", "time of day"), strict=False):
            self._what[column] = [f"{what} ({form})" if column == columns[-1] else what]
        zone = ""
        if time.form[:5] != "epoch":
            own = _ZONED.search(self._texts[columns[-1]][0])
            if own is None:
                zone = self._zone()
            elif own[1] in AMBIGUOUS:
                try:
                    zone_of(own[1])
                except Malformed as error:
                    self._faults.append(f"column {columns[-1]!r}: {error.detail}")
        return columns, zone, time

    def _zone(self) -> str:
        """The column that names the zone of the times, or empty."""
        for column in self._named("timezone"):
            try:
                for name in dict.fromkeys(self._texts[column]):
                    zone_of(name)
            except Malformed as error:
                if "may be" in error.detail:
                    self._faults.append(f"column {column!r}: {error.detail}")
                    self._what[column] = ["time zone"]
                    return column
                self._notes.append(f"column {column!r} is not understood: {error.detail}")
                continue
            self._what[column] = ["time zone"]
            return column
        return ""

    def _named_zone(self, column: str) -> str:
        """The zone in brackets behind a column's name; empty where there is none."""
        bracket = re.search(r"[(\[]([A-Za-z/_]+|[A-Z]*[+-][\d:]+)[)\]]", column)
        if bracket is None or bracket[1].upper() == "UTC":
            return ""
        try:
            zone_of(bracket[1])
        except Malformed as error:
            if "may be" in error.detail:
                self._faults.append(f"column {column!r}: {error.detail}")
            return ""
        return bracket[1]

    def _period(self, form: Format, texts: Sequence[str]) -> int:
        """The seconds that a row stands for, where rows have counts and lie on whole periods."""
        if "count" not in form.fields:
            return 0
        seconds = set[int]()
        for text in dict.fromkeys(texts):
            try:
                ms = time_ms(text, form.timestamp_format, form.timezone)
            except Malformed:
                continue
            if ms % 1000:
                return 0
            seconds.add(ms // 1000)
        if len(seconds) < 3:
            return 0
        first = min(seconds)
        for period in PERIODS:
            if all(not (each - first) % period for each in seconds) and not first % 60:
                self._notes.append(
                    f"a row with a count stands for the {period} s from its time on: its payments"
                    f" are drawn inside them; if not, leave out [spread] seconds = {period}"
                )
                return period
        return 0

    # The outcome.

    def _outcome(self) -> None:
        status = self._first("payment_status", _is_outcome)
        if status is None:
            status = self._first_boolean()
        count, successes = self._counts()
        if status is None and count and successes:
            self._take("count", count, "count")
            self._take("successes", successes, "successes of the count")
            return
        codes = self._codes()
        if status is None and codes is None:
            free = (c for c in self._rows if c not in self._what)
            status = next((c for c in free if _is_outcome(self._texts[c], 0.95)), None)
        if status is not None:
            self._take("payment_status", status, "status")
            self._learn(self._texts[status])
        elif codes is not None:
            self._take("payment_status", codes, "status by response code")
            self._take("error_code", codes, "error code")
            seen = dict.fromkeys(self._texts[codes])
            self._statuses = {
                **{code: "approved" for code in seen if code.casefold() in APPROVED_CODES},
                **dict.fromkeys(sorted(TECHNICAL_CODES), "failed"),
                OTHERWISE: "denied",
            }
            self._notes.append(
                f"column {codes!r} says the outcome: 00 is approved, codes of a broken system are"
                " failed, and all others denied"
            )
        if count is not None:
            self._take("count", count, "count")

    def _first_boolean(self) -> str | None:
        for column in self._named("payment_status"):
            texts = self._texts[column]
            if "type" not in normal(column) and all(text.casefold() in BOOLEANS for text in texts):
                return column
        return None

    def _unknown_words(self) -> None:
        """Take a column that is called a status, and has words that nobody knows, for the outcome."""
        for column in self._named("payment_status"):
            words = dict.fromkeys(self._texts[column])
            if "type" in normal(column) or len(words) > _MOST_WORDS:
                continue
            self._take("payment_status", column, "status, of words that are not understood")
            shown = ", ".join(repr(_cut(word, 40)) for word in sorted(words)[:5])
            self._faults.append(
                f"column {column!r} has no word that is understood as an outcome ({shown}"
                f"{' …' if len(words) > 5 else ''}): write what each means in [statuses], such as"
                f' "{_cut(min(words), 40)}" = "approved"'
            )
            return

    def _learn(self, texts: Sequence[str]) -> None:
        """Note what the words of a status mean, where not all know; and those that nobody does."""
        unknown = []
        for word in dict.fromkeys(texts):
            key = folded(word)
            if known_status(word) is not None:
                continue
            if key in BOOLEANS:
                self._statuses[key] = BOOLEANS[key]
            else:
                unknown.append(word)
        if unknown:
            shown = ", ".join(repr(word) for word in unknown[:5])
            self._notes.append(
                f"status {shown}{' …' if len(unknown) > 5 else ''} is not understood: write what it"
                f' means in [statuses], such as "{unknown[0]}" = "denied"'
            )

    def _codes(self) -> str | None:
        """The column of response codes that tells approved from declined."""
        for field in ("response code", "error_code"):
            for column in self._named(field):
                codes = set(self._texts[column])
                if len(codes) <= _MOST_CODES and {c.casefold() for c in codes} & APPROVED_CODES:
                    return column
        return None

    def _counts(self) -> tuple[str | None, str | None]:
        if self._is_payment_each():
            return None, None
        count = self._first("count", _are_counts)
        if count is None:
            return None, None
        successes = next(
            (
                column
                for column in self._named("successes")
                if column != count
                and _are_counts(self._texts[column])
                and all(
                    float(ok) <= float(of)
                    for ok, of in zip(self._rows[column], self._rows[count], strict=True)
                    if _is_count(str(ok)) and _is_count(str(of))
                )
            ),
            None,
        )
        return count, successes

    def _is_payment_each(self) -> bool:
        """Whether a column of ids shows that each row is a payment."""
        for column in self._named("transaction_id"):
            texts = self._texts[column]
            if len(texts) >= 0.9 * self._number and len(set(texts)) >= 0.5 * len(texts):
                return True
        return False

    # The rest.

    def _money(self) -> None:
        for column in self._named("amount"):
            texts = self._texts[column]
            if _share(texts, _is_amount) < _ENOUGH:
                continue
            is_minor = bool(MINOR_WORDS & set(normal(column).split()))
            self._take("amount", column, "amount in minor units" if is_minor else "amount")
            if not is_minor and len(texts) >= _ROWS and all(map(_is_count, texts)):
                self._notes.append(
                    f"amounts in column {column!r} are whole: if they are cents, write"
                    ' amount_unit = "minor" in [columns]'
                )
            break
        currency = self._first("currency", lambda texts: _share(texts, _is_currency) >= _ENOUGH)
        if currency is not None:
            texts = self._texts[currency]
            if len(texts) >= _ROWS and len(texts) == self._number and len(set(texts)) == 1:
                self._what[currency] = ["currency, one for all rows: no slice"]
            else:
                self._take("currency", currency, "currency")
        elif "amount" in self._fields:
            signs = {currency_of(text) for text in self._texts[self._fields["amount"]]}
            if len(signs) == 1 and (sign := signs.pop()) is not None:
                self._defaults["currency"] = sign
                self._notes.append(f"the amounts are in {sign}")

    def _others(self) -> None:
        codes = None if "error_code" in self._fields else self._first("error_code", _are_codes)
        if codes is None and "error_code" not in self._fields:
            codes = self._first("response code", _are_codes)
        if codes is not None:
            self._take("error_code", codes, "error code")
        identity = self._first("transaction_id", _tell_apart)
        if identity is not None:
            self._take("transaction_id", identity, "transaction id")
        for field in ("correlation_id", "user_id", "error_scheme", "error_message"):
            column = next(self._named(field), None)
            if column is not None:
                self._take(field, column, field.replace("_", " "))
        if "test" in COLUMNS:
            test = self._first("test", _is_mark)
            if test is not None:
                self._take("test", test, "test mode")
        latency = self._first("latency_ms", lambda texts: _share(texts, _is_amount) >= _ENOUGH)
        if latency is not None:
            self._take("latency_ms", latency, "latency in ms")
        for field in DIMENSIONS:
            if field in self._fields or any(
                what[0].startswith(f"{field}, one") for what in self._what.values()
            ):
                continue
            for column in self._named(field):
                texts = self._texts[column]
                if normal(column) in _OR_CARD and not _NETWORKS & set(map(str.casefold, texts)):
                    continue
                if len(texts) >= _ROWS and len(set(texts)) > 0.5 * len(texts):
                    self._notes.append(
                        f"column {column!r} is not taken as {field}: its values hardly repeat"
                    )
                    continue
                if len(texts) >= _ROWS and len(texts) == self._number and len(set(texts)) == 1:
                    self._what[column] = [f"{field}, one for all rows: no slice"]
                    break
                self._take(field, column, field)
                break


_OR_CARD: Final = ("card type", "tarjeta", "carte", "cartao", "karte", "card")
"""Names of a column that may hold networks, or the cards themselves."""
_NOT: Final = 1 << 20
_ZONED: Final = re.compile(r"\d\s*(Z|[+-]\d\d:?\d\d|[A-Z]{3,4})$")
_OTHER_THINGS: Final = frozenset(
    ("response", "code", "reason", "message", "amount", "fee", "date", "time", "email", "number",
     "type", "status", "refunded", "net", "tax", "address", "phone", "last4", "suffix", "url", "count",
     "description", "converted", "id", "hash", "token", "holder", "expiry", "exp", "name", "source")
)  # fmt: skip
"""Words that make a longer name that of another thing: `acquirer response` is no acquirer."""
_LOOSE: Final = 6
"""Letters from which a name is looked for inside a longer one."""


def _rank(field: str, column: str) -> int:
    """How sure a column's name is for a field: less is surer; _NOT for a name of another thing."""
    name = normal(column)
    names = NAMES.get(field, ())
    if name in names:
        return names.index(name)
    bare = normal(re.sub(r"[(\[].*?[)\]]", " ", column))
    if bare in names:
        return names.index(bare) + len(names)
    words = set(name.split())
    for at, known in enumerate(names):
        more = words - set(known.split())
        if len(known) >= _LOOSE and len(words) <= 4 and not more & _OTHER_THINGS:
            if not set(known.split()) <= words:
                continue
            return at + 2 * len(names)
    return _NOT


def _path(column: str) -> str:
    """The last two parts of a path as one name: `card.network`."""
    return " ".join(column.split(".")[-2:])


def _is_later(column: str) -> bool:
    """Whether the name is of a time that is not when the payment was tried."""
    return bool(LATER & set(normal(column).split()))


def _share(texts: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts) if texts else 0.0


def _is_outcome(texts: Sequence[str], enough: float = 0.5) -> bool:
    return bool(texts) and _share(texts, lambda text: known_status(text) is not None) >= enough


def _is_count(text: str) -> bool:
    return re.fullmatch(r"\d{1,12}(\.0+)?", text.strip()) is not None


def _are_counts(texts: Sequence[str]) -> bool:
    return _share(texts, _is_count) >= 0.95


def _is_amount(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True


def _is_currency(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{3}", text) is not None


def _tell_apart(texts: Sequence[str]) -> bool:
    """Whether texts are different enough to be ids: one payment is tried a few times at most."""
    return len(texts) < _ROWS or len(set(texts)) > 0.2 * len(texts)


def _is_mark(texts: Sequence[str]) -> bool:
    return all(is_test("", text) is not None for text in set(texts))


def _are_codes(texts: Sequence[str]) -> bool:
    """Whether texts are codes, and no column of outcomes that says once more what went well."""
    codes = set(texts)
    well = {code for code in codes if known_status(code) == "approved"}
    if well and all(map(is_generic, codes - well)):
        return False
    return len(codes) <= _MOST_CODES and _share(texts, lambda text: len(text) <= 64) > 0.9


def table(taken: Sequence[Taken]) -> str:
    """The columns and what each is taken for, as lines of a table."""
    rows = [("column", "taken for", "sample")]
    rows += [(one.column, one.what or "-", one.sample) for one in taken]
    cut = [
        tuple(_cut(cell, width) for cell, width in zip(row, (32, 36, 40), strict=True))
        for row in rows
    ]
    widths = [max(len(row[at]) for row in cut) for at in range(2)]
    return "\n".join(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in cut)


def _cut(text: str, width: int) -> str:
    bare = "".join(sign if sign.isprintable() else " " for sign in text)
    return bare if len(bare) <= width else f"{bare[: width - 1]}…"
