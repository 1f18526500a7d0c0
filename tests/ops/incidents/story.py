"""A trouble from its opening to its rating, as notes on its record; and a wave of customers."""

from __future__ import annotations

from typing import Any

from functions.core.counting.harm import Example
from functions.core.paging.incident_page import incident_page
from functions.core.paging.record_notes import alarm_note, incident_note, response_note
from functions.core.troubles.incident import CLOSED, OPENED
from functions.core.troubles.record import Note
from functions.core.troubles.response import Acknowledgement, Rating
from tests.builders import DASHBOARD, NOW, announcement, change, incident

ID = incident().id
HARM: dict[str, Any] = {
    "affected": 1204,
    "money": {"INR": 310_400.5},
    "examples": (Example("txn_82473", "91"), Example("txn_82490")),
}


def note(transition: str = OPENED, **fields: Any) -> Note:
    message = announcement(transition, **{**HARM, **fields})
    headline = incident_page(message, DASHBOARD).headline
    return incident_note(message, headline, message.incident.id, paged=message.incident.pages)


STORY = (
    note(),
    alarm_note(change(at=NOW + 8), ID, NOW, None),
    response_note(Acknowledgement(ID, "asha", NOW + 30, "calling HDFC")),
    note(CLOSED, closed_at=NOW + 187, recovery=9.0),
    response_note(Rating(ID, "useful", "asha", NOW + 400)),
)
WAVE = note(
    id="PW-1120-1350-abc", slice="", signal="customer", severity="info", score=44.0, rate=0.2,
    causes={"customer": 900}, started_at=NOW + 420, affected=0, money={}, examples=(),
)  # fmt: skip
