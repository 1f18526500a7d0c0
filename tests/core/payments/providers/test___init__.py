"""What providers and message services send is recognised by its shape, and nothing in it raises."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import Malformed
from functions.core.payments.codec import decode
from functions.core.payments.event import DIMENSIONS, STATUSES, Payment
from functions.core.payments.mapping import EventMapping
from functions.core.payments.providers import (
    AMBIGUOUS,
    PROVIDERS,
    marks_of,
    payments_of,
    recognise,
    senders_of,
)
from functions.core.payments.providers.reading import NoPayment
from tests.notifications import (
    ADYEN_BATCH,
    ADYEN_ITEM,
    OWN,
    SAMPLES,
    SECOND_MS,
    STRIPE_FAILED,
    Json,
)

ALL = [(name, sample) for name, samples in SAMPLES.items() for sample in samples]


def wrapped(inner: Json, times: int = 1) -> Json:
    for _ in range(times):
        inner = {"detail-type": "x", "time": "2026-05-28T20:26:40Z", "detail": inner}
    return inner


def test_there_are_samples_of_every_provider() -> None:
    assert list(SAMPLES) == [provider.name for provider in PROVIDERS]


@pytest.mark.parametrize(("name", "sample"), ALL)
def test_a_sample_is_recognised_as_its_providers(name: str, sample: Json) -> None:
    found = recognise(sample)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize(("name", "sample"), ALL)
def test_a_sample_becomes_payments_at_their_own_time(name: str, sample: Json) -> None:
    found = payments_of(sample)
    assert found
    for payment in found:
        assert isinstance(payment, Payment)
        assert payment.gateway == name
        assert payment.status in STATUSES
        assert SECOND_MS - 30_000 <= payment.timestamp_ms < SECOND_MS + 1000
        assert payment.amount is not None
        assert payment.amount > 0
        assert payment.currency is not None
        assert not payment.is_test


@pytest.mark.parametrize(("name", "sample"), ALL)
def test_the_codec_reads_it_alone_in_lines_in_arrays_and_among_our_own(
    name: str, sample: Json
) -> None:
    found = payments_of(sample)
    assert found is not None
    text = json.dumps(sample).encode()
    own = json.dumps(OWN).encode()
    (ours,) = decode(own)
    assert decode(text) == found
    assert decode(text + b"\n" + text + b"\n") == found * 2
    assert decode(b"[" + text + b"," + own + b"]") == [*found, ours]
    assert decode(own + b"\n" + text) == [ours, *found]


@pytest.mark.parametrize(
    "plain",
    [
        OWN,
        {**OWN, "object": "wallet", "entity": "Example Ltd"},
        {**OWN, "kind": "online", "type": "sale", "data": {}},
        {**OWN, "error_reason": "incorrect_otp", "error_source": "customer"},
        {"id": "pay_1", "status": "failed", "created_at": 1, "error_source": "bank", "issuer": "A"},
        {"id": "t1", "status": "failed", "time": 1, "processorResponseCode": "2001", "issuer": "A"},
        {},
    ],
)
def test_a_payment_in_our_own_fields_is_nobodys(plain: Json) -> None:
    assert recognise(plain) is None
    assert payments_of(plain) is None


def test_a_provider_inside_of_an_envelope_is_recognised() -> None:
    assert payments_of(wrapped(STRIPE_FAILED)) == payments_of(STRIPE_FAILED)
    assert payments_of(wrapped(ADYEN_BATCH, 5)) == payments_of(ADYEN_BATCH)


def test_our_own_fields_inside_of_an_envelope_have_its_time_where_they_tell_none() -> None:
    (own,) = decode(json.dumps(OWN).encode())
    without = {name: value for name, value in OWN.items() if name != "timestamp"}
    assert payments_of(wrapped(OWN)) == [own]
    assert payments_of(wrapped(without)) == [own]


def test_envelopes_without_end_are_too_deep() -> None:
    (found,) = payments_of(wrapped(OWN, 6)) or []
    assert isinstance(found, Malformed)
    assert found.reason == "too_deep"


def test_one_bad_item_of_a_batch_costs_no_other() -> None:
    item = {"NotificationRequestItem": {**ADYEN_ITEM, "eventDate": "never"}}
    report = {"NotificationRequestItem": {"eventCode": "REPORT_AVAILABLE", "pspReference": "x"}}
    batch = {**ADYEN_BATCH, "notificationItems": [item, *ADYEN_BATCH["notificationItems"], report]}
    bad, *good, nothing = decode(json.dumps(batch).encode())
    assert isinstance(bad, Malformed)
    assert (bad.reason, bad.data) == ("bad_timestamp", json.dumps(batch).encode())
    assert good == payments_of(ADYEN_BATCH)
    assert nothing == NoPayment("adyen", "REPORT_AVAILABLE")


def test_what_is_asked_about_first_grows_with_the_mapping() -> None:
    mapping = EventMapping.parse(
        '[columns]\ntransaction_id = "data.id"\ntimestamp = "at"\nstatus = "data.state"'
    )
    assert marks_of(None) == AMBIGUOUS
    assert marks_of(mapping) == AMBIGUOUS | {"data.id", "data", "at", "data.state"}


def test_a_mapping_is_asked_before_anybody_is_recognised() -> None:
    mapping = EventMapping.parse(
        """
        [columns]
        transaction_id = "data.object.id"
        timestamp = "created"
        status = "type"
        [statuses]
        "payment_intent.payment_failed" = "denied"
        [defaults]
        gateway = "payu"
        """
    )
    (found,) = decode(json.dumps(STRIPE_FAILED).encode(), senders=senders_of(mapping))
    assert isinstance(found, Payment)
    assert (found.status, found.gateway) == ("denied", "payu")
    (other,) = decode(json.dumps(OWN).encode(), senders=senders_of(mapping))
    assert isinstance(other, Payment)
    assert (other.status, other.gateway) == ("failed", None)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["1e999", "-1", "12,50", "0x1", "false", "\u202e"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def disturbed(draw: st.DrawFn) -> Json:
    """A sample in which some of its parts are something else."""
    _, sample = draw(st.sampled_from(ALL))
    found: Any = json.loads(json.dumps(sample))
    for _ in range(draw(st.integers(1, 3))):
        inner: Any = found
        while True:
            keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
            key: Any = draw(st.sampled_from(keys)) if keys else None
            if key is None:
                break
            below = inner[key]
            if not isinstance(below, dict | list) or not below or draw(st.integers(0, 3)) == 0:
                inner[key] = draw(ANYTHING)
                break
            inner = below
    return dict(found)


def places(it: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all that lies in it."""
    inside = it.items() if isinstance(it, dict) else enumerate(it) if isinstance(it, list) else ()
    return [path, *(found for key, inner in inside for found in places(inner, (*path, key)))]


@pytest.mark.parametrize(
    "strange", [None, True, 7, 1e308, 10**400, "", "\ud800", [], {}, [[]], {"a": {}}]
)
@pytest.mark.parametrize(("name", "sample"), ALL)
def test_any_part_of_a_notification_may_be_of_another_kind(
    name: str, sample: Json, strange: Any
) -> None:
    for *outer, last in places(sample)[1:]:
        found = copy.deepcopy(sample)
        inner: Any = found
        for key in outer:
            inner = inner[key]
        inner[last] = strange
        for item in payments_of(found) or ():
            assert isinstance(item, Payment | NoPayment | Malformed), name


@given(disturbed())
def test_whatever_stands_in_a_notification_nothing_raises_and_payments_are_whole(it: Json) -> None:
    for item in decode(json.dumps(it).encode()):
        if isinstance(item, Payment):
            assert item.status in STATUSES
            assert item.transaction_id
            assert item.amount is None or isinstance(item.amount, float)
            for name in DIMENSIONS:
                assert isinstance(getattr(item, name), str | None)
        else:
            assert isinstance(item, NoPayment | Malformed)


def test_a_capture_of_paypals_api_and_a_check_of_braintrees_webhooks_are_known() -> None:
    capture = {"id": "CAPMADEUP3", "status": "DECLINED", "create_time": "2026-05-28T21:00:00Z",
               "final_capture": True, "amount": {"currency_code": "USD", "value": "10.00"}}  # fmt: skip
    found = payments_of(capture)
    assert found is not None
    (payment,) = found
    assert isinstance(payment, Payment)
    assert (payment.status, payment.gateway, payment.amount) == ("denied", "paypal", 10.0)
    check = {"kind": "check", "timestamp": "2026-05-28T21:00:00Z"}
    assert payments_of(check) == [NoPayment("braintree", "check")]
