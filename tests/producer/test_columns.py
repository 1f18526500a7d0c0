"""Columns of many rows at a time: plain values as they came, and a word where a row is not plain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.payments.event import ALIASES, DIMENSIONS
from producer.columns import (
    CsvColumns,
    EventColumns,
    JsonColumns,
    PathColumns,
    Unplain,
    columns_of,
)
from producer.format import Format

COUNTED = {"timestamp", "transaction_id", "payment_status", "count", "latency_ms", "error_code", "error_scheme",
           "error_message", *DIMENSIONS}  # fmt: skip
"""Fields that a count depends on."""
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "timestamp": st.integers(0, 10**13) | st.floats(0, 1e9) | st.text(max_size=5),
    "payment_status": st.text(max_size=5),
    "transaction_id": st.text(max_size=5) | st.integers(),
    "count": st.integers(0, 10**9),
    "latency_ms": st.floats(0, 1e6),
    **{name: st.text(max_size=5) | st.integers() for name in (*DIMENSIONS, "error_code")},
}
rows = st.lists(
    st.fixed_dictionaries({}, optional={name: st.none() | one for name, one in PLAIN.items()}),
    min_size=1,
    max_size=8,
)


def lines(*objects: Any) -> list[bytes]:
    return [json.dumps(one).encode() + b"\n" for one in objects]


def listed(columns: dict[str, Any]) -> dict[str, list[Any]]:
    return {field: list(column) for field, column in columns.items()}


@given(rows)
def test_a_column_has_each_rows_value_as_it_came_and_none_where_it_is_absent(
    objects: list[dict[str, Any]],
) -> None:
    found = listed(dict(EventColumns().read(lines(*objects))))
    there = {name for one in objects for name in one}
    assert found == {name: [one.get(name) for one in objects] for name in there}
    for name, column in found.items():
        came = [type(one.get(name)) for one in objects]
        assert name == "latency_ms" or [type(value) for value in column] == came


def test_of_several_codes_none_is_plain() -> None:
    for more in ({"decline_code": "51"}, {"error_source": "bank"}):
        with pytest.raises(Unplain):
            EventColumns().read(lines({"error_code": "05"}, {"error_code": "05", **more}))


@pytest.mark.parametrize("field", sorted(COUNTED - {"error_code"}))
def test_a_field_is_read_under_each_of_its_names_and_the_first_with_a_value_counts(
    field: str,
) -> None:
    names = (field, *ALIASES[field])
    values: list[Any] = [
        number if field in ("count", "latency_ms") else f"{number}"
        for number in range(len(names) + 1)
    ]
    for number, name in enumerate(names):
        under = {
            **dict.fromkeys(names[:number]),
            **{n: values[names.index(n)] for n in names[number:]},
        }
        assert listed(dict(EventColumns().read(lines(under, {name: values[-1]})))) == {
            field: [values[number], values[-1]]
        }


@pytest.mark.parametrize("field", sorted(set(ALIASES) - COUNTED - {"test"}))
def test_what_no_count_depends_on_is_checked_and_makes_no_column(field: str) -> None:
    assert set(EventColumns().read(lines({field: 7, "issuer": "a"}))) == {"issuer"}
    with pytest.raises(Unplain):
        EventColumns().read(lines({field: [7]}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("test", True),
        ("livemode", True),
        ("issuer", 1.5),
        ("issuer", True),
        ("error_code", 5.0),
        ("count", "3"),
        ("count", 1.0),
        ("latency_ms", "80"),
        ("payment_status", 1),
        ("timestamp", {"at": 1}),
        ("gateway", ["a"]),
    ],
)
def test_a_value_that_is_not_plain_sends_its_rows_to_be_read_one_by_one(
    field: str, value: Any
) -> None:
    with pytest.raises(Unplain):
        EventColumns().read(lines({"issuer": "a"}, {field: value}))


@pytest.mark.parametrize(
    "text",
    [b"\n", b"[]\n", b"7\n", b"{\n", b"{}{}\n", b" {}\n", b'{"a":1}{"b":\n', b'{"issuer":"\t"}\n'],
)
def test_a_line_that_is_not_one_object_is_not_plain(text: bytes) -> None:
    with pytest.raises(Unplain):
        EventColumns().read([text])
    with pytest.raises(Unplain):
        EventColumns().read([*lines({"issuer": "a"}), text])


def test_two_lines_of_which_neither_is_an_object_are_not_taken_for_two() -> None:
    with pytest.raises(Unplain):
        EventColumns().read([b'{"issuer":"a"}{"issuer":"b"}\n', b'{"issuer":\n', b'"c"}\n'])


def test_unknown_fields_may_hold_anything_and_are_passed_over() -> None:
    columns = EventColumns()
    first = lines({"issuer": "a", "x": [1, {"y": 2}]}, {"issuer": "b", "x": None})
    assert listed(dict(columns.read(first))) == {"issuer": ["a", "b"]}
    later = lines({"issuer": "c", "new": True}, {"psp": "d", "x": 1})
    assert listed(dict(columns.read(later))) == {"issuer": ["c", None], "gateway": [None, "d"]}


def test_more_names_than_anybody_uses_are_not_learnt() -> None:
    with pytest.raises(Unplain):
        EventColumns().read(lines({f"x{number}": 1 for number in range(500)}))
    with pytest.raises(Unplain):
        EventColumns().read(lines({'"quoted"': 1}))


def test_text_that_is_no_utf8_is_read_with_marks_in_its_place() -> None:
    assert EventColumns().read([b'{"issuer":"\xff"}\n'])["issuer"][0] == "\ufffd"


def test_with_a_format_only_its_columns_count() -> None:
    found = JsonColumns({"issuer": ["bank"]}).read(lines({"bank": "a", "issuer": "b"}, {}))
    assert listed(dict(found)) == {"issuer": ["a", None]}


SMALLEST = '[columns]\ntimestamp = "at"\nstatus = "s"\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SMALLEST, JsonColumns),
        (SMALLEST + '[dimensions]\nissuer = "s"\n', PathColumns),
        (SMALLEST + "[dimensions]\nissuer = 'the \"bank\"'\n", PathColumns),
        (SMALLEST + '[dimensions]\nissuer = "bank.name"\n', PathColumns),
        (SMALLEST.replace('"at"', '["day", "at"]'), PathColumns),
        ('[columns]\ntimestamp = "at"\ncount = "n"\nsuccesses = "ok"\n', type(None)),
    ],
    ids=["plain", "one column for two", "odd name", "path", "time in two", "successes"],
)
def test_a_format_is_read_by_the_fastest_columns_that_can_say_it(text: str, kind: type) -> None:
    assert type(columns_of(Format.parse(text))) is kind
    assert isinstance(columns_of(None), EventColumns)


PATHS = Format.parse(
    '[columns]\ntimestamp = ["day", "clock"]\ntimezone_column = "zone"\nstatus = "a.s"\n'
    'amount = "a.sum"\n[dimensions]\nissuer = "a.bank"\n[defaults]\ngateway = "pg"\n'
    '[statuses]\nbezahlt = "approved"\n'
)


def test_columns_that_are_paths_are_read_with_the_parts_of_a_time() -> None:
    first = {"day": "2026-11-20", "clock": "13:14", "zone": "CET",
             "a": {"s": "Bezahlt", "bank": "x", "sum": "12,50"}}  # fmt: skip
    found = PathColumns(PATHS, PATHS.fields).read(lines(first, {"day": " ", "a": {"s": None}}))
    assert listed(dict(found)) == {
        "payment_status": ["approved", None],
        "issuer": ["x", None],
        "timestamp": ["2026-11-20 13:14\tCET", ""],
        "gateway": ["pg", "pg"],
    }


@pytest.mark.parametrize(
    "inside", [{"s": 1}, {"bank": 1.5}, {"bank": []}, {"sum": "x"}, {"sum": True}, {"s": {}}]
)
def test_a_path_to_what_is_not_plain_sends_its_rows_to_be_read_one_by_one(
    inside: dict[str, Any],
) -> None:
    with pytest.raises(Unplain):
        PathColumns(PATHS, PATHS.fields).read(lines({"day": "2026-11-20", "a": inside}))


@pytest.mark.parametrize("text", [b"\n", b"[]\n", b"{}{}\n", b'{"a":\n', b'{"a":1e999}\n'])
def test_a_line_that_is_not_one_object_has_no_paths(text: bytes) -> None:
    with pytest.raises(Unplain):
        PathColumns(PATHS, PATHS.fields).read([text])


def csv(fields: dict[str, str], *rows: list[str]) -> dict[str, list[Any]]:
    read = CsvColumns(["at", "n", "took"], fields).read(list(enumerate(rows, start=2)))
    return listed(dict(read))


def test_a_columns_numbers_are_read_and_its_texts_are_left() -> None:
    fields = {"timestamp": "at", "count": "n", "latency_ms": "took"}
    assert csv(fields, ["1", "3", "80"], ["2", " 4.0 ", " "]) == {
        "timestamp": ["1", "2"],
        "count": [3, 4],
        "latency_ms": [80.0, None],
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("count", ""),
        ("count", "1.5"),
        ("latency_ms", "x"),
        ("latency_ms", "inf"),
        ("amount", "see note"),
    ],
)
def test_a_text_that_is_no_number_is_not_plain(field: str, text: str) -> None:
    with pytest.raises(Unplain):
        csv({field: "n"}, ["1", "1", "1"], ["1", text, "1"])
    with pytest.raises(Unplain):
        csv({"successes": "n"}, ["1", "1", "1"])
