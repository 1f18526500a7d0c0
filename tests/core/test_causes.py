"""The knowledge base is complete and well-formed; a payment's cause falls on the right party."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes import (
    CAUSES,
    COLUMNS,
    OWNERS,
    PATH_CAUSES,
    RETRIES,
    TIMEOUT_MS,
    Code,
    classify,
    explain,
    guess,
    load,
    parse,
)
from functions.core.event import STATUSES, Payment

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT / "../shared/data")) / "decline_codes"
KNOWLEDGE = load()
HEADER = ",".join(COLUMNS)


def payment(
    status: str = "failed",
    code: str | None = None,
    scheme: str | None = None,
    message: str | None = None,
    latency_ms: float | None = None,
) -> Payment:
    return Payment(
        transaction_id="t",
        status=status,
        timestamp_ms=0,
        error_code=code,
        error_scheme=scheme,
        error_message=message,
        latency_ms=latency_ms,
    )


def cause(code: str | None = None, scheme: str | None = None, message: str | None = None) -> str:
    return classify(payment(code=code, scheme=scheme, message=message), KNOWLEDGE)


def tables() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for entry in (resources.files("functions.core") / "codes").iterdir():
        if entry.name.endswith(".csv"):
            rows = csv.DictReader(entry.read_text(encoding="utf-8").splitlines())
            yield entry.name.removesuffix(".csv"), list(rows)


def test_every_code_speaks_the_vocabulary() -> None:
    for code in KNOWLEDGE.values():
        if code.cause:
            assert code.cause in CAUSES, code
            assert code.owner in OWNERS, code
            assert code.retry in RETRIES, code
        else:
            assert (code.owner, code.retry, code.attributable) == ("", "", False), code
        assert code.name, code
        assert code.action, code
        assert code.source, code


def test_no_code_stands_twice_in_a_scheme() -> None:
    for scheme, rows in tables():
        codes = [row["code"].lower() for row in rows]
        assert len(codes) == len(set(codes)), scheme
    assert len(KNOWLEDGE) == sum(len(rows) for _, rows in tables())


def test_only_causes_on_the_payment_path_are_attributable() -> None:
    assert {code.cause for code in KNOWLEDGE.values() if code.attributable} == PATH_CAUSES


def test_a_customers_or_fraud_code_is_never_to_be_tried_by_another_route() -> None:
    for code in KNOWLEDGE.values():
        if code.cause in ("customer", "fraud"):
            assert code.retry != "another_route", code


def test_a_timeout_is_never_repeated_before_its_outcome_is_known() -> None:
    for code in KNOWLEDGE.values():
        if code.cause == "timeout":
            assert code.retry == "after_reconciliation", code


@pytest.mark.parametrize(
    "table", ["iso8583_response_codes.csv", "stripe_decline_codes.csv"], ids=lambda name: name[:6]
)
def test_every_row_of_the_public_tables_is_known(table: str) -> None:
    path = DATA / table
    if not path.exists():
        pytest.skip(f"PAYWATCH_DATA holds no decline_codes/{table}: looked in {DATA}")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    unknown = [
        (row["scheme"], row["code"])
        for row in rows
        if explain(row["scheme"], row["code"], KNOWLEDGE) is None
    ]
    assert rows
    assert unknown == []
    for row in rows:
        code = explain(row["scheme"], row["code"], KNOWLEDGE)
        assert code is not None
        assert (code.cause == "") == (row["class_in_source"] == "approved" or row["code"] == "32")


@pytest.mark.parametrize(
    ("scheme", "code", "expected"),
    [
        ("iso8583", "51", "customer"),
        ("iso8583", "05", "customer"),
        ("iso8583", "14", "customer"),
        ("iso8583", "59", "fraud"),
        ("iso8583", "43", "fraud"),
        ("iso8583", "91", "issuer"),
        ("iso8583", "96", "issuer"),
        ("iso8583", "92", "network"),
        ("iso8583", "31", "network"),
        ("iso8583", "68", "timeout"),
        ("iso8583", "30", "gateway"),
        ("iso8583", "03", "merchant"),
        ("stripe", "insufficient_funds", "customer"),
        ("stripe", "do_not_honor", "customer"),
        ("stripe", "fraudulent", "fraud"),
        ("stripe", "issuer_not_available", "issuer"),
        ("stripe", "processing_error", "gateway"),
        ("gateway", "err_503", "gateway"),
        ("gateway", "err_504", "timeout"),
        ("gateway", "config_error", "merchant"),
    ],
)
def test_the_blame_falls_on_the_right_party(scheme: str, code: str, expected: str) -> None:
    assert cause(code, scheme) == expected
    assert cause(code) == expected


@pytest.mark.parametrize("status", ["approved", "pending", "refunded"])
def test_a_payment_that_did_not_fail_has_no_cause(status: str) -> None:
    assert classify(payment(status, code="91", message="timed out"), KNOWLEDGE) == ""


@pytest.mark.parametrize("status", ["failed", "denied", "reversed", "backend_reversed"])
def test_a_failed_payment_with_a_code_for_approval_has_an_unknown_cause(status: str) -> None:
    assert classify(payment(status, code="00"), KNOWLEDGE) == "unknown"


@pytest.mark.parametrize(
    ("given_code", "scheme", "code"),
    [
        ("5", "iso8583", "05"),
        (" 51 ", "iso8583", "51"),
        ("Insufficient-Funds", "stripe", "insufficient_funds"),
        ("PROCESSING ERROR", "stripe", "processing_error"),
        ("503", "gateway", "err_503"),
        ("HTTP 503", "gateway", "err_503"),
        ("http_status_504", "gateway", "err_504"),
        ("ERR_500", "gateway", "err_500"),
        ("Timeout", "gateway", "timeout"),
    ],
)
def test_a_code_without_a_scheme_is_recognised_by_its_form(
    given_code: str, scheme: str, code: str
) -> None:
    for absent in (None, ""):
        assert explain(absent, given_code, KNOWLEDGE) == KNOWLEDGE[scheme, code]


def test_a_code_of_another_scheme_is_not_taken_for_one_that_looks_alike() -> None:
    assert explain("a_scheme_nobody_knows", "51", KNOWLEDGE) is None
    assert cause("51", "a_scheme_nobody_knows") == "unknown"
    assert explain("stripe_advice", "try_again_later", KNOWLEDGE) != explain(
        "stripe", "try_again_later", KNOWLEDGE
    )


def test_networks_use_the_codes_of_iso8583() -> None:
    assert explain("VISA", "91", KNOWLEDGE) == KNOWLEDGE["iso8583", "91"]
    assert explain("iso8583_extended", "68", KNOWLEDGE) == KNOWLEDGE["iso8583", "68"]


@pytest.mark.parametrize("code", ["", None, "nonsense", "0", "999", "Ⅻ", "51x"])
def test_what_is_not_known_is_not_explained(code: str | None) -> None:
    if code == "0":
        assert explain(None, code, KNOWLEDGE) == KNOWLEDGE["iso8583", "00"]
    else:
        assert explain(None, code, KNOWLEDGE) is None
        assert cause(code) == "unknown"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Request timed out after 30 s", "timeout"),
        ("504 Gateway Timeout", "timeout"),
        ("Customer's bank did not respond", "timeout"),
        ("OTP expired", "customer"),
        ("Customer session timed out", "customer"),
        ("Payment cancelled by user", "customer"),
        ("Insufficient balance in account", "customer"),
        ("Amount exceeds 500 limit", "customer"),
        ("Suspected fraud", "fraud"),
        ("Issuer is temporarily unavailable", "issuer"),
        ("NPCI switch is down", "network"),
        ("Unable to route transaction", "network"),
        ("Connection reset by peer", "gateway"),
        ("HTTP 503 from gateway", "gateway"),
        ("Internal server error", "gateway"),
        ("TLS handshake failed", "gateway"),
        ("Invalid merchant account", "merchant"),
        ("Something happened", "unknown"),
        ("Minimum amount is 500", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_message_tells_the_cause_only_in_so_many_words(message: str, expected: str) -> None:
    assert guess(message) == expected
    assert cause(message=message) == expected
    assert cause(code="no_such_code", message=message) == expected


def test_a_known_code_outweighs_the_message_and_an_empty_one_does_not() -> None:
    assert cause("51", message="request timed out") == "customer"
    assert cause("99", message="request timed out") == "timeout"
    assert cause("00", message="request timed out") == "timeout"


def test_a_long_wait_without_any_reason_is_a_timeout() -> None:
    assert classify(payment(latency_ms=TIMEOUT_MS), KNOWLEDGE) == "timeout"
    assert classify(payment(latency_ms=TIMEOUT_MS - 1), KNOWLEDGE) == "unknown"
    assert classify(payment("denied", latency_ms=TIMEOUT_MS), KNOWLEDGE) == "unknown"
    assert classify(payment(code="nonsense", latency_ms=TIMEOUT_MS), KNOWLEDGE) == "unknown"


text = st.none() | st.text(max_size=12)


@given(st.sampled_from(STATUSES), text, text, text, st.none() | st.floats(min_value=0))
def test_every_payment_has_a_cause_of_the_vocabulary_and_always_the_same(
    status: str, code: str | None, scheme: str | None, message: str | None, latency_ms: float | None
) -> None:
    one = payment(status, code, scheme, message, latency_ms)
    found = classify(one, KNOWLEDGE)
    assert found in CAUSES or (found == "" and status in ("approved", "pending", "refunded"))
    assert classify(one, parse({"s": f"{HEADER}\nx,X,customer,customer,never,a,b\n"})) in (
        *CAUSES,
        "",
    )
    assert classify(one, KNOWLEDGE) == found


def test_a_table_is_read_as_codes() -> None:
    knowledge = parse({"s": f"{HEADER}\r\n1,One,issuer,issuer,later,Call.,web\r\n2,Two,,,,No.,w"})
    assert dict(knowledge) == {
        ("s", "1"): Code("s", "1", "One", "issuer", "issuer", "later", "Call.", "web"),
        ("s", "2"): Code("s", "2", "Two", "", "", "", "No.", "w"),
    }
    assert len(knowledge) == 2
    assert ("s", "3") not in knowledge


def test_all_faults_of_all_tables_are_told_at_once_with_file_and_line() -> None:
    good = "1,One,issuer,issuer,later,Call.,web"
    wrong = {
        "a": "code,name\n" + good,
        "b": f"{HEADER}\n{good}\n{good}\n2,Two,bank,me,soon,,web\n3,too,few",
        "c": f"{HEADER}\n4,Four,,issuer,,Call.,web\n5, Five,issuer,issuer,later,Call.,web\n",
        "d": HEADER,
        "e": "",
        "f": f'{HEADER}\n"unclosed',
    }
    with pytest.raises(ValueError, match="the knowledge base is wrong") as caught:
        parse(wrong)
    assert str(caught.value).splitlines()[1:] == [
        f"a.csv:1: the columns must be {HEADER}",
        "b.csv:3: code '1' stands in line 2 already",
        "b.csv:4: action is empty",
        f"b.csv:4: cause 'bank' is none of {', '.join(CAUSES)}",
        f"b.csv:4: owner 'me' is none of {', '.join(OWNERS)}",
        f"b.csv:4: retry 'soon' is none of {', '.join(RETRIES)}",
        "b.csv:5: 3 fields instead of 7",
        "c.csv:2: owner or retry without cause",
        "c.csv:3: a field begins or ends with white space",
        "d.csv:1: no codes",
        "e.csv:1: no codes",
        "f.csv:2: unexpected end of data",
        "f.csv:1: no codes",
    ]
