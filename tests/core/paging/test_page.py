"""The words of a page. The goldens are read as a person on call reads them, on a phone at night."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from functions.core.counting.harm import Example
from functions.core.counting.signals import RATES
from functions.core.counting.slices import slice_key
from functions.core.paging.alarm_page import alarm_ok_page, alarm_page
from functions.core.paging.incident_page import incident_page
from functions.core.paging.page import (
    RESOLVE,
    SMS_LENGTH,
    SUBJECT_LENGTH,
    TRIGGER,
    UPDATE,
    Page,
    duration,
)
from functions.core.paging.thread_page import acknowledged_page, storm_page
from functions.core.troubles.incident import AGAIN, CLOSED, OPENED, WORSE
from functions.core.troubles.response import Acknowledgement
from tests.builders import ALARMS, DASHBOARD, NOW, alarm, announcement

GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
REASON = (
    "Threshold Crossed: 1 out of the last 1 datapoints [3.1 (20/11/25 13:43:00)] was greater "
    "than or equal to the threshold (2.0)."
)


def shown(page: Page) -> str:
    return f"Subject: {page.subject}\n\n{page.body}\n\n--- SMS, {len(page.sms)} ---\n{page.sms}\n"


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


def test_somebody_took_it_over(snapshot: SnapshotAssertion) -> None:
    message = Acknowledgement("PW-1120-1343-4f2", "asha", NOW + 60, "calling HDFC")
    page = acknowledged_page(
        message, "PW-1120-1343-4f2", "a subject", "payments failing", "critical", NOW, DASHBOARD
    )
    assert shown(page) == snapshot


def test_many_troubles_at_once(snapshot: SnapshotAssertion) -> None:
    page = storm_page("PW-1120-1343-a1b", "critical", ["one", "two", "three"], NOW, DASHBOARD)
    assert shown(page) == snapshot


def test_an_incident_got_worse(snapshot: SnapshotAssertion) -> None:
    worse = announcement(WORSE, slice="issuer=HDFC", rate=0.71, at_least=0.66, attempts=1204)
    assert shown(incident_page(worse, DASHBOARD)) == snapshot


def test_an_incident_closed(snapshot: SnapshotAssertion) -> None:
    closed = announcement(CLOSED, closed_at=NOW + 187)
    assert shown(incident_page(closed, DASHBOARD)) == snapshot


def test_declines_on_all_traffic(snapshot: SnapshotAssertion) -> None:
    wave = announcement(
        OPENED, slice="", signal="denied", severity="warning", score=55.0, rate=0.121,
        at_least=0.112, attempts=12_000, normal=0.04, elsewhere=None, causes={"customer": 1400, "fraud": 52},
    )  # fmt: skip
    assert shown(incident_page(wave, DASHBOARD)) == snapshot


def test_an_alarm_without_an_incident(snapshot: SnapshotAssertion) -> None:
    page = alarm_page(alarm("FailureRate-critical"), "PW-1120-1343-a1b", NOW, REASON, DASHBOARD)
    assert shown(page) == snapshot


def test_silence(snapshot: SnapshotAssertion) -> None:
    page = alarm_page(alarm("NoTraffic"), "PW-1120-1343-a1b", NOW, REASON, DASHBOARD)
    assert shown(page) == snapshot


def test_an_alarm_is_over(snapshot: SnapshotAssertion) -> None:
    page = alarm_ok_page(
        alarm("FailureRate-critical").title,
        "PW-1120-1343-a1b",
        "PW-1120-1343-a1b: surely more than 2 % of payments fail",
        "critical",
        NOW,
        NOW + 600,
        DASHBOARD,
    )
    assert shown(page) == snapshot


values = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=64)
slices = st.dictionaries(st.sampled_from(("issuer", "network", "gateway")), values).map(slice_key)
announcements = st.builds(
    announcement,
    st.sampled_from((OPENED, WORSE, AGAIN, CLOSED)),
    slice=slices,
    signal=st.sampled_from(RATES),
    causes=st.dictionaries(st.sampled_from(("issuer", "customer")), st.integers(0, 10**9)),
    rate=st.floats(0, 1),
    attempts=st.integers(0, 10**12),
    closed_at=st.integers(NOW, NOW + 10**7),
)
alarm_pages = st.builds(
    alarm_page,
    st.sampled_from(list(ALARMS.values())),
    st.just("PW-1120-1343-a1b"),
    st.integers(0, 2**32),
    st.text(max_size=100),
    st.just(DASHBOARD),
)
pages = announcements.map(lambda told: incident_page(told, DASHBOARD)) | alarm_pages


@given(pages)
def test_an_sms_is_one_message_with_the_topics_name_before_it(page: Page) -> None:
    assert len("PAYWATCH> " + page.sms) <= 160
    assert len(page.sms) <= SMS_LENGTH


@given(pages)
def test_an_sms_needs_only_the_gsm_alphabet(page: Page) -> None:
    assert set(page.sms) <= GSM


@given(pages)
def test_an_sms_ends_with_the_name_of_the_trouble(page: Page) -> None:
    assert page.sms.endswith(" " + page.thread)


@given(pages)
def test_a_subject_is_what_sns_accepts(page: Page) -> None:
    assert 0 < len(page.subject) <= SUBJECT_LENGTH
    assert page.subject.isascii()
    assert page.subject.isprintable()


@given(announcements)
def test_every_message_of_an_incident_has_the_same_name_in_it(told: object) -> None:
    page = incident_page(told, DASHBOARD)  # type: ignore[arg-type]  # by st.builds
    assert page.thread in page.body
    assert page.thread in page.subject


CRITICAL = [alarm.name for alarm in ALARMS.values() if alarm.severity == "critical"]


@pytest.mark.parametrize("name", CRITICAL)  # the others send no SMS
def test_an_sms_for_an_alarm_says_what_to_do_first(name: str) -> None:
    page = alarm_page(alarm(name), "PW-1120-1343-a1b", NOW, REASON, DASHBOARD)
    assert "First: " in page.sms


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (60, "1 min"), (185, "3 min 5 s"), (3600, "1 h"), (7620, "2 h 7 min")],
)  # fmt: skip
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


def test_without_any_cause_it_is_said_to_be_unknown() -> None:
    page = incident_page(announcement(causes={}, slice=""), DASHBOARD)
    assert "Cause: unknown" in page.body
    assert "Whose: not clear yet" in page.body


def test_the_first_line_names_the_route_and_the_likely_cause() -> None:
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
