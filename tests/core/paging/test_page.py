"""The words that all pages share: what an SMS and a subject may hold, and how long things last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.signals import RATES
from functions.core.counting.slices import slice_key
from functions.core.paging.incident_page import incident_page
from functions.core.paging.page import (
    RESOLVE,
    SMS_LENGTH,
    SUBJECT_LENGTH,
    UPDATE,
    Page,
    duration,
    supersedes,
)
from functions.core.troubles.incident import AGAIN, CLOSED, OPENED, WORSE
from tests.builders import ALARMS, DASHBOARD, NOW, announcement
from tests.channel_pages import page
from tests.core.paging.shown import page_of

GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


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
    page_of,
    st.sampled_from(list(ALARMS.values())),
    st.integers(0, 2**32),
    st.text(max_size=100),
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


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (60, "1 min"), (185, "3 min 5 s"), (3600, "1 h"), (7620, "2 h 7 min")],
)  # fmt: skip
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        ({"kind": RESOLVE}, {}, True),
        ({"kind": UPDATE, "about": "PW-1"}, {"about": "PW-1"}, True),
        ({"kind": UPDATE, "about": "PW-2"}, {"about": "PW-1"}, False),
        ({"kind": UPDATE}, {}, False),
        ({"kind": RESOLVE, "thread": "another"}, {}, False),
    ],
)
def test_a_page_supersedes_what_its_thread_or_its_incident_had_to_say_before(
    newer: dict[str, str], older: dict[str, str], expected: bool
) -> None:
    assert supersedes(page(**newer), page(**older)) is expected
