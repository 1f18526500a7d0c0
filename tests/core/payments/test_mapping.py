"""A mapping from TOML: what it reads, and how it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed, SettingsError
from functions.core.payments.event import Payment, to_payment
from functions.core.payments.mapping import EventMapping, Translation, steps, value_at
from functions.core.payments.providers import payments_of

TOML = """
[columns]
transaction_id = "payment.id"
timestamp = "payment.at"
timestamp_format = "epoch_s"
status = "payment.result.code"
error_code = "payment.errors[0].code"
amount = "payment.amount.value"
amount_unit = "minor"
[dimensions]
currency = "payment.amount.currency"
issuer = "payment.card.bank name"
[statuses]
"SUCCESS_WITH_WARNING" = "approved"
"0" = "declined"
true = "approved"
[schemes]
SWITCH = "iso8583"
[defaults]
gateway = "payu"
error_scheme = "switch"
country = "IN"
"""
EVENT = {
    "payment": {
        "id": "p1",
        "at": 1_780_000_000,
        "result": {"code": "success-with warning"},
        "errors": [{"code": "91"}],
        "amount": {"value": 12345, "currency": "KWD"},
        "card": {"bank name": "Example"},
    }
}


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        EventMapping.parse(text)
    return caught.value.faults


def test_an_event_is_read_as_the_mapping_says() -> None:
    assert EventMapping.parse(TOML).fields_of(EVENT) == {
        "transaction_id": "p1",
        "timestamp": 1_780_000_000,
        "payment_status": "approved",
        "error_code": "91",
        "error_scheme": "iso8583",
        "amount": 12345,
        "amount_unit": "minor",
        "currency": "KWD",
        "issuer": "Example",
        "gateway": "payu",
        "country": "IN",
    }


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SUCCESS_WITH_WARNING", "approved"),
        (0, "denied"),
        (True, "approved"),
        (False, "false"),
        ("captured", "captured"),
    ],
)
def test_a_status_is_translated_whatever_it_is_and_others_stay(word: Any, status: str) -> None:
    event = {"payment": {**EVENT["payment"], "result": {"code": word}}}
    fields = EventMapping.parse(TOML).fields_of(event)
    assert fields is not None
    assert fields["payment_status"] == status


@pytest.mark.parametrize("name", ["id", "at", "result"])
def test_another_systems_object_is_not_taken(name: str) -> None:
    lacking = {"payment": {key: value for key, value in EVENT["payment"].items() if key != name}}
    assert EventMapping.parse(TOML).fields_of(lacking) is None


def test_an_object_that_it_describes_has_one_of_its_roots() -> None:
    assert EventMapping.parse(TOML).roots & EVENT.keys() == {"payment"}
    assert EventMapping.parse('[defaults]\ngateway = "payu"').roots >= {"txn_id", "status", "ts"}


def test_without_columns_the_own_names_hold() -> None:
    mapping = EventMapping.parse('[statuses]\nPART = "approved"\n[defaults]\ngateway = "payu"')
    own = {"txn_id": "t", "status": "part", "time": 1, "gateway": None, "psp": "other"}
    assert mapping.fields_of(own) == {
        "transaction_id": "t",
        "payment_status": "approved",
        "timestamp": 1,
        "gateway": "other",
    }
    assert mapping.fields_of({"txn_id": "t"}) is None


def test_a_form_of_strptime_is_read_as_utc_unless_it_has_an_offset() -> None:
    text = TOML.replace('"epoch_s"', '"%d.%m.%Y %H:%M:%S"')
    fields = EventMapping.parse(text).fields_of(
        {"payment": {**EVENT["payment"], "at": "28.05.2026 20:26:40"}}
    )
    assert fields is not None
    assert fields["timestamp"] == "2026-05-28T20:26:40+00:00"


@pytest.mark.parametrize(
    ("columns", "event", "found"),
    [
        ('["d", "t"]', {"d": "2026-05-28", "t": "20:26:40"}, "2026-05-28 20:26:40"),
        ('"t"\ntimezone = "Asia/Kolkata"', {"t": "2026-05-28T20:26:40"},
         "2026-05-28T20:26:40+05:30"),
        ('"t"\ntimezone = "Asia/Kolkata"', {"t": "2026-05-28T20:26:40Z"},
         "2026-05-28T20:26:40+00:00"),
        ('"t"\ntimezone_column = "z"', {"t": "2026-05-28T20:26:40", "z": "Europe/Paris"},
         "2026-05-28T20:26:40+02:00"),
        ('"t"\ntimezone_column = "z"', {"t": "2026-05-28T20:26:40", "z": "Nowhere"},
         "2026-05-28T20:26:40 Nowhere"),
        ('"t"\ntimezone = "Asia/Kolkata"\ntimestamp_format = "%d.%m.%Y %H:%M"',
         {"t": "28.05.2026 20:26"}, "2026-05-28T20:26:00+05:30"),
        ('"t"\ntimezone = "Asia/Kolkata"', {"t": 1_780_000_000}, 1_780_000_000),
        ('"t"\ntimezone = "-03:30"', {"t": "2026-05-28T20:26:40"}, "2026-05-28T20:26:40-03:30"),
        ('"t"\ntimestamp_format = "epoch_us"', {"t": "1780000000123456"}, 1_780_000_000_123.456),
        ('"t"\ntimestamp_format = "epoch_ns"', {"t": 1_780_000_000_000_000_000},
         1_780_000_000_000.0),
        ('"t"\ntimestamp_format = "spreadsheet"', {"t": "46170,5"}, "2026-05-28T12:00:00+00:00"),
        ('"t"\ntimestamp_format = "epoch_ns"', {"t": "soon"}, "soon"),
    ],
)  # fmt: skip
def test_a_time_may_be_in_parts_and_in_a_zone(columns: str, event: Any, found: Any) -> None:
    text = f'[columns]\ntransaction_id = "i"\nstatus = "s"\ntimestamp = {columns}\n'
    fields = EventMapping.parse(text).fields_of({"i": "1", "s": "ok", **event})
    assert fields is not None
    assert fields["timestamp"] == found


def test_a_status_may_be_the_same_for_all() -> None:
    text = '[columns]\ntransaction_id = "i"\ntimestamp = "t"\n[defaults]\nstatus = "failed"\n'
    fields = EventMapping.parse(text).fields_of({"i": "1", "t": 1})
    assert fields == {"transaction_id": "1", "timestamp": 1, "payment_status": "failed"}


def test_a_word_that_is_known_under_another_spelling_is_not_every_other_word() -> None:
    translation = Translation(statuses={"*": "failed"})
    for word in ("TXN_SUCCESS", "payment.captured", "Settled-Successfully", "declined_by_issuer"):
        assert translation.applied({"payment_status": word}) == {"payment_status": word}
    assert translation.applied({"payment_status": "weird"}) == {"payment_status": "failed"}


def test_a_star_stands_for_every_word_that_nobody_knows() -> None:
    translation = Translation(statuses={"*": "failed", "part": "approved"})
    words = ("PART", "captured", "odd 7")
    found = [translation.applied({"payment_status": word})["payment_status"] for word in words]
    assert found == ["approved", "captured", "failed"]


def test_rows_of_a_file_need_no_id_and_may_say_how_many_succeeded() -> None:
    text = '[columns]\ntimestamp = "t"\ncount = "n"\nsuccesses = "ok"\n'
    mapping = EventMapping.parse(text, of_rows=True)
    assert mapping.meant(mapping.raw_of({"t": "x", "n": "7", "ok": "0"})) == {
        "timestamp": "x",
        "count": "7",
        "payment_status": "failed",
    }
    assert "transaction_id is missing" in "\n".join(faults_of(text))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", 1),
        ("b.c", 2),
        ("d[0].e", 3),
        ("d.0.e", 3),
        ("d[-1].e", 3),
        ("d[1].e", None),
        ("dotted.name", 4),
        ("a.x", None),
        ("b.0", None),
        ("b", {"c": 2}),
        ("n.5", 6),
        ("", None),
    ],
)
def test_a_path_leads_to_what_lies_there(path: str, found: Any) -> None:
    tree = {"a": 1, "b": {"c": 2}, "d": [{"e": 3}], "dotted.name": 4, "n": {"5": 6}}
    assert (value_at(tree, path) or None) == found or path == ""


def test_a_path_is_taken_apart_at_dots_and_brackets() -> None:
    assert steps("errors[0].code") == steps("errors.0.code") == ("errors", 0, "code")


@pytest.mark.parametrize(
    ("amount", "unit", "found"),
    [
        (1250, "major", 1250.0),
        (1250, "minor", 12.5),
        ("1250", "minor", 12.5),
        ("12,50", "major", 12.5),
        ("much", "minor", None),
    ],
)
def test_an_amount_is_in_the_unit_that_is_said(amount: Any, unit: str, found: Any) -> None:
    event = {"id": "t", "status": "ok", "time": 1, "amount": amount, "currency": "EUR"}
    payment = to_payment(Translation(amount_unit=unit).applied(event))
    assert payment.amount == found
    assert payment.faults == (("amount: not a number",) if found is None else ())


def test_every_fault_is_told_at_once() -> None:
    text = """
    other = 1
    statuses = 7
    [columns]
    timestamp = ""
    status = "a..b"
    wrong = "x"
    timestamp_format = "%"
    amount_unit = "cents"
    [dimensions]
    issuer = 7
    [schemes]
    A = ""
    [defaults]
    transaction_id = "x"
    gateway = []
    """
    told = "\n".join(faults_of(text))
    for part in (
        "unknown section [other]",
        "statuses is no section",
        "[columns] timestamp is ''",
        "[columns] status is 'a..b'",
        "unknown key 'wrong'",
        "timestamp_format is '%'",
        "amount_unit is 'cents'",
        "[dimensions] issuer is 7",
        "[schemes] 'A' is ''",
        "[defaults] has an unknown key 'transaction_id'",
        "[defaults] gateway is []",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[columns", "is no TOML"),
        ("", "says nothing"),
        ('[columns]\nstatus = "s"\ntimestamp = "t"', "transaction_id is missing"),
        ('[statuses]\nX = "fine"', "want one of"),
        ("[statuses]\nX = 1", "want one of"),
        ('[columns]\ntimezone = "Nowhere/At_All"', "timezone is 'Nowhere/At_All'"),
        ("[columns]\ntimezone_column = 7", "timezone_column is 7"),
        ('[columns]\ntimestamp = ["a", 7]', "timestamp is ['a', 7]"),
    ],
)
def test_what_is_wrong_is_said(text: str, fault: str) -> None:
    assert fault in "\n".join(faults_of(text))


def test_sections_of_files_are_no_fault() -> None:
    assert EventMapping.parse(TOML + '[file]\ndelimiter = ";"\n') == EventMapping.parse(TOML)


STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e308,
        10**400,
        "",
        "x",
        "Europe",
        "a" * 5000,
        "\x00",
        "\ud800",
        [],
        {},
        [{}],
    ]
)


@given(
    st.dictionaries(st.sampled_from(["i", "t", "d", "z", "s", "e", "a", "c"]), STRANGE),
    st.sampled_from(["iso8601", "epoch_s", "epoch_us", "epoch_ns", "spreadsheet", "%Y-%m-%d"]),
    st.booleans(),
)
def test_whatever_lies_where_the_mapping_says_nothing_raises(
    event: dict[str, Any], form: str, in_parts: bool
) -> None:
    mapping = EventMapping.parse(
        f"""
        [columns]
        transaction_id = "i"
        timestamp = {'["t", "d"]' if in_parts else '"t"'}
        timestamp_format = "{form}"
        timezone_column = "z"
        status = "s"
        error_scheme = "e"
        amount = "a"
        amount_unit = "minor"
        [dimensions]
        currency = "c"
        [schemes]
        x = "iso8583"
        """
    )
    fields = mapping.fields_of(event)
    assert fields is None or {"transaction_id", "timestamp", "payment_status"} <= fields.keys()
    for item in payments_of(event, mapping) or ():
        assert isinstance(item, Payment | Malformed)
