"""A file that somebody has: opened, understood, said how, and never silently nothing."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.errors import Malformed, PaywatchError, SettingsError
from ops.reading import Span, reading
from producer.format import Format
from producer.moments import time_ms
from producer.tallies import tallies

NOW_MS = time_ms("2026-11-30T12:00:00Z", "iso8601")
EVENT = {"transaction_id": "t1", "payment_status": "ok", "timestamp": "2026-11-20T13:14:15Z"}
CSV = "Zeit;Status;Betrag\n20.11.2026 13:14:15;ok;12,50\n21.11.2026 13:14:15;Abgelehnt;9,00\n"


class Read:
    """What was said of a file, the seconds that count, what is told of their times, and bad rows."""

    def __init__(self, path: Path, form: str | None = None, write: Path | None = None) -> None:
        bad: list[Malformed] = []
        given = Format.parse(form) if form is not None else None
        with reading(path, given, now_ms=NOW_MS, write=write) as found:
            self.said = "\n".join(found.said)
            self.form = found.form
            self.word = found.word
            span = Span(found)
            seconds = tallies(
                found.path, found.form, knowledge=load(), slicing=DEFAULT_SLICING, on_bad=bad.append
            )
            self.rows = sum(second.rows for second in filter(span.take, seconds))
            self.fault = span.fault()
            self.notes: Sequence[str] = span.notes(len(bad))
        self.bad = [each.detail for each in bad]


def written(folder: Path, text: str, name: str = "h.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_how_a_file_is_read_is_said_in_one_line(tmp_path: Path) -> None:
    found = Read(written(tmp_path, f"Umsätze\n\n\n{CSV}"))
    assert found.said.splitlines()[0] == (
        "read as: semicolon, header in line 4, UTF-8, times as %d.%m.%Y %H:%M:%S"
    )
    assert (found.rows, found.bad, found.fault, list(found.notes)) == (2, [], "", [])


def test_columns_that_were_guessed_are_shown(tmp_path: Path) -> None:
    said = Read(written(tmp_path, CSV)).said
    assert [line.split()[:2] for line in said.splitlines()[2:6]] == [
        ["column", "taken"],
        ["Zeit", "time"],
        ["Status", "status"],
        ["Betrag", "amount"],
    ]


def test_a_packed_file_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(CSV.encode("utf-16")))
    found = Read(tmp_path / "h.csv.gz")
    assert "gzip, UTF-16" in found.said.splitlines()[0]
    assert found.rows == 2


@pytest.mark.parametrize(
    "form", [None, '[columns]\ntimestamp = "timestamp"\nstatus = "payment_status"\n']
)
def test_a_list_of_events_is_read_with_and_without_a_format(
    tmp_path: Path, form: str | None
) -> None:
    path = written(
        tmp_path, json.dumps({"data": [EVENT, {**EVENT, "timestamp": "soon"}]}), "h.json"
    )
    found = Read(path, form)
    assert (found.rows, found.word) == (1, "item")
    assert [detail.partition(":")[0] for detail in found.bad] == ["line 2"]
    assert 'the JSON list "data"' in found.said


def test_events_in_their_own_fields_need_no_format(tmp_path: Path) -> None:
    path = written(tmp_path, "\n".join([json.dumps(EVENT)] * 3 + ["nonsense"]), "h.jsonl")
    found = Read(path)
    assert found.form is None
    assert found.said == "read as: UTF-8, events, one a line"
    assert found.rows == 3


def test_events_whose_words_nobody_knows_are_events_all_the_same(tmp_path: Path) -> None:
    rows = [{**EVENT, "payment_status": f"odd {number}"} for number in range(9)]
    found = Read(written(tmp_path, "\n".join(map(json.dumps, [*rows, EVENT])), "h.jsonl"))
    assert (found.form, found.rows, len(found.bad)) == (None, 1, 9)
    foreign = [{**EVENT, "payment_status": "Bezahlt"}] * 3
    found = Read(written(tmp_path, "\n".join(map(json.dumps, foreign)), "h.jsonl"))
    assert (found.rows, found.bad) == (3, [])


def test_json_in_other_fields_is_guessed(tmp_path: Path) -> None:
    row = {"createdAt": "2026-11-20T13:14:15Z", "result": "succeeded", "total_amount": "12,50"}
    found = Read(written(tmp_path, json.dumps(row) + "\n", "h.jsonl"))
    assert found.form is not None
    assert found.form.fields["payment_status"] == "result"
    assert found.rows == 1


def test_the_format_as_it_was_found_is_written_and_reads_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, CSV)
    first = Read(path, write=tmp_path / "f.toml")
    assert f"--format {tmp_path / 'f.toml'}" in first.said
    again = Read(path, (tmp_path / "f.toml").read_text())
    assert again.form == first.form
    assert again.rows == first.rows


def test_a_format_that_cannot_be_written_is_a_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match="cannot write"):
        Read(written(tmp_path, CSV), write=tmp_path / "none" / "f.toml")
    path = written(tmp_path, json.dumps(EVENT), "h.jsonl")
    with pytest.raises(SettingsError, match="it needs no format"):
        Read(path, write=tmp_path / "f.toml")


def test_what_is_not_understood_is_refused_with_how_it_was_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="read as: comma, header in line 1, UTF-8: no column"):
        Read(written(tmp_path, "a,b\n1,2\n"))
    for text in ("", "just words\n", "at,status\n"):
        with pytest.raises(PaywatchError, match=r"UTF-8: h\.csv has no rows"):
            Read(written(tmp_path, text))


def test_a_zone_that_must_be_said_is_asked_for_and_the_rest_is_written_down(tmp_path: Path) -> None:
    path = written(tmp_path, "Date,Time,TZ,Status\n2026-11-20,13:14:15,IST,ok\n")
    with pytest.raises(SettingsError, match="writes the rest of it"):
        Read(path)
    with pytest.raises(SettingsError, match='write timezone = "Asia/Kolkata"'):
        Read(path, write=tmp_path / "f.toml")
    text = (tmp_path / "f.toml").read_text()
    mended = Read(path, text.replace("[columns]", '[columns]\ntimezone = "Asia/Kolkata"'))
    assert (mended.rows, mended.bad) == (1, [])


FORM = '[columns]\ntimestamp = "at"\ntimestamp_format = "epoch_s"\nstatus = "s"\n'


def test_times_that_are_all_insane_are_refused_with_the_first_row(tmp_path: Path) -> None:
    path = written(tmp_path, "at,s\n1763644,ok\n1763645,ok\n")
    assert (
        "before 2000 or after tomorrow, the first in line 2: 1970-01-21T" in Read(path, FORM).fault
    )
    path = written(tmp_path, "at,s\n4000000000,ok\n")
    assert "the first in line 2: 2096-10-02T" in Read(path, FORM).fault


def test_some_insane_times_are_left_out_and_told_with_the_row(tmp_path: Path) -> None:
    found = Read(written(tmp_path, "at,s\n1763644455,ok\n17,ok\n1763644460,fail\n99,ok\n"), FORM)
    assert (found.rows, found.fault) == (2, "")
    [note] = found.notes
    assert note.startswith(
        "2 rows lie before 2000 or after tomorrow and are left out, the first in line 3"
    )


DAYS = "Date,Time,TimeZone,Status\n" + "".join(
    f"12/07/2025,08:00:{n:02},PDT,Completed\n" for n in range(30)
)


def test_a_day_without_a_clock_is_refused_with_the_line_to_add(tmp_path: Path) -> None:
    form = '[columns]\ntimestamp = "Date"\ntimestamp_format = "%d/%m/%Y"\nstatus = "Status"\n'
    fault = Read(written(tmp_path, DAYS), form).fault
    assert "all 30 rows lie in one second, 2025-07-12T00:00:00Z" in fault
    lines = fault.partition("[columns]: ")[2].split("; ")
    assert lines == [
        'timestamp = ["Date", "Time"]',
        'timestamp_format = "%d/%m/%Y %H:%M:%S"',
        'timezone_column = "TimeZone"',
    ]
    mended = "\n".join(["[columns]", *lines, 'status = "Status"'])
    assert (Read(tmp_path / "h.csv", mended).rows, Read(tmp_path / "h.csv", mended).fault) == (
        30,
        "",
    )


def test_a_day_without_a_clock_and_no_other_column_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "at,status,n1\n" + "2026-11-20,ok,x\n" * 3)
    assert 'timestamp = ["at", "COLUMN"]' in Read(path).fault


def test_a_full_hour_is_a_time_of_day_all_the_same(tmp_path: Path) -> None:
    found = Read(written(tmp_path, "at,status\n" + "2026-11-20 10:00:00,failed\n" * 3))
    assert found.fault == ""
    assert any("all 3 rows lie in one second" in note for note in found.notes)


def test_words_that_nobody_knows_are_asked_for_and_the_rest_is_written_down(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, "at,status\n2026-11-20 13:14:15,Z1\n2026-11-20 13:14:16,Z9\n")
    with pytest.raises(SettingsError, match="column 'status' has no word that is understood"):
        Read(path, write=tmp_path / "f.toml")
    text = (tmp_path / "f.toml").read_text() + '[statuses]\n"Z1" = "approved"\n"Z9" = "denied"\n'
    mended = Read(path, text)
    assert (mended.rows, mended.bad) == (2, [])


def test_letters_of_another_alphabet_bring_the_command_that_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes("Тип;Важность\nа;1\nб;2\n".encode("cp1251"))
    with pytest.raises(SettingsError, match=r"iconv -f CP1251 -t UTF-8 h\.csv"):
        Read(path)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Номер;Дата и время;Сумма;Статус\n1;20.11.2026 13:14:15;1,00;Успешно\n"),
        ("utf-8", "取引ID,日時,金額,ステータス\n1,2026/11/20 13:14:15,100,失敗\n"),
        ("utf-8", "交易号,交易时间,金额,交易状态\n1,2026-11-20 13:14:15,1.00,支付成功\n"),
        ("utf-8", "Data transakcji;Kwota;Waluta;Stan\n2026-11-20 13:14:15;1,00;PLN;Odrzucona\n"),
        ("utf-8", "Tarih;Tutar;Durum\n20.11.2026 13:14:15;1,00;Başarısız\n"),
    ],
)
def test_exports_in_more_languages_need_no_format(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "h.csv"
    path.write_text(text, encoding)
    found = Read(path)
    assert (found.rows, found.bad, found.fault) == (1, [], "")
    assert found.form is not None
    assert {"payment_status", "amount"} <= set(found.form.fields)


def test_a_list_in_json_is_not_said_to_be_lines(tmp_path: Path) -> None:
    rows = json.dumps([{"createdAt": 1763644455000, "result": "failed"}], indent=2)
    assert Read(written(tmp_path, rows, "h.json")).said.startswith("read as: JSON, UTF-8, a JSON")


def test_one_column_alone_is_said_to_be_one(tmp_path: Path) -> None:
    path = written(tmp_path, "TXN  TIME                 STATUS\n1    2026-11-20 13:14:15  OK\n")
    with pytest.raises(SettingsError, match="columns of fixed width are not read"):
        Read(path)


def test_rows_that_all_lie_in_one_second_are_told(tmp_path: Path) -> None:
    found = Read(written(tmp_path, "at,s\n" + "1763644455,fail\n" * 3), FORM)
    assert found.fault == ""
    [note] = found.notes
    assert note.startswith("all 3 rows lie in one second, 2025-11-20T13:14:15Z")


def test_what_no_failure_or_no_outcome_at_all_may_mean_is_asked(tmp_path: Path) -> None:
    rows = "at,s\n1763644455,{0}\n1763644460,{0}\n"
    [note] = Read(written(tmp_path, rows.format("ok")), FORM).notes
    assert "no payment failed" in note
    [note] = Read(written(tmp_path, rows.format("pending")), FORM).notes
    assert "no payment has a final outcome" in note
    assert list(Read(written(tmp_path, rows.format("failed")), FORM).notes) == []


def test_many_bad_rows_are_told_once_more(tmp_path: Path) -> None:
    text = "at,s\n1763644455,fail\n" + "1763644456,ok\n" * 18 + "soon,ok\n"
    assert list(Read(written(tmp_path, text), FORM).notes) == []
    [note] = Read(written(tmp_path, text + "later,ok\n"), FORM).notes
    assert note.startswith("2 of 21 rows could not be read")


def test_an_hour_that_comes_twice_is_told_and_one_that_does_not_come_is_a_bad_row(
    tmp_path: Path,
) -> None:
    form = '[columns]\ntimestamp = "at"\ntimezone = "Europe/Berlin"\nstatus = "s"\n'
    times = ["2026-10-25 01:59:00", "2026-10-25 02:30:00", "2026-03-29 02:30:00"]
    found = Read(written(tmp_path, "at,s\n" + "".join(f"{at},fail\n" for at in times)), form)
    assert found.rows == 2
    _, note = found.notes  # one of three rows is bad
    assert note.startswith("1 rows lie in an hour that came twice in Europe/Berlin")
    assert note.endswith("the first of the two was taken")
    [bad] = found.bad
    assert bad.startswith("line 4: timestamp '2026-03-29 02:30:00' is no time in Europe/Berlin")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For all examples of a property: each writes its file anew."""
    return tmp_path_factory.mktemp("reading")


SEEDS = [
    CSV.encode(),
    CSV.encode("utf-16"),
    gzip.compress(CSV.encode()),
    json.dumps([EVENT, EVENT], indent=1).encode(),
    json.dumps({"data": [EVENT], "more": {"a": [1]}}).encode(),
    b"at,resp_code,count\n2026-11-20 13:14,00,5\n2026-11-20 13:15,51,7\n2026-11-20 13:16,00,2\n",
    b'{"a":{"createdAt":1763644455,"result":"ok"}}\n{"a":{"createdAt":1763644456,"result":"no"}}\n',
    DAYS.encode(),
]
PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\x00", b"\n", b'"', b";", b",", b"\xff\xfe", b"\x1f\x8b", b"{", b"[", b"}", b"]", b":",
         b"1e999", b"Total", b"#", b"9" * 400, b"0000-00-00", b"IST", b"\xe2\x80", b"\r", b"-1", b"null"]
    ),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), PIECES), max_size=4),
    st.sampled_from(["h.csv", "h.json", "h.txt", "h.csv.gz"]),
)
def test_any_file_is_read_or_refused_in_words(
    folder: Path, seed: bytes, changes: list[tuple[float, int, bytes]], name: str
) -> None:
    for place, cut, piece in changes:
        at = int(place * len(seed))
        seed = seed[:at] + piece + seed[at + cut :]
    (folder / name).write_bytes(seed)
    with contextlib.suppress(PaywatchError):
        assert Read(folder / name).said
