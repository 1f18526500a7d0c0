"""`paywatch explain` and `paywatch classify`: what they print, and how they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from functions.core.causes.advice import MONEY
from functions.core.causes.knowledge import load
from functions.core.errors import PaywatchError
from ops.cli import app

KEYS = ["scheme", "code", "cause", "owner", "retry", "attributable", "known"]


def paywatch(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(*arguments: object) -> dict[str, Any]:
    result = paywatch("explain", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def classified(path: Path, text: str) -> list[dict[str, Any]]:
    path.write_text(text, encoding="utf-8")
    result = paywatch("classify", path, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def faults_of(result: Result) -> str:
    assert isinstance(result.exception, PaywatchError)
    return str(result.exception)


def test_a_known_code_is_explained_as_json() -> None:
    row = load()["upi_npci", "XY"]
    assert told("upi_npci", "XY") == {
        "scheme": "upi_npci",
        "code": "XY",
        "cause": row.cause,
        "owner": row.owner,
        "retry": row.retry,
        "attributable": True,
        "known": True,
        "money": MONEY[row.retry],
        "confidence": 1.0,
        "name": row.name,
        "action": row.action,
        "source": row.source,
        "why": "upi_npci has this code",
    }


@pytest.mark.parametrize("none", ["-", ""])
def test_a_code_without_a_scheme_gets_the_scheme_that_it_is_recognised_by(none: str) -> None:
    found = told(none, "51")
    assert (found["scheme"], found["code"], found["cause"]) == ("iso8583", "51", "customer")


def test_scheme_and_code_are_printed_as_they_were_given() -> None:
    found = told("visa", "68")
    assert (found["scheme"], found["code"], found["cause"]) == ("visa", "68", "timeout")
    assert found["why"] == "iso8583 has this code"


def test_a_strange_code_is_guessed_with_a_confidence_and_the_words_that_decided() -> None:
    found = told("acme", "ERR_BANK_OFFLINE")
    assert (found["cause"], found["attributable"], found["known"]) == ("issuer", True, False)
    assert 0.5 <= found["confidence"] < 1.0
    assert "'bank offline'" in found["why"]


def test_of_a_guess_its_kind_and_what_money_may_have_moved_are_told() -> None:
    found = told("acme", "-", "--message", "no response from the acquirer in time")
    assert (found["kind"], found["cause"]) == ("no answer in time", "timeout")
    assert found["money"].startswith("may have been charged")
    page = paywatch("explain", "acme", "-", "--message", "card reported stolen").stdout
    assert "lost or stolen card" in page
    assert "nothing was charged" in page


def test_a_message_alone_is_explained() -> None:
    found = told("-", "-", "--message", "Your card has insufficient funds")
    assert (found["cause"], found["owner"], found["known"]) == ("customer", "customer", False)


def test_a_code_for_approval_has_neither_cause_nor_owner_nor_retry() -> None:
    found = told("iso8583", "00")
    assert [found[key] for key in KEYS[2:]] == ["", "", "", False, True]
    assert "it is no failure" in paywatch("explain", "iso8583", "00").stdout


def test_the_page_for_people_says_whose_matter_it_is_and_what_to_do_first() -> None:
    page = paywatch("explain", "iso8583", "91").stdout
    assert "iso8583 91: Issuer or its switch does not answer" in page
    assert "issuer, on the payment path" in page
    assert "another_route: at once, by another gateway or network" in page
    assert "Check the issuer's status" in page
    assert "nothing was charged" in page
    guessed = paywatch("explain", "acme", "[bold]switch_down").stdout
    assert "acme [bold]switch_down: not in the knowledge base" in guessed
    assert "guessed" in guessed


def test_a_code_alone_is_explained_by_the_schemes_that_have_it() -> None:
    assert (
        paywatch("explain", "05", "--json").stdout
        == paywatch("explain", "-", "05", "--json").stdout
    )


def test_more_than_a_scheme_and_a_code_are_refused() -> None:
    assert "one scheme and one code" in faults_of(paywatch("explain", "visa", "05", "51"))


def test_nothing_to_explain_is_refused() -> None:
    assert "give a code, or --message TEXT" in faults_of(paywatch("explain", "stripe", "-"))


def test_each_row_of_a_file_becomes_a_json_object_in_their_order(tmp_path: Path) -> None:
    rows = classified(
        tmp_path / "codes.csv",
        "scheme,code,message,comment\n"
        "iso8583,51,,x\n"
        'acme,E17,"The bank\'s server, alas, is down",x\n'
        ",U28,,x\n"
        "stripe,expired_card,timed out,x\n"
        "iso8583,00,,x\n"
        ",,,\n",
    )
    assert [list(row)[:7] for row in rows] == [KEYS] * 6
    assert [row["cause"] for row in rows] == [
        "customer", "issuer", "issuer", "customer", "", "unknown",
    ]  # fmt: skip
    assert [row["known"] for row in rows] == [True, False, True, True, True, False]
    assert ["confidence" in row for row in rows] == [False, True, False, False, False, True]
    assert (rows[1]["scheme"], rows[1]["code"]) == ("acme", "E17")
    assert rows[2]["scheme"] == "upi_npci"


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        ("code\n91\n54\n", ["issuer", "customer"]),
        ("message\ngateway timed out\n", ["timeout"]),
        ("\ufeffCode , SCHEME\n91, iso8583 \n", ["issuer"]),
        ("code,scheme\r\nZ9,upi\r\n", ["customer"]),
        ("scheme,code,message\nupi,Z9\n", ["customer"]),
        ("code\n", []),
    ],
)
def test_columns_may_lack_stand_in_any_order_and_in_any_case(
    tmp_path: Path, text: str, causes: list[str]
) -> None:
    assert [row["cause"] for row in classified(tmp_path / "codes.csv", text)] == causes


def test_without_json_a_file_is_summed_up_by_cause_and_strange_codes_are_listed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("scheme,code\niso8583,51\niso8583,54\nacme,[dim]HSM_DOWN\n", encoding="utf-8")
    page = paywatch("classify", path).stdout
    assert "codes.csv: 3 rows" in page
    assert "66.7 %" in page
    assert "Not in the knowledge base: 1" in page
    assert "[dim]HSM_DOWN" in page
    assert "1 of them may have been charged: ask for its status" in page
    path.write_text("code\n", encoding="utf-8")
    assert "codes.csv: 0 rows" in paywatch("classify", path).stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read"),
        (b"", "has none of the columns scheme, code, message"),
        (b"kode,text\n51,x\n", "has none of the columns scheme, code, message"),
        (b"code\n\xff\xfe\n", "is not UTF-8"),
        (b'code\n51\n"unclosed\n', "is no CSV"),
    ],
)
def test_a_file_that_cannot_be_read_as_codes_is_refused_with_the_reason(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "codes.csv"
    if content is not None:
        path.write_bytes(content)
    told = faults_of(paywatch("classify", path, "--json"))
    assert words in told
    assert str(path) in told
