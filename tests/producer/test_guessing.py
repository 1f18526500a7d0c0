"""Columns guessed by name and content: exports of providers as they are, and what cannot be told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from functions.core.errors import Malformed, SettingsError
from functions.core.payments.event import DIMENSIONS, Payment, iso_ms
from producer.finding import completed
from producer.format import Format
from producer.guessing import Guess, Taken, guess, table
from producer.history import read
from producer.moments import time_ms
from producer.sample import sample
from producer.sniffing import Layout, layout
from tests.producer.exports import EXPORTS

UNTIL_MS = time_ms("2027-01-01", "iso8601")
ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))


def guessed(path: Path) -> Guess:
    shape = Layout(kind="json") if path.suffix == ".jsonl" else layout(path, Layout())
    return guess(sample(path, shape), shape, until_ms=UNTIL_MS)


def of(
    folder: Path, text: str, name: str = "h.csv"
) -> tuple[Guess, list[Payment], list[Malformed]]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    found = guessed(path)
    bad: list[Malformed] = []
    return found, list(read(path, found.form, on_bad=bad.append)), bad


def faults(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        of(folder, text)
    return "\n".join(caught.value.faults)


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_of_a_provider_is_read_without_a_format(tmp_path: Path, name: str) -> None:
    export = EXPORTS[name]
    found, payments, bad = of(tmp_path, export.text)
    assert {name: of for name, of in found.form.fields.items() if name != "test"} == export.fields
    assert found.form.timestamp_format == export.form
    assert bad == []
    assert len(payments) == export.text.count("\n") - 1
    first = payments[0]
    assert (iso_ms(first.timestamp_ms), first.status, first.amount) == export.first
    assert payments[1].status in ("failed", "denied")


@pytest.mark.parametrize("name", EXPORTS)
def test_what_is_guessed_can_be_written_down_and_reads_the_same(tmp_path: Path, name: str) -> None:
    found, payments, _ = of(tmp_path, EXPORTS[name].text)
    form = Format.parse(found.form.toml())
    kind = msgspec.structs.replace(form.layout, kind="csv")
    assert msgspec.structs.replace(form, layout=kind) == found.form
    form = completed(tmp_path / "h.csv", form).form
    assert list(read(tmp_path / "h.csv", form, on_bad=lambda _: None)) == payments


def test_each_column_is_shown_with_what_it_is_taken_for() -> None:
    shown = table((Taken("Zeit", "time", "20.11.2026"), Taken("x\n", "", "y" * 99)))
    assert shown.splitlines()[0].split() == ["column", "taken", "for", "sample"]
    assert shown.splitlines()[1].split() == ["Zeit", "time", "20.11.2026"]
    assert len(shown.splitlines()) == 3
    assert shown.endswith("…")


def test_a_card_number_is_not_shown(tmp_path: Path) -> None:
    found, _, _ = of(tmp_path, "at,status,card\n2026-11-20 13:14,ok,4111111111111111\n")
    assert all("4111111111111111" not in one.sample for one in found.taken)


def test_a_name_without_its_content_is_not_taken(tmp_path: Path) -> None:
    text = "time,created,status,amount\n00h,2026-11-20 13:14,ok,see note\n"
    found, [payment], bad = of(tmp_path, text)
    assert found.form.fields == {"timestamp": "created", "payment_status": "status"}
    assert (payment.status, bad) == ("approved", [])


def test_content_tells_a_time_and_an_outcome_whose_names_nobody_knows(tmp_path: Path) -> None:
    text = "a,b,c\n2026-11-20 13:14,approved,x\n2026-11-20 13:15,declined,y\n"
    found, payments, _ = of(tmp_path, text)
    assert (found.form.fields["timestamp"], found.form.fields["payment_status"]) == ("a", "b")
    assert [payment.status for payment in payments] == ["approved", "denied"]
    _, payments, _ = of(tmp_path, text.partition("\n")[2])
    assert [payment.status for payment in payments] == ["approved", "denied"]


def test_of_several_times_the_one_of_the_try_is_taken(tmp_path: Path) -> None:
    text = (
        "Settlement Date,updated_at,created_at,status\n"
        "2026-11-22 10:00,2026-11-21 10:00,2026-11-20 13:14,ok\n"
    )
    assert of(tmp_path, text)[0].form.time_columns == ("created_at",)


def test_a_flag_of_success_is_an_outcome(tmp_path: Path) -> None:
    text = "at,success,code\n2026-11-20 13:14,true,\n2026-11-20 13:15,false,51\n"
    _, payments, bad = of(tmp_path, text)
    assert [payment.status for payment in payments] == ["approved", "failed"]
    assert bad == []


def test_rows_of_attempts_and_successes_are_known(tmp_path: Path) -> None:
    text = "hour,gateway,attempts,successes\n" + "".join(
        f"2026-11-20 {hour:02}:00,pg,{100 + hour},{90 + hour}\n" for hour in range(6)
    )
    found, _, _ = of(tmp_path, text)
    assert found.form.fields["successes"] == "successes"
    assert found.form.spread_s == 3600
    assert any("[spread] seconds = 3600" in note for note in found.notes)


def test_a_quantity_beside_an_id_for_each_row_is_no_count(tmp_path: Path) -> None:
    text = "id,at,status,quantity\n" + "".join(
        f"p{n},2026-11-20 13:{n:02},ok,{n}\n" for n in range(10)
    )
    assert "count" not in of(tmp_path, text)[0].form.fields


def test_a_status_that_nobody_knows_is_told_with_the_line_to_write(tmp_path: Path) -> None:
    text = "at,status\n2026-11-20 13:14,ok\n2026-11-20 13:15,fine\n2026-11-20 13:16,wobbly\n"
    found, _, bad = of(tmp_path, text.replace("fine", "ok"))
    assert any('[statuses], such as "wobbly" = "denied"' in note for note in found.notes)
    assert [each.reason for each in bad] == ["unknown_status"]


def test_a_status_of_words_that_nobody_knows_is_named_with_the_line_to_write(
    tmp_path: Path,
) -> None:
    rows = "".join(f"{i},2026-11-20T10:00:{i:02}Z,{'Z9' if i % 9 else 'Z1'}\n" for i in range(60))
    found, _, _ = of(tmp_path, "id,time,status\n" + rows)
    assert found.form.fields["payment_status"] == "status"
    [fault] = found.faults
    assert "column 'status'" in fault
    assert "'Z1', 'Z9'" in fault
    assert '"Z1" = "approved"' in fault


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("2028-12-25T08:00:{:02}Z", "after tomorrow"),
        ("{}", "'0'"),
        ("in the {} morning", "'in the 0 morning'"),
    ],
)
def test_a_column_of_times_that_cannot_be_is_named_with_what_it_holds(
    tmp_path: Path, time: str, told: str
) -> None:
    rows = "".join(f"{i},{time.format(i)},ok\n" for i in range(60))
    fault = faults(tmp_path, "id,time,status\n" + rows)
    assert "column 'time'" in fault
    assert told in fault


def test_a_time_of_day_goes_with_a_day_whose_name_nobody_knows(tmp_path: Path) -> None:
    found, _, _ = of(tmp_path, "Fecha de la op,Hora,Resultado\n20/11/2026,10:00:01,DENEGADA\n")
    assert found.form.time_columns == ("Fecha de la op", "Hora")


def test_columns_of_a_spanish_and_a_french_bank_are_known(tmp_path: Path) -> None:
    found, _, _ = of(
        tmp_path,
        "Fecha operación;Hora;Resultado;Código respuesta;Tarjeta\n"
        "20/11/2026;10:00:01;DENEGADA;91;VISA\n20/11/2026;10:00:02;AUTORIZADA;00;VISA\n",
    )
    assert found.form.fields["error_code"] == "Código respuesta"
    assert found.form.fields["network"] == "Tarjeta"
    found, _, _ = of(
        tmp_path,
        "Date\tHeure\tStatut\tRéseau\tMotif de refus\n"
        "20/11/2026\t10h00:01\tRefusé\tVISA\tFonds insuffisants\n",
    )
    assert found.form.fields["error_message"] == "Motif de refus"
    assert found.form.fields["network"] == "Réseau"


def test_codes_that_say_no_more_than_the_outcome_are_no_codes(tmp_path: Path) -> None:
    found, _, _ = of(
        tmp_path,
        "id,time,status,Acquirer response\n1,2026-11-20T10:00:00Z,Refused,DECLINED\n"
        "2,2026-11-20T10:00:01Z,Authorised,APPROVED\n",
    )
    assert "error_code" not in found.form.fields


def test_amounts_that_may_be_cents_are_told(tmp_path: Path) -> None:
    rows = "".join(f"{i},2026-11-20T10:00:{i:02}Z,ok,{1200 + i}\n" for i in range(60))
    found, _, _ = of(tmp_path, "id,time,status,amount\n" + rows)
    assert any('amount_unit = "minor"' in note for note in found.notes)
    found, _, _ = of(tmp_path, "id,time,status,amount_cents\n" + rows)
    assert not any("amount_unit" in note for note in found.notes)


def test_an_ambiguous_zone_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    for text in (
        "Date,Time,TimeZone,Status\n2026-11-20,13:14:15,IST,ok\n",
        "Created (IST),Status\n2026-11-20 13:14,ok\n",
        "Created,Status\n20-Nov-2026 13:14:15 IST,ok\n",
    ):
        [fault] = of(tmp_path, text)[0].faults
        assert 'write timezone = "Asia/Kolkata"' in fault


def test_a_zone_in_a_columns_name_is_that_of_its_times(tmp_path: Path) -> None:
    found, [payment], _ = of(tmp_path, "Created (CET),Status\n2026-11-20 13:14,ok\n")
    assert found.form.timezone == "CET"
    assert iso_ms(payment.timestamp_ms) == "2026-11-20T12:14:00.000Z"


def test_the_sign_of_a_currency_tells_the_currency(tmp_path: Path) -> None:
    text = "at,status,total\n2026-11-20 13:14,ok,€12.50\n"
    found, [payment], _ = of(tmp_path, text.replace("total", "amount"))
    assert found.form.translation.defaults == {"currency": "EUR"}
    assert (payment.currency, payment.amount) == ("EUR", 12.5)


def test_values_that_hardly_repeat_are_no_dimension(tmp_path: Path) -> None:
    text = "at,status,bank\n" + "".join(f"2026-11-20 13:{n:02},ok,b{n}\n" for n in range(60))
    found, _, _ = of(tmp_path, text)
    assert not set(DIMENSIONS) & set(found.form.fields)
    assert any("its values hardly repeat" in note for note in found.notes)


def test_what_hardly_tells_rows_apart_is_no_id(tmp_path: Path) -> None:
    text = "at,status,reference,rrn\n" + "".join(
        f"2026-11-20 13:{n:02},ok,web,r{n}\n" for n in range(60)
    )
    assert of(tmp_path, text)[0].form.fields["transaction_id"] == "rrn"
    assert "transaction_id" not in of(tmp_path, text.replace("rrn", "x"))[0].form.fields


def test_what_is_the_same_in_all_rows_makes_no_slice(tmp_path: Path) -> None:
    text = "at,status,bank,currency,psp\n" + "".join(
        f"2026-11-20 13:{n:02},ok,hdfc,INR,{'ab'[n % 2]}\n" for n in range(60)
    )
    found, _, _ = of(tmp_path, text)
    assert set(DIMENSIONS) & set(found.form.fields) == {"gateway"}
    assert [one.what for one in found.taken if "one for all" in one.what] == [
        "issuer, one for all rows: no slice",
        "currency, one for all rows: no slice",
    ]


def test_json_is_guessed_by_its_paths(tmp_path: Path) -> None:
    rows = [
        {"object": {"createdOn": 1763644455 + n, "result": word, "card": {"issuer": "X"}}}
        for n, word in enumerate(("succeeded", "failed"))
    ]
    found, payments, bad = of(tmp_path, "\n".join(map(json.dumps, rows)), "h.jsonl")
    assert found.form.fields["timestamp"] == "object.createdOn"
    assert [(payment.status, payment.issuer) for payment in payments] == [
        ("approved", "X"),
        ("failed", "X"),
    ]
    assert bad == []


def test_what_has_no_time_or_no_outcome_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    told = faults(tmp_path, "bank,share\nx,91.07\ny,86.69\n")
    assert 'write timestamp = "COLUMN" under [columns]' in told
    assert 'write status = "COLUMN" under [columns]' in told
    assert "(bank, share)" in told


@pytest.mark.parametrize(
    ("name", "status", "fields"),
    [("transactions.csv", "status", {"count"}), ("transactions_auth_codes.csv", "auth_code", {"count", "error_code"})],
)  # fmt: skip
def test_the_real_minutes_of_2025_need_no_format(name: str, status: str, fields: set[str]) -> None:
    file = DATA / "cloudwalk_2025" / name
    if not file.exists():
        pytest.skip(f"real data is absent: {file} (set PAYWATCH_DATA)")
    form = guessed(file).form
    assert form.fields["payment_status"] == status
    assert set(form.fields) == {"timestamp", "payment_status", *fields}
    assert form.spread_s == 60
    bad: list[Malformed] = []
    minutes = msgspec.structs.replace(form, spread_s=0)
    assert sum(payment.count for payment in read(file, minutes, on_bad=bad.append)) > 500_000
    assert bad == []


@pytest.mark.parametrize(
    "name",
    ["cloudwalk_2025/checkout_1.csv", "upi_base_rates/remitter_2026-06.csv"],
)
def test_real_tables_that_hold_no_payments_are_refused(name: str) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"real data is absent: {DATA / name} (set PAYWATCH_DATA)")
    with pytest.raises(SettingsError, match="no column is understood as the time"):
        guessed(DATA / name)
