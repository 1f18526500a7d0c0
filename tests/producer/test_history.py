"""Files of past payments: what the columns mean, bad rows, spreading, order, and replay."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import Payment
from producer.format import Format
from producer.history import read, replay

EVENTS = """
[columns]
timestamp = "at"
status = "result"
error_code = "code"
[dimensions]
gateway = "pg"
"""
ATTEMPTS = """
[columns]
timestamp = "hr"
timestamp_format = "%Y-%m-%d %H"
count = "t"
successes = "success"
[dimensions]
method = "sub_type"
"""


def history(
    folder: Path, text: str, form: str, name: str = "h.csv"
) -> tuple[list[Payment], list[Malformed]]:
    (folder / name).write_text(text)
    bad: list[Malformed] = []
    return list(read(folder / name, Format.parse(form), on_bad=bad.append)), bad


def no_bad_row(bad: Malformed) -> None:
    pytest.fail(bad.detail)


def test_event_rows_become_payments(tmp_path: Path) -> None:
    text = "at,result,code,pg\n2025-07-09T19:03:10Z,DECLINED,51,payu\n"
    assert history(tmp_path, text, EVENTS) == (
        [
            Payment(
                transaction_id="h-2",
                status="denied",
                timestamp_ms=1_752_087_790_000,
                error_code="51",
                gateway="payu",
            )
        ],
        [],
    )


def test_attempts_and_successes_become_approved_and_failed(tmp_path: Path) -> None:
    text = (
        "hr,t,success,sub_type\n"
        "2025-07-09 19,10,7,upi\n2025-07-09 20,5,5,upi\n2025-07-09 21,0,0,x\n"
    )
    found, bad = history(tmp_path, text, ATTEMPTS)
    assert [(p.transaction_id, p.status, p.count) for p in found] == [
        ("h-2-approved", "approved", 7),
        ("h-2-failed", "failed", 3),
        ("h-3-approved", "approved", 5),
    ]
    assert bad == []


def test_json_lines_are_read_as_csv_is(tmp_path: Path) -> None:
    text = (
        '{"at":1752087790,"result":"ok","pg":"payu"}\n\n'
        '{"at":1752087791,"result":"fail","code":91}\n'
    )
    found, bad = history(tmp_path, text, EVENTS, name="h.jsonl")
    assert [(p.timestamp_ms, p.status, p.gateway, p.error_code) for p in found] == [
        (1_752_087_790_000, "approved", "payu", None),
        (1_752_087_791_000, "failed", None, "91"),
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("form", "text", "ms"),
    [
        ("iso8601", "2025-07-09T21:03:10+02:00", 1_752_087_790_000),
        ("epoch_s", "1752087790.5", 1_752_087_790_500),
        ("epoch_ms", "86400000", 86_400_000),
        ("%d/%m/%Y %H:%M", "09/07/2025 19:03", 1_752_087_780_000),
        ("%Y-%m-%d %H:%M %z", "2025-07-09 21:03 +0200", 1_752_087_780_000),
    ],
)
def test_times_are_read_in_the_form_that_is_said(
    tmp_path: Path, form: str, text: str, ms: int
) -> None:
    toml = f'[columns]\ntimestamp = "at"\ntimestamp_format = "{form}"\nstatus = "s"\n'
    found, bad = history(tmp_path, f"at,s\n{text},ok\n", toml)
    assert ([p.timestamp_ms for p in found], bad) == ([ms], [])


def test_bad_rows_are_skipped_and_told_with_their_line(tmp_path: Path) -> None:
    text = (
        "hr,t,success,sub_type\n2025-07-09 19,10,11,upi\nyesterday,1,1,upi\n2025-07-09 19,,1,upi\n"
        "2025-07-09 19,1\n2025-07-09 19,many,1,upi\n2025-07-09 20,3,3,upi\n"
    )
    found, bad = history(tmp_path, text, ATTEMPTS)
    assert [p.count for p in found] == [3]
    assert [(b.reason, b.detail.split(":")[0]) for b in sorted(bad, key=lambda b: b.detail)] == [
        ("bad_number", "line 2"),
        ("bad_timestamp", "line 3"),
        ("missing_field", "line 4"),
        ("bad_row", "line 5"),
        ("bad_number", "line 6"),
    ]


TWO_COLUMNS = """
[columns]
timestamp = ["Date", "Time"]
timestamp_format = "%d/%m/%Y %H:%M:%S"
timezone_column = "Zone"
status = "Status"
amount = "Betrag"
amount_unit = "minor"
[statuses]
"gut" = "approved"
"*" = "denied"
[dimensions]
issuer = "card.brand"
[defaults]
currency = "JPY"
"""


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl"])
def test_a_format_joins_times_and_says_zones_statuses_units_and_defaults(
    tmp_path: Path, name: str
) -> None:
    text = (
        "Date,Time,Zone,Status,Betrag,card.brand\n"
        "12/07/2025,08:00:05,PDT,Gut,1250,VISA\n12/07/2025,16:00:06,CET,schlecht,9,N/A\n"
    )
    if name == "h.jsonl":
        text = (
            '{"Date":"12/07/2025","Time":"08:00:05","Zone":"PDT","Status":"Gut","Betrag":1250,'
            '"card":{"brand":"VISA"}}\n{"Date":"12/07/2025","Time":"16:00:06","Zone":"CET",'
            '"Status":"schlecht","Betrag":"9","card":{}}\n'
        )
    found, bad = history(tmp_path, text, TWO_COLUMNS, name)
    assert bad == []
    assert [(p.timestamp_ms, p.status, p.amount, p.currency, p.issuer) for p in found] == [
        (1_752_332_405_000, "approved", 1250.0, "JPY", "VISA"),
        (1_752_332_406_000, "denied", 9.0, "JPY", None),
    ]


def test_a_field_that_no_count_needs_costs_itself_and_is_told_with_its_line(tmp_path: Path) -> None:
    form = EVENTS.replace("[dim", 'amount = "sum"\nlatency_ms = "took"\n[dim')
    text = 'at,result,code,pg,sum,took\n30,ok,,a,see note,-1\n31,ok,,a,"1.234,50",x\n'
    found, bad = history(tmp_path, text, form)
    assert [payment.amount for payment in found] == [None, 1234.5]
    assert [(each.reason, each.detail) for each in bad] == [
        ("dropped_field", "line 2: amount: not a number: 'see note'"),
        ("dropped_field", "line 2: latency_ms: out of range: -1.0"),
        ("dropped_field", "line 3: latency_ms: not a number: 'x'"),
    ]
    text = '{"at":30,"result":"ok","pg":{"a":1},"sum":[1]}\n'
    found, bad = history(tmp_path, text, form, name="h.jsonl")
    assert [(payment.gateway, payment.amount) for payment in found] == [(None, None)]
    assert [each.detail for each in bad] == [
        "line 1: column 'sum' holds a list",
        "line 1: column 'pg' holds a dict",
    ]


def test_titles_comments_totals_and_empty_ends_are_no_bad_rows(tmp_path: Path) -> None:
    text = (
        "Report;;\n\nat;result;code;pg\n# up to noon\n30;ok;;a;\n;;;\n31;ok;;a\nTotal;2\n"
        "Summe;;;12\n"
    )
    found, bad = history(tmp_path, text, EVENTS)
    assert [payment.transaction_id for payment in found] == ["h-5", "h-7"]
    assert sorted((each.reason, each.detail) for each in bad) == [
        ("missing_field", "line 6: column 'at' is empty"),
        ("no_row", "line 4: comment"),
        ("no_row", "line 8: total"),
        ("no_row", "line 9: total"),
    ]


def test_rows_out_of_order_come_out_in_order(tmp_path: Path) -> None:
    text = "at,result,code,pg\n30,ok,,a\n10,ok,,b\n20,fail,,c\n10,fail,,d\n"
    found, _ = history(tmp_path, text, EVENTS.replace('"at"', '"at"\ntimestamp_format="epoch_s"'))
    assert [p.gateway for p in found] == ["b", "d", "c", "a"]


def test_a_part_of_the_file_is_taken_by_its_own_times(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(
        "at,result,code,pg\n" + "".join(f"{n},ok,,a\n" for n in range(9))
    )
    form = Format.parse(EVENTS)
    found = read(tmp_path / "h.csv", form, on_bad=no_bad_row, from_ms=3000, until_ms=6000)
    assert [p.timestamp_ms for p in found] == [3000, 4000, 5000]


def test_rows_of_one_period_are_merged_in_order_of_time(tmp_path: Path) -> None:
    # hour 19  a a a a a a      hour 20  a …
    #          b  b  b  b
    text = "hr,t,success,sub_type\n" + "".join(
        f"2025-07-09 {hour},{n},{n - 1},{method}\n"
        for hour in (19, 20)
        for method, n in (("a", 600), ("b", 37))
    )
    found, _ = history(tmp_path, text, ATTEMPTS + "[spread]\nseconds = 3600\n")
    times = [p.timestamp_ms for p in found]
    assert times == sorted(times)
    assert sum(p.count for p in found) == 2 * 637
    assert Counter(p.status for p in found)["failed"] == 4
    assert len({p.transaction_id for p in found}) == len(found)


def test_an_absent_column_is_told_with_those_the_file_has(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"h.csv has no column 'pg'; its columns: at, result"):
        history(tmp_path, "at,result,code\n", EVENTS)
    with pytest.raises(SettingsError, match=r"no column 'result'; its columns: at, state"):
        history(tmp_path, '{"at":1,"state":"ok"}\n', EVENTS, name="h.jsonl")


def test_an_absent_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PaywatchError, match="there is no file"):
        list(read(tmp_path / "none.csv", Format.parse(EVENTS), on_bad=no_bad_row))


def test_replay_begins_now_and_compresses_time() -> None:
    past = [
        Payment(transaction_id=str(ms), status="approved", timestamp_ms=ms)
        for ms in (60_000, 120_000, 180_000)
    ]
    sent = list(replay(iter(past), speed=60.0, start_ms=1_000_000))
    assert [timed.at for timed in sent] == [0.0, 1.0, 2.0]
    assert [t.event.timestamp_ms for t in sent if isinstance(t.event, Payment)] == [
        1_000_000,
        1_001_000,
        1_002_000,
    ]


ROOT = Path(__file__).resolve().parents[2]


def test_the_real_minutes_of_2025_are_read_in_full_and_in_order() -> None:
    data = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))
    file = data / "cloudwalk_2025" / "transactions.csv"
    if not file.exists():
        pytest.skip(f"real data is absent: {file} (set PAYWATCH_DATA)")
    form = Format.parse(
        '[columns]\ntimestamp = "timestamp"\ntimestamp_format = "%Y-%m-%d %H:%M:%S"\n'
        'count = "count"\nstatus = "status"\n'
    )
    payments: Counter[str] = Counter()
    last = 0
    for payment in read(file, form, on_bad=no_bad_row):
        assert payment.timestamp_ms >= last
        last = payment.timestamp_ms
        payments[payment.status] += payment.count
    assert payments == {
        "approved": 504_622,
        "denied": 29_957,
        "refunded": 4_406,
        "reversed": 4_241,
        "backend_reversed": 824,
        "failed": 270,
    }
