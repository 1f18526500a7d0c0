"""The mark of a payment, and of a try: 64 bits of BLAKE2b (RFC 7693) of the ids that it is known by."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from functions.core.payments.event import Payment

MARK_BYTES: Final = 8
NO_MARK: Final = 0


def payment_mark(payment: Payment) -> bytes:
    """Of the payment that a message is about."""
    return _mark(_of_payment(payment.transaction_id, payment.merchant))


def payment_marks(ids: Sequence[str], merchants: Sequence[str | None]) -> bytes:
    """Those of payments with these ids, of these merchants, one after another."""
    paid = zip(ids, merchants, strict=True)
    try:
        texts = [f"{one}\0{merchant or ''}".encode() for one, merchant in paid]
    except UnicodeEncodeError:
        return b"".join([_mark(_of_payment(*one)) for one in zip(ids, merchants, strict=True)])
    return b"".join([blake2b(text, digest_size=MARK_BYTES).digest() for text in texts])


def try_mark(payment: Payment) -> bytes:
    """Of the try that a message is about. Of a message that stands for several payments alike, of the
    message: who counts before sending gives them no ids."""
    which = payment.attempt_id or payment.timestamp_ms
    text = f"{_of_payment(payment.transaction_id, payment.merchant)}\0{which}"
    if payment.count > 1:
        text = f"{text}\0{payment.timestamp_ms}\0{payment.status}\0{payment.count}"
    return _mark(text)


def marks_in(data: bytes) -> array[int]:
    """The marks that stand in these bytes, one after another. Raises ValueError where they hold no whole
    number of them."""
    found = array("Q")
    found.frombytes(data)
    return found


def _of_payment(transaction_id: str, merchant: str | None) -> str:
    return f"{transaction_id}\0{merchant or ''}"


def _mark(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES).digest()
