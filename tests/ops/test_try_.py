"""`paywatch try`: what it says of a file's first rows, in words for a terminal and as JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner, Result

from functions.core.errors import PaywatchError, SettingsError
from ops.cli import app
from ops.reading import reading
from producer.moments import time_ms
from tests.notifications import (
    ADYEN_BATCH,
    CHECKOUT_DECLINED,
    OWN,
    PAYPAL_DENIED,
    SAMPLES,
    STRIPE_FAILED,
    Json,
)

FORMAT: Final = """
[columns]
transaction_id = "data.id"
timestamp = "data.at"
status = "data.result"
amount = "data.amount.value"
amount_unit = "minor"
error_code = "data.errors[0].code"
[dimensions]
currency = "data.amount.currency"
issuer = "data.card.bank"
region = "data.region"
[statuses]
SUCCESS_WITH_WARNING = "approved"
[defaults]
gateway = "payu"
error_scheme = "iso8583"
"""
EVENT: Final[Json] = {
    "type": "payment",
    "data": {
        "id": "p1",
        "at": "2026-05-28T20:26:40Z",
        "result": "SUCCESS_WITH_WARNING",
        "amount": {"value": 1250, "currency": "EUR"},
        "card": {"bank": "EXAMPLE", "type": "debit"},
        "notes": [{"text": "x"}],
    },
}
REFUSED: Final[Json] = {
    "data": {
        **EVENT["data"],
        "id": "p2",
        "result": "declined",
        "errors": [{"code": 91}],
        "amount": {"value": "a lot", "currency": "EUR"},
    }
}
WRONG: Final[Json] = {"data": {**EVENT["data"], "id": None, "at": "28.05.2026", "result": "PART"}}


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["try", *(str(argument) for argument in arguments)])


def words(*arguments: object) -> str:
    result = paywatch(*arguments)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    return str(result.stdout)


def told(*arguments: object) -> list[dict[str, Any]]:
    result = paywatch(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def written(folder: Path, *rows: Json | str, name: str = "rows.jsonl") -> Path:
    path = folder / name
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "format.toml"
    path.write_text(FORMAT)
    return path


def test_with_a_format_each_field_says_where_it_came_from(
    tmp_path: Path, form: Path, snapshot: SnapshotAssertion
) -> None:
    path = written(tmp_path, EVENT, REFUSED, WRONG, "{broken")
    assert words(path, "--format", form) == snapshot


def test_without_a_format_own_fields_say_where_they_came_from(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    strange = {
        **OWN,
        "status": "odd",
        "error_scheme": "acme",
        "error_code": "X-9",
        "extra": {"a": 1},
    }
    renamed = {"id": "own-2", "state": "teleported", "ts": 1_780_000_000, "bank": "EXAMPLE"}
    assert words(written(tmp_path, strange, renamed)) == snapshot


def test_without_a_format_providers_are_recognised(
    tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    rows = (
        {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(STRIPE_FAILED)},
        ADYEN_BATCH,
        CHECKOUT_DECLINED,
        PAYPAL_DENIED,
        {**STRIPE_FAILED, "type": "customer.created"},
    )
    assert words(written(tmp_path, *rows)) == snapshot


def test_what_is_printed_as_json_says_the_same(tmp_path: Path, form: Path) -> None:
    first, second = told(written(tmp_path, EVENT, REFUSED), "--format", form)
    fields = {field["field"]: field for field in first["fields"]}
    assert fields["amount"] == {
        "field": "amount",
        "came_from": "data.amount.value",
        "came": 1250,
        "became": 12.5,
    }
    assert fields["gateway"]["came_from"] == "(default)"
    assert first["unread"] == ["type", "data.card.type", "data.notes[0].text"]
    assert second["cause"] == "issuer"
    refused = {field["field"]: field for field in second["fields"]}
    assert refused["amount"]["fault"] == "amount: not a number"


@pytest.mark.parametrize("provider", SAMPLES)
def test_every_provider_is_named(tmp_path: Path, provider: str) -> None:
    for row in told(written(tmp_path, *SAMPLES[provider])):
        assert row["read_as"] == provider
        assert "fault" not in row


def test_as_many_rows_as_are_asked_for_are_shown(tmp_path: Path) -> None:
    path = written(tmp_path, *[OWN] * 9)
    assert len(told(path)) == 5
    assert len(told(path, "--rows", "7")) == 7


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_and_a_document_are_read_item_by_item(tmp_path: Path, indent: int | None) -> None:
    path = written(tmp_path, json.dumps([OWN, EVENT], indent=indent), name="rows.json")
    assert [row["row"] for row in told(path)] == [1, 2]
    one = written(tmp_path, json.dumps(STRIPE_FAILED, indent=indent), name="one.json")
    assert [row["read_as"] for row in told(one)] == ["stripe"]


def test_rows_of_csv_are_read_with_a_format(tmp_path: Path) -> None:
    path = written(
        tmp_path, "when,how,Bank Name", "2026-05-28 20:26:40,ok,EXAMPLE", name="rows.csv"
    )
    form = tmp_path / "format.toml"
    form.write_text(
        '[columns]\ntimestamp = "when"\nstatus = "how"\n[dimensions]\nissuer = "Bank Name"\n'
    )
    (row,) = told(path, "--format", form)
    assert [field["became"] for field in row["fields"]] == [
        "approved",
        "2026-05-28T20:26:40.000Z",
        "EXAMPLE",
    ]


EXPORT = (
    "Informe;;;\n\nFecha;Hora;Resultado;Banco emisor\n"
    "20/11/2026;10:00:01;DENEGADA;EJEMPLO\n# fin\nTotal;;;\n"
)


@pytest.mark.parametrize("packed", [False, True])
def test_an_export_is_read_as_a_backtest_reads_it(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("h.csv.gz" if packed else "h.csv")
    text = EXPORT.encode("cp1252")
    path.write_bytes(gzip.compress(text) if packed else text)
    form = tmp_path / "form.toml"
    with reading(path, None, now_ms=time_ms("2026-12-01", "iso8601"), write=form):
        pass
    for arguments in ((), ("--format", form)):
        result = paywatch(path, *arguments, "--json")
        [row] = map(json.loads, result.stdout.splitlines())
        assert {field["field"]: field["became"] for field in row["fields"]} == {
            "payment_status": "denied",
            "timestamp": "2026-11-20T10:00:01.000Z",
            "issuer": "EJEMPLO",
        }
        assert row["row"] == 4
        assert "unread" not in row
        assert "read as: semicolon, header in line 3" in result.stderr


def test_a_row_that_breaks_is_told_among_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, "at,status", "2026-11-20 10:00:00,ok", "1,2,3", name="h.csv")
    assert [row.get("fault") for row in told(path)] == [
        None,
        "line 3: 3 fields, the header has 2 (bad_row)",
    ]


def test_a_field_of_nothing_is_neither_unread_nor_a_fault(tmp_path: Path) -> None:
    (row,) = told(written(tmp_path, {**OWN, "error_code": None, "basket": None}))
    assert "unread" not in row
    assert "error_code" not in {field["field"] for field in row["fields"]}


def test_packed_events_are_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(OWN).encode() + b"\n"))
    assert [row["read_as"] for row in told(path)] == ["own fields"]


def test_nothing_that_a_row_holds_writes_to_the_terminal(tmp_path: Path) -> None:
    evil = {**OWN, "error_message": "a\nrow 2\x1b[2J", "ev\x1bil\n": "4111 1111 1111 1111"}
    shown = words(written(tmp_path, evil))
    assert "\x1b" not in shown
    assert "\nrow 2" not in shown


def test_what_cannot_be_tried_is_refused_in_words(tmp_path: Path, form: Path) -> None:
    refusals = (
        (tmp_path / "absent.jsonl",),
        (written(tmp_path, "a,b", name="rows.csv"),),
        (written(tmp_path, "", name="empty.jsonl"),),
        (written(tmp_path, OWN), "--format", tmp_path / "absent.toml"),
    )
    for arguments in refusals:
        assert isinstance(paywatch(*arguments).exception, PaywatchError)
    form.write_text("[columns]\nstatus = 7\n")
    refused = paywatch(written(tmp_path, OWN), "--format", form).exception
    assert isinstance(refused, SettingsError)
    assert "format.toml: [columns] status is 7" in str(refused)
