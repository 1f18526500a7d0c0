"""The knowledge base is complete and well-formed; a payment's cause falls on the right party."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.diagnosis import TIMEOUT_MS, classify, diagnose, explain
from functions.core.causes.guess import guess
from functions.core.causes.knowledge import COLUMNS, CodeMeaning, Diagnosis, load, parse
from functions.core.causes.schemes import says_nothing
from functions.core.causes.vocabulary import CAUSES
from functions.core.payments.event import ATTEMPT_STATUSES, STATUSES, Payment

ROOT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize(
    "table", ["iso8583_response_codes.csv", "stripe_decline_codes.csv"], ids=lambda name: name[:6]
)
def test_every_row_of_the_public_tables_is_known(table: str) -> None:
    path = DATA / table
    if not path.exists():
        pytest.skip(f"PAYWATCH_DATA holds no decline_codes/{table}: looked in {DATA}")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        code = explain(row["scheme"], row["code"], KNOWLEDGE)
        assert code.known
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


@pytest.mark.parametrize("status", ["approved", "pending", "refunded", "abandoned", "disputed"])
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
        told = explain(absent, given_code, KNOWLEDGE)
        assert (told.scheme, told.code, told.known) == (scheme, code, True)
        assert told.cause == KNOWLEDGE[scheme, code].cause


def told_as(scheme: str, code: str) -> tuple[str, str, bool]:
    told = explain(scheme, code, KNOWLEDGE)
    return told.scheme, told.code, told.known


def test_a_number_of_another_scheme_is_not_taken_for_one_that_looks_alike() -> None:
    assert told_as("a_scheme_nobody_knows", "51") == ("a_scheme_nobody_knows", "51", False)
    assert cause("51", "a_scheme_nobody_knows") == "unknown"
    assert cause("503", "a_scheme_nobody_knows") == "unknown"
    advice = explain("stripe_advice", "try_again_later", KNOWLEDGE)
    assert advice.name != explain("stripe", "try_again_later", KNOWLEDGE).name


@pytest.mark.parametrize(
    ("scheme", "code", "table", "row"),
    [
        ("VISA", "59", "visa", "59"),
        ("visa", "68", "iso8583", "68"),
        ("visa", "q9", "visa", "*"),
        ("rupay", "91", "iso8583", "91"),
        ("mastercard", "79", "mastercard_response", "79"),
        ("mastercard", "5", "iso8583", "05"),
        ("mac", "3", "mastercard_mac", "03"),
        ("iso8583_extended", "68", "iso8583", "68"),
        ("npci", "u30", "upi_npci", "U30"),
        ("UPI", "U30-Z9", "upi_npci", "Z9"),
        ("upi", "U30-00", "upi_npci", "U30"),
        ("cko", "20005", "checkout_com", "20005"),
        ("Checkout.com", "2005c", "checkout_com", "2005C"),
        ("paypal", "risk_threshold", "braintree_gateway_rejection", "risk_threshold"),
        ("braintree", "2150", "braintree", "2109-2999"),
        ("braintree", "2108", "braintree", "2108"),
        ("razorpay", "incorrect_cvv", "razorpay_card", "incorrect_cvv"),
        ("razorpay", "psp_timeout", "razorpay_upi", "psp_timeout"),
        ("razorpay_card", "otp_expired", "razorpay_other", "otp_expired"),
        ("stripe", "confirm_card_data", "stripe_advice", "confirm_card_data"),
        ("grpc", "UNAVAILABLE", "gateway", "unavailable"),
        ("gateway", "ETIMEDOUT", "gateway", "etimedout"),
        ("gateway", "SocketTimeoutException", "gateway", "socket_timeout"),
        ("gateway", "ReadTimeout", "gateway", "read_timeout"),
        ("gateway", "SSLError", "gateway", "ssl_error"),
        ("iso8583", "RC05", "iso8583", "05"),
        ("iso8583", "51: Insufficient funds", "iso8583", "51"),
        ("visa", "05 - Do not honor", "visa", "05"),
    ],
)
def test_a_scheme_is_known_by_its_other_names_and_a_code_by_its_other_spellings(
    scheme: str, code: str, table: str, row: str
) -> None:
    assert told_as(scheme, code) == (table, row, True)
    assert explain(scheme, code, KNOWLEDGE).confidence == 1.0


@pytest.mark.parametrize(
    ("code", "scheme"),
    [
        ("U28", "upi_npci"),
        ("XY", "upi_npci"),
        ("20014", "checkout_com"),
        ("2005C", "checkout_com"),
        ("2001", "braintree"),
        ("2500", "braintree"),
        ("R3", "visa"),
        ("psp_not_available", "razorpay_upi"),
        ("card_velocity_exceeded", "stripe"),
        ("ECONNRESET", "gateway"),
        ("DEADLINE_EXCEEDED", "gateway"),
    ],
)
def test_a_code_that_one_scheme_alone_has_tells_the_scheme_for_sure(code: str, scheme: str) -> None:
    told = explain("", code, KNOWLEDGE)
    assert (told.scheme, told.known, told.confidence) == (scheme, True, 1.0)


def test_where_schemes_agree_on_the_cause_a_code_without_scheme_is_sure() -> None:
    told = explain(None, "51", KNOWLEDGE)
    assert (told.scheme, told.cause, told.confidence) == ("iso8583", "customer", 1.0)


def test_where_schemes_disagree_the_likeliest_is_taken_and_the_others_are_named() -> None:
    told = explain(None, "21", KNOWLEDGE)
    assert (told.scheme, told.cause, told.known) == ("iso8583", "customer", True)
    assert 0.5 < told.confidence < 1.0
    assert f"upi_npci ({KNOWLEDGE['upi_npci', '21'].cause})" in told.why


def test_the_confidence_is_the_weight_of_the_schemes_that_agree_of_all_that_have_the_code() -> None:
    row = "1,One,{0},{0},later,Call.,web"
    three = {
        "stripe": f"{HEADER}\n{row.format('issuer')}",
        "gateway": f"{HEADER}\n{row.format('gateway')}",
        "visa": f"{HEADER}\n{row.format('issuer').replace('1,', '01,')}",
    }
    told = explain("", "1", parse(three))
    assert (told.scheme, told.cause) == ("stripe", "issuer")
    assert told.confidence == pytest.approx((40 + 20) / (40 + 20 + 30), abs=0.001)


def test_a_word_of_a_strange_scheme_means_what_it_means_elsewhere_but_less_surely() -> None:
    told = explain("acme", "card_velocity_exceeded", KNOWLEDGE)
    assert (told.cause, told.owner, told.retry) == ("customer", "customer", "later")
    assert not told.known
    assert 0.5 <= told.confidence < 1.0


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ERR_BANK_OFFLINE", "issuer"),
        ("issuer_unavailable", "issuer"),
        ("do_not_honor", "customer"),
        ("3ds_failed", "customer"),
        ("insufficient_balance", "customer"),
        ("InsufficientBalance", "customer"),
        ("acquirer_down", "gateway"),
        ("possible_fraud", "fraud"),
        ("MERCHANT_NOT_CONFIGURED", "merchant"),
        ("upstream_timed_out", "timeout"),
        ("npci_down", "network"),
    ],
)
def test_a_code_that_no_table_has_is_told_by_its_words(code: str, expected: str) -> None:
    told = explain("acme", code, KNOWLEDGE)
    assert (told.cause, told.known) == (expected, False)
    assert 0.5 <= told.confidence < 1.0
    assert cause(code, "acme") == expected


def test_a_message_helps_a_code_that_says_nothing_and_is_not_heard_over_one_that_does() -> None:
    told = explain("iso8583", "99", KNOWLEDGE, "request timed out")
    assert (told.cause, told.known, told.name) == ("timeout", False, "Unidentified")
    assert explain("iso8583", "51", KNOWLEDGE, "request timed out").cause == "customer"
    assert explain("iso8583", "00", KNOWLEDGE, "request timed out").cause == ""
    assert explain(None, None, KNOWLEDGE, "request timed out").cause == "timeout"


@pytest.mark.parametrize(
    "code",
    ["DECLINED", "card_declined", "generic_decline", "Refused", "processor_declined", "Not authorised",
     "BAD_REQUEST_ERROR", "payment_failed", "cc_rejected_other_reason", "Card was declined"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", [None, "stripe", "adyen", "acme", "razorpay_card"])
def test_a_code_that_is_sent_whatever_the_reason_tells_no_cause_unless_a_message_does(
    code: str, scheme: str | None
) -> None:
    told = diagnose(payment("denied", code, scheme), KNOWLEDGE)
    assert (told.cause, told.known) == ("unknown", True)
    assert (explain(scheme, code, KNOWLEDGE).cause, explain(scheme, code, KNOWLEDGE).known) == (
        "unknown",
        True,
    )
    for silent in ("Your card was declined.", "Declined", "Payment failed"):
        assert cause(code, scheme, silent) == "unknown"
    assert cause(code, scheme, "insufficient funds in the account") == "customer"
    assert cause(code, scheme, "the gateway timed out") == "timeout"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("gateway_error", "gateway"),
        ("do_not_honor", "customer"),
        ("insufficient_funds", "customer"),
    ],
)
def test_a_code_that_says_whose_it_was_or_why_keeps_its_cause(code: str, expected: str) -> None:
    assert explain(None, code, KNOWLEDGE).cause == expected


@pytest.mark.parametrize(
    ("scheme", "code"), [("stripe_error", "card_declined"), ("braintree", "2500"), ("adyen", "27")]
)
def test_a_known_code_that_says_nothing_stays_so_until_a_message_says_something(
    scheme: str, code: str
) -> None:
    for silent in (None, "", "something happened"):
        told = explain(scheme, code, KNOWLEDGE, silent)
        assert (told.known, told.cause) == (True, "unknown")
        assert cause(code, scheme, silent) == "unknown"
    told = explain(scheme, code, KNOWLEDGE, "the card was reported stolen")
    assert (told.cause, told.kind) == ("fraud", "lost or stolen card")
    assert cause(code, scheme, "the card was reported stolen") == "fraud"


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("400", "Expired card", "customer"),
        ("2001", "order reference is missing", "merchant"),
        ("12", "no response from the acquirer", "timeout"),
        ("21", "merchant account is not active", "merchant"),
        ("51", "no response from the acquirer", "customer"),
        ("400", "see the body", "merchant"),
    ],
)
def test_a_bare_number_is_not_surely_the_likeliest_schemes_where_a_message_says_otherwise(
    code: str, message: str, expected: str
) -> None:
    assert explain(None, code, KNOWLEDGE, message).cause == expected
    assert cause(code, message=message) == expected


def test_what_a_bare_number_was_taken_for_does_not_stick_to_other_messages() -> None:
    knowledge = parse({"gateway": f"{HEADER}\nerr_400,Bad,merchant,us,after_fix,Call.,web"})
    asked = [
        classify(payment(code="400", message=message), knowledge)
        for message in ("", "Expired card", "", "card was stolen")
    ]
    assert asked == ["merchant", "customer", "merchant", "fraud"]


def test_a_message_is_heard_beside_a_code_whose_words_are_vague_and_the_other_way_round() -> None:
    told = explain("acme", "ERROR_PROCESSING_CARD", KNOWLEDGE, "Expired card")
    assert (told.cause, told.kind) == ("customer", "wrong card data")
    told = explain("acme", "INSUFFICIENT_FUNDS_X", KNOWLEDGE, "the transaction was declined")
    assert (told.cause, told.kind) == ("customer", "no funds")


def test_a_strange_schemes_word_yields_to_a_message_that_is_surer() -> None:
    alone = explain("acme", "gateway_error", KNOWLEDGE)
    assert (alone.scheme, alone.code, alone.cause) == ("acme", "gateway_error", "gateway")
    told = explain("acme", "gateway_error", KNOWLEDGE, "the bank server is down")
    assert (told.cause, told.known, told.name) == ("issuer", False, "")
    vague = explain("acme", "gateway_error", KNOWLEDGE, "something happened")
    assert (vague.cause, vague.confidence) == ("gateway", alone.confidence)


def test_what_is_guessed_never_says_that_nothing_was_charged() -> None:
    words = [code for (_, code), row in KNOWLEDGE.items() if row.retry == "another_route"]
    retries = {told.retry for word in words if not (told := explain("acme", word, KNOWLEDGE)).known}
    assert len(words) > 40
    assert "another_route" not in retries


@pytest.mark.parametrize("message", ["Approved", "OK", "payment successful"])
def test_a_message_of_success_on_a_failed_payment_tells_no_cause(message: str) -> None:
    assert cause(message=message) == "unknown"


@pytest.mark.parametrize("code", ["", None, "nonsense", "999", "Ⅻ", "²", "51x"])
def test_what_is_not_known_is_not_explained(code: str | None) -> None:
    told = explain(None, code, KNOWLEDGE)
    assert not told.known
    assert told.name == ""
    assert told.cause == cause(code) == "unknown"
    assert told.confidence < 0.5


@given(st.sampled_from(sorted(key for key in KNOWLEDGE if not says_nothing(key[1]))))
def test_a_known_code_of_a_given_scheme_is_explained_as_its_row_says(key: tuple[str, str]) -> None:
    row = KNOWLEDGE[key]
    assert explain(*key, KNOWLEDGE, "insufficient funds") == CodeMeaning(
        row.scheme, row.code, row.name, row.cause, row.owner, row.retry, row.action,
        row.attributable, True, 1.0, f"{row.scheme} has this code", row.source,
    ) or row.cause == "unknown"  # fmt: skip


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
        ("Minimum amount is 500", "merchant"),
        ("", "unknown"),
    ],
)
def test_a_message_tells_the_cause_only_in_so_many_words(message: str, expected: str) -> None:
    assert guess(message).cause == expected
    assert cause(message=message) == expected
    assert cause(code="x17", message=message) == expected


def test_a_known_code_outweighs_the_message_and_an_empty_one_does_not() -> None:
    assert cause("51", message="request timed out") == "customer"
    assert cause("99", message="request timed out") == "timeout"
    assert cause("00", message="request timed out") == "timeout"


def test_a_long_wait_without_any_reason_is_a_timeout() -> None:
    assert classify(payment(latency_ms=TIMEOUT_MS), KNOWLEDGE) == "timeout"
    assert classify(payment(latency_ms=TIMEOUT_MS - 1), KNOWLEDGE) == "unknown"
    assert classify(payment("denied", latency_ms=TIMEOUT_MS), KNOWLEDGE) == "unknown"
    assert classify(payment(code="nonsense", latency_ms=TIMEOUT_MS), KNOWLEDGE) == "unknown"


def test_a_diagnosis_says_whether_any_table_knows_the_code() -> None:
    assert diagnose(payment(code="51"), KNOWLEDGE) == Diagnosis("customer", "customer", True, 1.0)
    strange = diagnose(payment(code="ERR_BANK_OFFLINE", scheme="acme"), KNOWLEDGE)
    assert (strange.cause, strange.owner, strange.known) == ("issuer", "issuer", False)
    assert strange.confidence < 1.0
    silent = diagnose(payment(code="99", scheme="iso8583", message="timed out"), KNOWLEDGE)
    assert (silent.cause, silent.known) == ("timeout", True)
    assert diagnose(payment(message="timed out"), KNOWLEDGE).known
    assert diagnose(payment("approved", code="zz"), KNOWLEDGE) == Diagnosis("", "", True, 1.0)


text = st.none() | st.text(max_size=12)


@given(st.sampled_from(STATUSES), text, text, text, st.none() | st.floats(min_value=0))
def test_every_payment_has_a_cause_of_the_vocabulary_and_always_the_same(
    status: str, code: str | None, scheme: str | None, message: str | None, latency_ms: float | None
) -> None:
    one = payment(status, code, scheme, message, latency_ms)
    found = classify(one, KNOWLEDGE)
    assert found in CAUSES or (
        found == "" and (status == "approved" or status not in ATTEMPT_STATUSES)
    )
    assert classify(one, parse({"s": f"{HEADER}\nx,X,customer,customer,never,a,b\n"})) in (
        *CAUSES,
        "",
    )
    assert classify(one, KNOWLEDGE) == found
    assert diagnose(one, KNOWLEDGE).cause == found
