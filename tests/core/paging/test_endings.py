"""The words with which an incident ends: they follow from its reason."""

from __future__ import annotations

import pytest

from functions.core.paging.incident_page import incident_page
from functions.core.troubles.incident import CALM, CLOSED, NORMAL, RECOVERED, SILENT
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
