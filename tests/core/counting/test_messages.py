"""Messages of a payment: what they are of it, and how a partial names them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import BAD_RETRY, RESCUE
from functions.core.counting.marks import NO_MARK, payment_mark
from functions.core.counting.messages import (
    APPROVED,
    FAILED,
    NO_MESSAGES,
    TRIED,
    Message,
    Messages,
    Noting,
    Role,
    role_of,
)
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.payments.event import STATUSES, Payment
from tests.builders import NOW, payment

FIRST_FAILED = TRIED | FAILED
WENT_WELL = TRIED | APPROVED


@pytest.mark.parametrize("status", STATUSES)
def test_what_nothing_is_known_of_counts_as_it_is(status: str) -> None:
    assert role_of(0, status).first


@pytest.mark.parametrize("status", STATUSES)
def test_what_was_said_already_counts_nothing(status: str) -> None:
    known = role_of(0, status).known
    assert role_of(known, status, is_known_try=True) == Role(False, 0, known)


@pytest.mark.parametrize(
    ("known", "status", "role"),
    [
        (FIRST_FAILED, "failed", Role(False, BAD_RETRY, FIRST_FAILED)),
        (FIRST_FAILED, "denied", Role(False, BAD_RETRY, FIRST_FAILED)),
        (FIRST_FAILED, "approved", Role(False, RESCUE, FIRST_FAILED | APPROVED)),
        (FIRST_FAILED | APPROVED, "approved", Role(False, 0, FIRST_FAILED | APPROVED)),
        (FIRST_FAILED | APPROVED, "failed", Role(False, BAD_RETRY, FIRST_FAILED | APPROVED)),
    ],
)
def test_a_further_try_is_a_retry(known: int, status: str, role: Role) -> None:
    assert role_of(known, status) == role


@pytest.mark.parametrize("status", ["failed", "denied"])
def test_what_fails_after_it_went_well_has_failed(status: str) -> None:
    assert role_of(WENT_WELL, status) == Role(True, 0, WENT_WELL | FAILED)


@pytest.mark.parametrize("status", ["refunded", "disputed", "reversed", "backend_reversed"])
def test_what_becomes_of_a_payment_that_went_well_counts_once_and_is_no_try(status: str) -> None:
    first = role_of(WENT_WELL, status)
    assert first.first
    assert not role_of(first.known, status).first
    assert role_of(first.known, "approved") == Role(False, 0, first.known)


def test_a_reversal_is_how_a_failure_ends() -> None:
    assert role_of(FIRST_FAILED, "reversed").first is False


made = st.builds(
    payment,
    st.integers(NOW, NOW + 5) | st.just(NOW - 90 * 86_400),
    st.sampled_from(STATUSES),
    transaction_id=st.sampled_from("abc"),
    latency_ms=st.none() | st.floats(0, 1e6),
    issuer=st.none() | st.sampled_from("XYZ"),
    gateway=st.none() | st.sampled_from("GH"),
    currency=st.none() | st.sampled_from(("EUR", "INR")),
    amount=st.none() | st.just(2.5),
    count=st.just(1) | st.integers(2, 9),
)


@given(st.lists(made, max_size=8))
def test_a_partial_names_every_message_with_what_it_counted(paid: list[Payment]) -> None:
    noting = Noting(DEFAULT_SLICING)
    for item in paid:
        noting.add(item, "issuer" if item.status == "failed" else "")
    sent = msgspec.msgpack.encode(noting.noted())
    noted = msgspec.msgpack.decode(sent, type=Messages)
    assert noted == noting.noted()
    assert noted.cells == noting.cells
    well = [item for item in paid if item.status == "approved" and item.count == 1]
    rows = list(noted.rows(range(len(well))))
    for item, row in zip(well, rows, strict=True):
        assert row == Message(
            int.from_bytes(payment_mark(item), "little"),
            NO_MARK,
            msgspec.structs.replace(item, transaction_id="", amount=None),
        )
    others = [item for item in paid if item not in well]
    assert [message.payment for message in noted.others] == others
    assert {message.cause for message in noted.others} <= {"", "issuer"}


def test_no_messages_are_nothing() -> None:
    assert not NO_MESSAGES
    assert Noting(DEFAULT_SLICING).noted() is NO_MESSAGES


def test_a_message_keeps_of_a_payment_only_what_counts() -> None:
    noting = Noting((("issuer",),))
    noting.add(
        payment(
            status="failed", error_message="secret", user_id="u", transaction_id="4111111111111111"
        ),
        "issuer",
    )
    [message] = noting.noted().others
    assert message.payment.error_message is None
    assert message.payment.user_id is None
    assert "411111111111" not in message.payment.transaction_id
