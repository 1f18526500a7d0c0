"""The knowledge base: every row is sound, and a code is found in whatever spelling it comes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.knowledge import COLUMNS, Code, KnowledgeBase, load, parse, weight
from functions.core.causes.vocabulary import CAUSES, OWNERS, PATH_CAUSES, RETRIES

KNOWLEDGE = load()
HEADER = ",".join(COLUMNS)


def tables() -> Iterator[tuple[str, list[dict[str, str]]]]:
    for entry in (resources.files("functions.core.causes") / "codes").iterdir():
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


def knowledge(**tables: str) -> KnowledgeBase:
    """Scheme → codes, each with the name of its cause: `visa="05 issuer, 1 customer"`."""
    return parse(
        {
            scheme: "\n".join((HEADER, *map(_row, text.split(", "))))
            for scheme, text in tables.items()
        }
    )


def _row(text: str) -> str:
    code, cause = text.split(" ")
    owner, retry = ("", "") if cause == "-" else ("issuer", "later")
    return f"{code},Name,{cause.strip('-')},{owner},{retry},Call.,web"


def found(knowledge: KnowledgeBase, table: str, code: str) -> str | None:
    """The code of the row, as the table spells it."""
    row = knowledge.find(table, code)
    return row.code if row else None


@given(st.sampled_from(sorted(KNOWLEDGE)), st.sampled_from([str.lower, str.upper, str.title]))
def test_every_code_is_found_by_its_own_spelling_in_any_case(
    key: tuple[str, str], in_case: Callable[[str], str]
) -> None:
    scheme, code = key
    row = KNOWLEDGE.find(scheme, code)
    assert row is not None
    assert found(KNOWLEDGE, scheme, f" {in_case(code)} ") == row.code
    if row.cause == KNOWLEDGE[key].cause:
        assert row.scheme == scheme


def test_a_code_is_not_looked_for_in_other_tables() -> None:
    base = knowledge(visa="05 issuer", stripe="card_declined customer")
    assert found(base, "visa", "5") == "05"
    assert found(base, "stripe", "5") is None
    assert found(base, "nobody", "5") is None


def test_a_row_that_tells_a_cause_wins_over_one_that_does_not() -> None:
    base = knowledge(upi_npci="U30 unknown, Z9 customer, U28 issuer")
    assert found(base, "upi_npci", "U30-Z9") == "Z9"
    assert found(base, "upi_npci", "U28-U30") == "U28"
    assert found(base, "upi_npci", "U30-ZZ") == "U30"


def test_a_range_stands_for_its_numbers_that_have_no_row_of_their_own() -> None:
    base = knowledge(braintree="2000 customer, 2109-2999 issuer")
    spoken = {code: found(base, "braintree", code) for code in ("2000", "2109", "2500", "2999")}
    assert spoken == {"2000": "2000", **dict.fromkeys(("2109", "2500", "2999"), "2109-2999")}
    for outside in ("2108", "3000", "02500", "250", "25x0", "²500", ""):
        assert found(base, "braintree", outside) is None, outside


@given(st.integers(0, 9999))
def test_a_range_has_the_numbers_from_its_first_to_its_last(number: int) -> None:
    base = knowledge(braintree="2109-2999 issuer")
    is_inside = 2109 <= number <= 2999
    assert (found(base, "braintree", f"{number:04d}") is not None) == is_inside


def test_a_row_for_any_other_code_is_asked_for_by_name_and_has_two_letters_or_digits() -> None:
    base = knowledge(visa="05 issuer, * customer")
    assert found(base, "visa", "Q9") is None
    row = base.any_other("visa", " q9 ")
    assert row is not None
    assert row.code == "*"
    assert base.any_other("visa", "Q99") is None
    assert base.any_other("stripe", "Q9") is None


def test_a_code_without_a_scheme_is_looked_for_in_the_likeliest_scheme_first() -> None:
    base = knowledge(adyen="51 customer", zeta="51 fraud", iso8583="51 issuer", visa="05 issuer")
    assert [row.scheme for row in base.everywhere("51")] == ["iso8583", "adyen", "zeta"]
    assert [row.scheme for row in base.everywhere("51", among=("zeta", "visa"))] == ["zeta"]
    assert base.everywhere("52") == []


def test_a_scheme_that_nobody_weighed_is_less_likely_than_those_of_the_big_ones() -> None:
    assert weight("iso8583") > weight("stripe") > weight("zeta") > weight("stripe_advice")


def test_only_a_cause_on_the_payment_path_is_attributable() -> None:
    base = knowledge(s=", ".join(f"{cause} {cause}" for cause in CAUSES) + ", fine -")
    assert {code.code for code in base.values() if code.attributable} == PATH_CAUSES


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
