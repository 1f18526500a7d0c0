"""What a page says of an incident. The goldens are read as a person on call reads them, at night."""

from __future__ import annotations

from typing import Any

from syrupy.assertion import SnapshotAssertion

from functions.core.counting.harm import Example
from functions.core.paging.incident_page import incident_page, retries_words
from functions.core.paging.page import (
    RESOLVE,
    TRIGGER,
    UPDATE,
)
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    DRIFT,
    NARROWED,
    NORMAL,
    OPENED,
    WORSE,
    Part,
)
from functions.core.troubles.route import ILL, UNSURE, WELL, Route
from tests.builders import DASHBOARD, NOW, announcement
from tests.core.paging.shown import shown


def test_an_incident_opened(snapshot: SnapshotAssertion) -> None:
    assert shown(incident_page(announcement(OPENED), DASHBOARD)) == snapshot


def test_an_incident_opened_names_the_rate_that_is_true_just_now(
    snapshot: SnapshotAssertion,
) -> None:
    young = announcement(OPENED, rate=0.2, at_least=0.11, latest_rate=0.6, latest_seconds=4)
    assert shown(incident_page(young, DASHBOARD)) == snapshot


def test_an_incident_with_its_harm_came_back(snapshot: SnapshotAssertion) -> None:
    back = announcement(
        AGAIN, again=1, back_at=NOW + 300, affected=1204, money={"INR": 310_400.5, "USD": 99.0},
        examples=(Example("txn_82473", "91"), Example("txn_82490")),
    )  # fmt: skip
    assert shown(incident_page(back, DASHBOARD)) == snapshot


def test_how_often_failed_payments_are_tried_again_is_told() -> None:
    again = announcement(OPENED, affected=90, failed=120, retries=360, rescued=40).incident
    assert retries_words(again) == "3 per failed payment; 40 of 120 went through in the end"
    page = shown(incident_page(announcement(OPENED, failed=120, retries=30), DASHBOARD))
    assert "0.25 per failed payment; 0 of 120 went through in the end" in str(page)
    assert retries_words(announcement(OPENED, failed=120).incident) == ""


PARTS = (
    Part(
        slice="issuer=HDFC&network=VISA", signal="backend_reversed", severity="warning",
        rate=0.021, normal=0.001, since=NOW + 20,
    ),
    Part(slice="", signal="volume", severity="critical", rate=0.05, normal=1.0, since=NOW + 60),
    Part(
        slice="issuer=HDFC", signal="latency", severity="warning", rate=0.4, normal=0.05,
        since=NOW + 60, until=NOW + 400,
    ),
)  # fmt: skip


def test_an_incident_with_parts_got_worse(snapshot: SnapshotAssertion) -> None:
    worse = announcement(WORSE, parts=PARTS)
    assert shown(incident_page(worse, DASHBOARD)) == snapshot


def test_an_incident_with_parts_that_came_and_went_closed(snapshot: SnapshotAssertion) -> None:
    closed = announcement(CLOSED, closed_at=NOW + 700, parts=PARTS[:2], again=3, back_at=NOW + 500)
    assert shown(incident_page(closed, DASHBOARD)) == snapshot


def test_an_incident_got_worse(snapshot: SnapshotAssertion) -> None:
    worse = announcement(WORSE, slice="issuer=HDFC", rate=0.71, at_least=0.66, attempts=1204)
    assert shown(incident_page(worse, DASHBOARD)) == snapshot


def test_an_incident_was_narrowed_down(snapshot: SnapshotAssertion) -> None:
    narrowed = announcement(
        NARROWED,
        slice="gateway=razorpay",
        narrowed="gateway=razorpay&merchant=M7",
        share=0.25,
        rate=0.12,
        at_least=0.09,
        causes={"gateway": 73},
    )
    page = incident_page(narrowed, DASHBOARD)
    assert page.kind == UPDATE
    assert shown(page) == snapshot


def test_an_incident_closed(snapshot: SnapshotAssertion) -> None:
    closed = announcement(CLOSED, closed_at=NOW + 187)
    assert shown(incident_page(closed, DASHBOARD)) == snapshot


def test_declines_on_all_traffic(snapshot: SnapshotAssertion) -> None:
    wave = announcement(
        OPENED, slice="", signal="denied", severity="warning", score=55.0, rate=0.121,
        at_least=0.112, attempts=12_000, normal=0.04, elsewhere=None, causes={"customer": 1400, "fraud": 52},
    )  # fmt: skip
    assert shown(incident_page(wave, DASHBOARD)) == snapshot


def test_an_incident_opened_on_one_gateway_of_several(snapshot: SnapshotAssertion) -> None:
    routes = (
        Route("issuer=HDFC", "payu", 310, 1, WELL),
        Route("issuer=HDFC", "razorpay", 212, 123, ILL),
        Route("issuer=HDFC", "stripe", 6, 0, UNSURE),
    )
    opened = announcement(slice="gateway=razorpay&issuer=HDFC", routes=routes)
    assert shown(incident_page(opened, DASHBOARD)) == snapshot


def test_an_incident_opened_on_every_gateway(snapshot: SnapshotAssertion) -> None:
    routes = (
        Route("issuer=HDFC", "razorpay", 412, 128, ILL),
        Route("issuer=HDFC", "payu", 310, 90, ILL),
    )
    assert shown(incident_page(announcement(routes=routes), DASHBOARD)) == snapshot


def test_without_any_cause_it_is_said_to_be_unknown() -> None:
    page = incident_page(announcement(causes={}, slice=""), DASHBOARD)
    assert "Cause: unknown" in page.body
    assert "Whose: not clear yet" in page.body


def test_the_first_line_names_the_slice_and_the_likely_cause() -> None:
    first = incident_page(announcement(), DASHBOARD).body.splitlines()[0]
    assert "issuer HDFC × network VISA" in first
    assert "Likely cause: issuer" in first


def test_a_gateways_page_names_the_gateway_whatever_its_codes_say() -> None:
    page = incident_page(
        announcement(slice="gateway=razorpay", causes={"timeout": 80, "gateway": 20}), DASHBOARD
    )
    assert page.headline.endswith("on gateway razorpay. Likely cause: gateway (timeout)")
    assert "Whose: gateway razorpay" in page.body
    assert "status page of razorpay" in page.body


def test_a_page_says_what_it_is_for_its_thread() -> None:
    kinds = [
        incident_page(announcement(transition), DASHBOARD).kind
        for transition in (OPENED, WORSE, AGAIN, CLOSED)
    ]
    assert kinds == [TRIGGER, UPDATE, TRIGGER, RESOLVE]


def test_labels_of_a_thread_are_the_same_in_all_its_pages() -> None:
    told = [incident_page(announcement(transition), DASHBOARD) for transition in (OPENED, CLOSED)]
    assert told[0].labels == told[1].labels
    assert told[0].labels["issuer"] == "HDFC"
    assert told[0].labels["owner"] == "issuer"


DRIFTING: dict[str, Any] = {
    "kind": DRIFT, "slice": "issuer=HDFC", "severity": "warning", "score": 74.0, "rate": 0.029,
    "at_least": 0.026, "attempts": 9120, "normal": 0.007, "latest_rate": 0.031, "latest_seconds": 15,
}  # fmt: skip


def test_a_drift_opened(snapshot: SnapshotAssertion) -> None:
    page = incident_page(announcement(OPENED, **DRIFTING), DASHBOARD)
    assert "slowly from 0.7 % since 13:43" in page.headline
    assert page.action is not None
    assert "`paywatch normal PW-1120-1343-4f2`" in page.action[1]
    assert shown(page) == snapshot


def test_a_drift_that_is_normal_now(snapshot: SnapshotAssertion) -> None:
    closed = announcement(CLOSED, reason=NORMAL, closed_at=NOW + 7200, **DRIFTING)
    assert shown(incident_page(closed, DASHBOARD)) == snapshot


def test_a_page_says_what_else_holds_all_of_the_payments() -> None:
    page = incident_page(
        announcement(slice="method=WALLET", also=("gateway=G4", "network=VISA")), DASHBOARD
    )
    assert "on method WALLET, all of it on gateway G4 and network VISA" in page.headline
    assert "Where: method WALLET, all of it on gateway G4 and network VISA" in page.body


def test_an_incident_that_is_over_before_anybody_was_told(snapshot: SnapshotAssertion) -> None:
    over = announcement(CLOSED, closed_at=NOW + 26, affected=290, money={"INR": 71_200.0})
    assert shown(incident_page(over, DASHBOARD, is_untold=True)) == snapshot


def test_an_incident_that_was_held_up(snapshot: SnapshotAssertion) -> None:
    late = announcement(OPENED, latest_rate=0.2, latest_seconds=15)
    assert shown(incident_page(late, DASHBOARD, is_held_up=True)) == snapshot
