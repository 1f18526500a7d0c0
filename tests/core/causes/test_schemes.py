"""Names of schemes and spellings of codes, as producers and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.causes.knowledge import load
from functions.core.causes.schemes import (
    FAMILIES,
    TABLES,
    WEIGHTS,
    folded,
    is_any_other,
    speaks,
    spellings,
    split_humps,
    tables,
)

KNOWN = {scheme for scheme, _ in load()}
texts = st.text(max_size=20)


def test_every_table_that_a_name_leads_to_is_there() -> None:
    led_to = {table for found in (*TABLES.values(), *FAMILIES.values()) for table in found}
    assert led_to <= KNOWN
    assert set(WEIGHTS) <= KNOWN


def test_a_name_of_a_scheme_is_written_as_folding_writes_it() -> None:
    assert {folded(name) for name in (*TABLES, *FAMILIES)} == {*TABLES, *FAMILIES}


@pytest.mark.parametrize(
    ("scheme", "found"),
    [
        ("rupay", ("iso8583",)),
        ("visa", ("visa", "iso8583")),
        ("npci", ("upi_npci",)),
        ("http", ("gateway",)),
        ("adyen", ("adyen",)),
        ("nobody", ("nobody",)),
    ],
)
def test_a_scheme_is_looked_up_in_its_own_table_first_and_a_strange_one_in_its_own_alone(
    scheme: str, found: tuple[str, ...]
) -> None:
    assert tables(scheme) == found


@pytest.mark.parametrize("word", ["Do Not-Honor", "do_not_honor", " DO NOT HONOR ", "do-not-honor"])
def test_case_spaces_hyphens_and_underscores_make_no_difference(word: str) -> None:
    assert folded(word) == "do_not_honor"


@given(texts)
def test_folding_what_is_folded_changes_nothing(word: str) -> None:
    assert folded(folded(word)) == folded(word)


@pytest.mark.parametrize(
    "code", ["5", "05", "RC05", "rc:05", "ISO-05", "iso8583_05", "05: Do not honour", "05.declined"]
)
@pytest.mark.parametrize("table", ["iso8583", "visa", "mastercard_response", "mastercard_mac"])
def test_a_code_of_two_digits_is_found_in_all_that_is_written_around_it(
    table: str, code: str
) -> None:
    assert spellings(table, code) == ["05"]


@pytest.mark.parametrize("code", ["051", "5051", "n7", "q", "05x", "rc5"])
def test_what_is_no_code_of_two_digits_is_left_as_it_is(code: str) -> None:
    assert spellings("iso8583", code) == [folded(code)]


@pytest.mark.parametrize("code", ["U30-Z9", "u30/z9", "U30|Z9", "U30:Z9", "U30_Z9"])
def test_of_a_pair_of_upi_codes_the_banks_comes_first(code: str) -> None:
    assert spellings("upi_npci", code) == ["z9", "u30"]
    assert spellings("upi_npci", "U30") == ["u30", "u30"]


@pytest.mark.parametrize(
    ("code", "spelling"),
    [
        ("503", "err_503"),
        ("HTTP 503", "err_503"),
        ("status_404", "err_404"),
        ("SocketTimeoutException", "socket_timeout"),
        ("ERR_CONNECTION_RESET", "connection_reset"),
        ("SSLError", "ssl"),
        ("ETIMEDOUT", "etimedout"),
    ],
)
def test_a_gateways_code_is_known_by_its_http_status_and_without_its_wrapping(
    code: str, spelling: str
) -> None:
    assert spelling in spellings("gateway", code)
    assert spellings("gateway", code)[0] == folded(code)


@pytest.mark.parametrize("status", ["200", "302", "600", "5030", "x503"])
def test_what_is_no_status_of_an_http_error_is_not_taken_for_one(status: str) -> None:
    assert not any(one.startswith("err_") for one in spellings("gateway", status))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("InsufficientFunds", "insufficient_funds"),
        ("insufficientFunds", "insufficient_funds"),
        ("SSLHandshakeFailed", "ssl_handshake_failed"),
        ("card2Declined", "card2_declined"),
        ("declined", "declined"),
    ],
)
def test_words_that_are_run_together_are_parted(code: str, words: str) -> None:
    assert split_humps(code) == words
    assert words in spellings("stripe", code)


@given(st.sampled_from(sorted(KNOWN)), texts)
def test_every_text_has_a_spelling_in_every_table(table: str, code: str) -> None:
    found = spellings(table, code)
    assert found
    assert all(one == one.strip() for one in found)


@pytest.mark.parametrize(
    ("code", "is_it"),
    [("Q9", True), (" q9 ", True), ("00", True), ("9", False), ("Q99", False), ("é9", False)],
)
def test_any_other_code_has_two_letters_or_digits(code: str, is_it: bool) -> None:
    assert is_any_other(code) is is_it


@pytest.mark.parametrize(
    ("code", "is_word"),
    [
        ("insufficient_funds", True),
        ("InsufficientFunds", True),
        ("DECLINED", True),
        ("http_503", True),
        ("err503", True),
        ("fail", False),
        ("503", False),
        ("20005", False),
        ("2005C", False),
        ("U30-Z9", False),
        ("", False),
    ],
)
def test_a_word_of_five_letters_or_an_http_status_speaks_for_itself(
    code: str, is_word: bool
) -> None:
    assert speaks(code) is is_word
