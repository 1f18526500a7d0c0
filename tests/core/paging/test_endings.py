"""The words with which an incident ends: they follow from its reason."""

from __future__ import annotations

import pytest

from functions.core.paging.incident_page import incident_page
from functions.core.troubles.incident import CALM, CLOSED, NORMAL, RECOVERED, SILENT, USUAL
from tests.builders import DASHBOARD, NOW, announcement

ENDINGS = {
    RECOVERED: "OK: recovered after 3 min 7 s: issuer HDFC",
    CALM: "OK: back to a tolerated rate after 3 min 7 s: issuer HDFC",
    SILENT: "OVER after 3 min 7 s: no payments come any more on issuer HDFC",
    NORMAL: "OK: normal from now on, after 3 min 7 s: issuer HDFC",
    "what a newer detect says": "OK: over after 3 min 7 s: issuer HDFC",
}


@pytest.mark.parametrize(("reason", "words"), ENDINGS.items())
def test_an_ending_says_why_the_incident_is_closed(reason: str, words: str) -> None:
    closed = announcement(CLOSED, reason=reason, slice="issuer=HDFC", closed_at=NOW + 187)
    page = incident_page(closed, DASHBOARD)
    assert page.headline == words
    assert page.sms.startswith(words)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (RECOVERED, "recovered after 3 min 7 s"),
        (CALM, "back to a tolerated rate after 3 min 7 s"),
        (SILENT, "over after 3 min 7 s, for no payments come any more"),
        (NORMAL, "normal from now on, after 3 min 7 s"),
        (USUAL, "taken for usual after 3 min 7 s"),
        ("what a newer detect says", "over after 3 min 7 s"),
    ],
)
def test_what_was_over_before_anybody_was_told_says_what_it_was_and_why_it_is_closed(
    reason: str, words: str
) -> None:
    closed = announcement(CLOSED, reason=reason, slice="issuer=HDFC", closed_at=NOW + 187)
    page = incident_page(closed, DASHBOARD, is_untold=True)
    what = f"CRITICAL: 49 % of payments fail on issuer HDFC, {words}"
    assert page.headline == f"{what}. Likely cause: issuer"
    assert words in page.sms
