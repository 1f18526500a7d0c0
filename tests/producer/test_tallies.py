"""A file as a tally a second: the same as read row by row, however the rows are written."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.counting.counts import payments
from functions.core.counting.partial import Partial
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.counting.tally import Bucket, Tally, merge
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import ALIASES, DIMENSIONS
from producer.format import Format
from producer.history import read
from producer.second import Second
from producer.tallies import tallies
from tests.notifications import OWN, SAMPLES, SECOND, STRIPE_FAILED

Told = list[tuple[str, str]]

KNOWLEDGE = load()
START_MS = 1_752_087_790_000


def told(bad: Sequence[Malformed]) -> Told:
    return sorted((each.reason, each.detail.split(":")[0]) for each in bad)


def reference(path: Path, form: Format | None) -> tuple[Tally, dict[int, int], Told]:
    """The counts, each second's newest payment, and what is told of bad rows: row by row."""
    bad: list[Malformed] = []
    tally = Tally()
    newest: dict[int, int] = {}
    for payment in read(path, form, on_bad=bad.append):
        second = payment.timestamp_ms // 1000
        if payment.is_test:
            tally.bucket(second).tests += payment.count
            newest.setdefault(second, 0)
            continue
        tally.add(payment, classify(payment, KNOWLEDGE), DEFAULT_SLICING)
        newest[second] = max(newest.get(second, 0), payment.timestamp_ms)
    counts = {
        at: Bucket(found.slices, found.latency, failing=found.failing, tests=found.tests)
        for at, found in tally.seconds.items()
    }
    return Tally(counts), newest, told(bad)


def counted(path: Path, form: Format | None) -> tuple[list[Second], Told]:
    bad: list[Malformed] = []
    found = tallies(path, form, knowledge=KNOWLEDGE, slicing=DEFAULT_SLICING, on_bad=bad.append)
    return list(found), told(bad)


def assert_same(path: Path, form: Format | None) -> list[Second]:
    tally, newest, bad = reference(path, form)
    seconds, told_of = counted(path, form)
    assert told_of == bad
    assert [each.second for each in seconds] == sorted(tally.seconds)
    assert all(list(each.tally.seconds) == [each.second] for each in seconds)
    assert merge(each.tally for each in seconds) == tally
    assert {each.second: each.newest_ms for each in seconds} == newest
    return seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For all examples of a property: each writes its file anew."""
    return tmp_path_factory.mktemp("tallies")


ISO_FORM = Format.parse(
    '[columns]\ntimestamp = "at"\nstatus = "result"\ncount = "n"\nerror_code = "code"\n'
    'error_scheme = "of"\nerror_message = "why"\nlatency_ms = "took"\namount = "sum"\n'
    'transaction_id = "no"\nuser_id = "who"\n'
    '[dimensions]\ngateway = "pg"\nmethod = "sub type"\nissuer = "bank"\nnetwork = "card"\n'
)
COLUMNS = dict(ISO_FORM.fields)

HARD_TEXTS = st.sampled_from(
    ["", " ", "payu", " PayU\t", "a=b&c%", "4111 1111 1111 1111", "x" * 80, "ü\u2028é",
     "line\nend", "nul\x00", 'quo"te', "a,b", "\u00a0", "null", "1", "1.0", "true"]
)  # fmt: skip
HARD_VALUES: st.SearchStrategy[Any] = st.one_of(
    HARD_TEXTS,
    st.sampled_from(
        [None, 0, 1, -1, 1.0, 1.5, True, False, [], {"timestamp": 5}, 10**30, 1e300, "1e999", "nan",
         "inf", "-3", " 7 ", "1_0", 2_000_000_000]
    ),
)  # fmt: skip
TIMES: st.SearchStrategy[Any] = st.one_of(
    st.integers(0, 200_000).map(lambda ms: iso(START_MS + ms)),
    st.integers(0, 5).map(lambda s: f"2025-07-09T19:03:{s:02}"),
    st.sampled_from(
        ["2025-07-09 19:03:10Z", "2025-07-09T21:03:10.5+02:00", "2025-07-09T21:03:11.123456+02:00",
         "2025-07-09T19:03:10.123456+00:00", "2025-07-09T19:03:60Z", "2025-13-09T19:03:10Z",
         "1752087790", "1752087790.123", " 1752087790123 ", "noon", "1969-12-31T23:59:59Z"]
    ),
    st.integers(START_MS // 1000, START_MS // 1000 + 100),
    st.integers(START_MS, START_MS + 9_999),
    st.floats(START_MS / 1000, START_MS / 1000 + 9),
)  # fmt: skip
STATUSES = st.sampled_from(
    ["approved", "SUCCESS", "fail", "Declined", "timed-out", "backend reversed", "refund",
     "pending", "void"]
)  # fmt: skip
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "payment_status": STATUSES,
    "timestamp": st.integers(0, 3_000).map(lambda ms: iso(START_MS + ms)),
    "error_code": st.sampled_from(["51", "91", 5, "05", "96", "err_503", "do_not_honor", None]),
    "error_scheme": st.sampled_from(["iso8583", "stripe", "visa", None]),
    "error_message": st.sampled_from(["issuer down", "Timeout", "lost card", None]),
    "latency_ms": st.one_of(st.none(), st.floats(0, 60_000), st.integers(0, 60_000)),
    "amount": st.one_of(st.none(), st.floats(-10, 1000)),
    "count": st.integers(1, 90),
    **{name: st.sampled_from(["a", "b", "a=b", 7]) for name in DIMENSIONS},
}


def iso(ms: int) -> str:
    minute, rest = divmod(ms - START_MS + 10_000, 60_000)
    return f"2025-07-09T19:{3 + minute:02}:{rest // 1000:02}.{rest % 1000:03}Z"


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Objects in the event's own fields: a plain kind of row, and some that are anything."""
    kind = [
        (field, draw(st.sampled_from((field, *ALIASES[field]))))
        for field in draw(st.lists(st.sampled_from(sorted(PLAIN)), unique=True))
    ]
    kind += [("timestamp", "timestamp"), ("payment_status", "status")]
    rows = [
        {name: draw(PLAIN[field]) for field, name in kind} for _ in range(draw(st.integers(0, 30)))
    ]
    names = [name for field, others in ALIASES.items() for name in (field, *others)]
    for _ in range(draw(st.integers(0, 4)) if rows else 0):
        row = draw(st.sampled_from(rows))
        name = draw(st.sampled_from([*row, *names, "extra"]))
        is_time = name in ("timestamp", *ALIASES["timestamp"])
        row[name] = draw(TIMES if is_time and draw(st.booleans()) else HARD_VALUES)
        if draw(st.booleans()):
            row.pop(draw(st.sampled_from(sorted(row))))
    return rows


BAD_LINES = [
    "", " ", "\r", "{", "[]", "7", "{}{}", '{"a":\n1}', '{"status":"ok","timestamp":1}{"b":\n2}',
    '{"x":' + "[" * 2000, '{"x":1e999,"status":"ok","timestamp":1752087790}', '{"x":"a\tb"}',
    ' {"status":"ok","timestamp":1752087790}', '{"status":"ok",\r"timestamp":1752087790}',
]  # fmt: skip


@settings(max_examples=200)
@given(
    events(), st.lists(st.sampled_from(BAD_LINES), max_size=2), st.sampled_from("\n\r"), st.data()
)
def test_events_are_counted_as_row_by_row(
    folder: Path, rows: list[dict[str, Any]], bad: list[str], end: str, data: st.DataObject
) -> None:
    lines = [json.dumps(row, ensure_ascii=data.draw(st.booleans())) for row in rows]
    for line in bad:
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    text = ("\r\n" if end == "\r" else "\n").join(lines) + data.draw(st.sampled_from(["", "\n"]))
    path = folder / "events.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" * (end == "\r") + text.encode())
    assert_same(path, None)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows under the columns of ISO_FORM, most of them plain."""
    rows = [
        {column: draw(PLAIN.get(field, st.just("x"))) for field, column in COLUMNS.items()}
        for _ in range(draw(st.integers(0, 30)))
    ]
    for _ in range(draw(st.integers(0, 4)) if rows else 0):
        row = draw(st.sampled_from(rows))
        column = draw(st.sampled_from(sorted(COLUMNS.values())))
        row[column] = draw(TIMES if column == "at" and draw(st.booleans()) else HARD_VALUES)
    return rows


@settings(max_examples=100)
@given(rows=tables(), sparse=st.booleans())
def test_a_table_is_counted_as_row_by_row_in_json_and_in_csv(
    folder: Path, rows: list[dict[str, Any]], sparse: bool
) -> None:
    lines = [
        json.dumps({n: v for n, v in row.items() if not sparse or v is not None}) for row in rows
    ]
    path = folder / "table.jsonl"
    path.write_text("\n".join(lines))
    try:
        expected = reference(path, ISO_FORM)
    except SettingsError:
        with pytest.raises(SettingsError):
            counted(path, ISO_FORM)
    else:
        assert expected[0] == merge(each.tally for each in assert_same(path, ISO_FORM))
    path = path.with_suffix(".csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, sorted(COLUMNS.values()))
        writer.writeheader()
        writer.writerows(rows)
    if sparse:
        with path.open("a", encoding="utf-8") as file:
            file.write('too,few\n\n"open')
    assert_same(path, ISO_FORM)


LOCAL_FORM = Format.parse(
    '[columns]\ntimestamp = ["day", "clock"]\ntimestamp_format = "%d.%m.%Y %H:%M:%S"\n'
    'timezone = "Europe/Berlin"\ntimezone_column = "zone"\nstatus = "result"\namount = "sum"\n'
    'latency_ms = "took"\nerror_code = "code"\n[file]\ndecimal = ","\n'
    '[statuses]\n"gut" = "approved"\n"*" = "denied"\n'
    '[dimensions]\nissuer = "bank"\ncurrency = "cur"\n'
    '[defaults]\nissuer = "ours"\ngateway = "pg"\n'
)
LOCAL: dict[str, st.SearchStrategy[Any]] = {
    "day": st.sampled_from(["25.10.2026", "29.03.2026", "25.10.2026", "40.10.2026", ""]),
    "clock": st.sampled_from(
        ["02:30:00", "2:30:01", "24:00:00", "23:59:60", "02:30:00.5", "", "x"]
    ),
    "zone": st.sampled_from(["", "UTC", "CET", "IST", "+05:30", "Nowhere"]),
    "result": st.sampled_from(["gut", " GUT ", "ok", "Abgelehnt", "odd", "", "N/A", "fail"]),
    "sum": st.sampled_from(["12,50", "1.234", "€5", "", "NULL", "note", "1e999", "5"]),
    "took": st.sampled_from(["80", "", "12,5", "-1", "\\N", "slow"]),
    "code": st.sampled_from(["51", "N/A", "", "05"]),
    "bank": st.sampled_from(["a", "", "b", "NULL", " a "]),
    "cur": st.sampled_from(["EUR", "", "-"]),
}


@settings(max_examples=100)
@given(rows=st.lists(st.fixed_dictionaries(LOCAL), max_size=30), plain=st.booleans())
def test_a_table_in_the_words_of_its_country_is_counted_as_row_by_row(
    folder: Path, rows: list[dict[str, Any]], plain: bool
) -> None:
    path = folder / "local.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(LOCAL), delimiter=";")
        writer.writeheader()
        writer.writerows(row for row in rows if not plain or row["zone"] in ("", "UTC"))
        file.write("Summe;;;;3\n")
    assert_same(path, LOCAL_FORM)


PATH_FORM = Format.parse(
    '[columns]\ntimestamp = ["at.day", "at.clock"]\ntimestamp_format = "%d.%m.%Y %H:%M:%S"\n'
    'timezone = "Europe/Berlin"\ntimezone_column = "at.zone"\nstatus = "result"\n'
    'amount = "sum.value"\nlatency_ms = "took"\nerror_code = "error.code"\ncount = "n"\n'
    '[statuses]\n"gut" = "approved"\n"*" = "denied"\n[dimensions]\nissuer = "card.bank"\n'
    'network = "card.bank"\ncurrency = "sum.currency"\n[defaults]\ngateway = "pg"\n'
)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries(LOCAL),
            st.lists(st.tuples(st.sampled_from(["at", "card", "sum", "n", "took"]), HARD_VALUES), max_size=2),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_rows_of_objects_in_objects_are_counted_as_row_by_row(
    folder: Path, rows: list[tuple[dict[str, Any], list[tuple[str, Any]]]]
) -> None:
    path = folder / "paths.jsonl"
    lines = []
    for row, odd in rows:
        nested: dict[str, Any] = {
            "at": {name: row[name] for name in ("day", "clock", "zone")},
            "result": row["result"],
            "sum": {"value": row["sum"], "currency": row["cur"]},
            "took": 5,
            "error": {"code": row["code"]},
            "card": {"bank": row["bank"]},
            "n": 2,
        }
        lines.append(json.dumps({**nested, **dict(odd)}))
    path.write_text("\n".join(lines))
    try:
        expected = reference(path, PATH_FORM)
    except SettingsError:
        with pytest.raises(SettingsError):
            counted(path, PATH_FORM)
    else:
        assert expected[0] == merge(each.tally for each in assert_same(path, PATH_FORM))


@settings(max_examples=100)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 400), st.integers(0, 500), st.integers(0, 500), st.sampled_from("abc")
        ),
        max_size=12,
    ),
    seconds=st.sampled_from([0, 1, 7, 60, 90]),
)
def test_rows_that_stand_for_a_period_fall_in_the_same_seconds(
    folder: Path, rows: list[tuple[int, int, int, str]], seconds: int
) -> None:
    form = (
        '[columns]\ntimestamp = "at"\ntimestamp_format = "epoch_s"\ncount = "n"\n'
        'successes = "ok"\nlatency_ms = "took"\n[dimensions]\ngateway = "pg"\n'
    )
    text = "".join(f"{at / 4},{n},{min(n, ok)},{pg},{ok}\n" for at, n, ok, pg in rows)
    path = folder / "periods.csv"
    path.write_text("at,n,ok,pg,took\n" + text)
    spread = f"[spread]\nseconds = {seconds}\n" if seconds else ""
    found = assert_same(path, Format.parse(form + spread))
    assert sum(each.rows for each in found) == sum(n > 0 for _, n, _, _ in rows)


@pytest.mark.parametrize("step_ms", [40, -40, 7_919 * 40])
def test_a_file_of_any_order_comes_out_in_order(tmp_path: Path, step_ms: int) -> None:
    file = tmp_path / "h.jsonl"
    rows = 5_000
    with file.open("w") as out:
        for number in range(rows):
            at = iso(START_MS + number * step_ms % (rows * 40))
            status = "fail" if number % 7 == 0 else "ok"
            out.write(f'{{"time":"{at}","state":"{status}","psp":"p{number % 5}","n":{number}}}\n')
    found = assert_same(file, None)
    assert [each.second for each in found] == list(
        range(START_MS // 1000, START_MS // 1000 + rows * 40 // 1000)
    )
    assert sum(each.rows for each in found) == rows - 1


def test_rows_a_little_late_are_taken_as_they_come(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    moments = [n * 40 - (50_000 if n % 97 == 0 else 0) + 60_000 for n in range(5_000)]
    file.write_text("".join(f'{{"time":"{iso(START_MS + ms)}","state":"ok"}}\n' for ms in moments))
    assert sum(each.rows for each in assert_same(file, None)) == len(moments)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        # Alike to the second, an hour apart.
        (
            '{"time":"2025-07-09T21:03:10+02:00","state":"ok"}\n'
            '{"time":"2025-07-09T21:03:10+01:00","state":"ok"}\n',
            2,
        ),
        # Two lines and two objects, but neither line is one.
        (
            '{"time":1752087790,"state":"ok"}\n'
            '{"time":1752087790,"state":"ok"}{"time":1752087791,\n"state":"ok"}\n',
            1,
        ),
    ],
)
def test_what_only_looks_plain_is_read_as_row_by_row(tmp_path: Path, text: str, rows: int) -> None:
    file = tmp_path / "h.jsonl"
    file.write_text(text)
    assert sum(each.rows for each in assert_same(file, None)) == rows


def test_a_row_of_no_payments_still_needs_its_time(tmp_path: Path) -> None:
    file = tmp_path / "h.csv"
    file.write_text("at,n,s\nnoon,0,ok\n1752087790,0,ok\n1752087790,2,ok\n")
    form = Format.parse('[columns]\ntimestamp = "at"\ncount = "n"\nstatus = "s"\n')
    assert [each.rows for each in assert_same(file, form)] == [1]
    assert reference(file, form)[2] == [("bad_timestamp", "line 2")]


def test_notifications_among_our_own_events_are_counted_as_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    notifications = [s for samples in SAMPLES.values() for s in samples]
    own = [{**OWN, "transaction_id": f"own-{n}"} for n in range(40)]
    flat = {"id": "pay_1", "entity": "payment", "status": "failed", "created_at": SECOND,
            "amount": 51000, "error_code": "BAD_REQUEST_ERROR"}  # fmt: skip
    rows = [*own, *notifications, {**STRIPE_FAILED, "type": "customer.created"}, flat, *own]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    seconds = assert_same(path, None)
    assert sum(second.rows for second in seconds) == len(rows) - 1


def test_a_name_that_comes_late_in_the_file_is_learnt(tmp_path: Path) -> None:
    early, late = (
        '{"ts":1752087790,"status":"ok","psp":"a"}\n',
        '{"ts":1752087791,"outcome":"ok"}\n',
    )
    file = tmp_path / "h.jsonl"
    file.write_text(early * 5_000 + late * 5_000 + early.replace("psp", "mood") * 10)
    assert [each.rows for each in assert_same(file, None)] == [5_010, 5_000]


def test_what_cannot_be_read_is_told_as_in_history(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match="there is no file"):
        counted(tmp_path / "h.jsonl", None)
    (tmp_path / "h.csv").write_text("at,result\n")
    with pytest.raises(PaywatchError, match=r"h\.csv needs a format"):
        counted(tmp_path / "h.csv", None)
    with pytest.raises(SettingsError, match=r"h\.csv has no column 'bank'"):
        counted(tmp_path / "h.csv", ISO_FORM)
    (tmp_path / "h.jsonl").write_text('\n{\n{"at":1}\n')
    with pytest.raises(SettingsError, match=r"h\.jsonl has no column 'n'"):
        counted(tmp_path / "h.jsonl", ISO_FORM)


ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))
CLOUDWALK = """
[columns]
timestamp = "timestamp"
timestamp_format = "%Y-%m-%d %H:%M:%S"
count = "count"
"""
CASE = """
[columns]
timestamp = "min"
timestamp_format = "epoch_s"
count = "cnt"
successes = "value"
[dimensions]
gateway = "cdn"
device = "p2p"
method = "bitrate"
"""


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("cloudwalk_2025/transactions.csv", CLOUDWALK + 'status = "status"\n'),
        ("robustspot_dev/case72_0324_1714649353.csv", CASE + "[spread]\nseconds = 60\n"),
        ("robustspot_dev/case92_0420_170903641.csv", CASE),
    ],
)
def test_real_files_are_counted_as_row_by_row(file: str, form: str) -> None:
    path = DATA / file
    if not path.exists():
        pytest.skip(f"real data is absent: {path} (set PAYWATCH_DATA)")
    found = assert_same(path, Format.parse(form))
    assert sum(payments(each.tally.total) for each in found) > 0


def words(*told_of: tuple[str, str, int], **fields: Any) -> str:
    """Lines of events: id, status, seconds after START_MS."""
    return "\n".join(
        json.dumps({"id": name, "status": status, "timestamp": START_MS + 1000 * at, **fields})
        for name, status, at in told_of
    )


def steps_of(seconds: Sequence[Second]) -> State:
    state, memory = initial(Rules()), Memory()
    for number, second in enumerate(seconds, 1):
        arrived_ms = 1000 * second.second + 1000
        partial = Partial(
            "s", f"{number}", f"{number}", arrived_ms, second.newest_ms, second.tally,
            messages=second.messages,
        )  # fmt: skip
        state, _ = step(state, [partial], Rules(), memory=memory)
    return state


LIVES = [
    *((f"one{n}", "ok", n) for n in range(30)),
    *(("p", "fail", at) for at in (3, 4, 4, 9)),
    *(("q", word, at) for at, word in enumerate(("authorized", "captured", "settled"))),
    ("p", "ok", 12),
]


@pytest.mark.parametrize("order", ["by time", "turned round", "by name"])
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_payments_that_come_again_are_counted_once(tmp_path: Path, order: str, suffix: str) -> None:
    rows = sorted(LIVES, key=lambda row: (row[2], row[1] != "fail", row[0]))
    rows = {"by time": rows, "turned round": rows[::-1], "by name": sorted(LIVES)}[order]
    # The file begins and ends with what is far apart, so that it is out of order by more than a little.
    far = [("old", "ok", -500), ("new", "ok", 500)]
    rows = [far[0], *rows, far[1]] if order == "by time" else [far[1], *rows, far[0]]
    path, form = tmp_path / f"lives.{suffix}", None
    if suffix == "jsonl":
        path.write_text(words(*rows))
    else:
        path.write_text(
            "id,status,at\n" + "\n".join(f"{n},{s},{START_MS + 1000 * at}" for n, s, at in rows)
        )
        form = Format.parse(
            '[columns]\ntimestamp = "at"\nstatus = "status"\ntransaction_id = "id"\n'
            'timestamp_format = "epoch_ms"\n'
        )
    seconds, bad = counted(path, form)
    assert bad == []
    totals = steps_of(seconds).totals
    # 30 payments with one message each, p, q, and the two far apart
    assert (totals.payments, totals.retries, totals.repeats) == (34, 3, 3)


def test_messages_are_named_only_of_payments_that_come_again(tmp_path: Path) -> None:
    path = tmp_path / "unique.jsonl"
    path.write_text(words(*((f"{n}", "ok", n // 4) for n in range(99))))
    assert not any(second.messages for second in counted(path, None)[0])
    path.write_text(words(*((f"{n}", "ok", n // 4) for n in range(99)), ("7", "captured", 30)))
    named = [m.payment.timestamp_ms for s in counted(path, None)[0] for m in s.messages.others]
    assert named == [START_MS + 1000, START_MS + 30_000]


def test_ids_that_come_again_much_later_are_other_payments(tmp_path: Path) -> None:
    path = tmp_path / "later.jsonl"
    rows = [(f"{n}", "ok", 40 * n) for n in range(99)]
    path.write_text(words(*rows, *((name, word, at + 4000) for name, word, at in rows)))
    assert steps_of(counted(path, None)[0]).totals.payments == 198


def test_rows_without_an_id_are_each_a_payment(tmp_path: Path) -> None:
    path = tmp_path / "nameless.jsonl"
    line = json.dumps({"status": "ok", "timestamp": START_MS})
    path.write_text("\n".join([line] * 20))
    assert steps_of(counted(path, None)[0]).totals.payments == 20


@pytest.mark.parametrize("mark", [{"livemode": False}, {"test": True}, {"sandbox": "true"}])
def test_payments_of_a_test_system_are_told_and_not_counted(
    tmp_path: Path, mark: dict[str, Any]
) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_text(words(("a", "ok", 0)) + "\n" + words(("b", "fail", 1), ("c", "ok", 1), **mark))
    totals = steps_of(counted(path, None)[0]).totals
    assert (totals.payments, totals.tests) == (1, 2)
