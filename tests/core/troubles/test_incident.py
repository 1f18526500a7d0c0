"""What an incident is called, what is about it, and how its transitions are told apart."""

from __future__ import annotations

import pytest

from functions.core.troubles.incident import (
    CLOSED,
    INCIDENT,
    NARROWED,
    OPENED,
    RECOVERING,
    SUSPECT,
    WORSE,
    about,
    as_named,
    incident_id,
)
from tests.builders import NOW, announcement, incident

SEGMENT, ISSUER = "issuer=HDFC&network=VISA", "issuer=HDFC"


def test_every_transition_has_a_key_of_its_own_and_the_same_one_every_time() -> None:
    told = [
        announcement(OPENED, severity="warning"),
        announcement(WORSE),
        announcement(WORSE, slice=ISSUER),
        announcement(NARROWED, narrowed=f"gateway=G&{SEGMENT}"),
        announcement(WORSE, narrowed=f"gateway=G&{SEGMENT}"),
        announcement(CLOSED),
        announcement(OPENED, id="PW-2", severity="warning"),
    ]
    assert len({item.key for item in told}) == len(told)
    assert announcement(WORSE, score=99.0, updated_at=NOW + 9).key == announcement(WORSE).key


def test_an_incidents_name_says_its_day_and_minute() -> None:
    assert incident_id(SEGMENT, "failed", NOW).startswith("PW-1120-1343-")
    assert incident_id(SEGMENT, "failed", NOW) == incident_id(SEGMENT, "attributable", NOW)
    assert incident_id(SEGMENT, "failed", NOW) != incident_id(SEGMENT, "denied", NOW)


def test_what_fails_and_what_fails_on_the_payment_path_is_one_trouble() -> None:
    assert about(SEGMENT, "failed") == about(SEGMENT, "attributable") == (SEGMENT, "failing")
    assert about(SEGMENT, "denied") != about(SEGMENT, "reversed")


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_what_is_only_information_wakes_nobody(severity: str) -> None:
    assert incident(severity=severity).pages == (severity != "info")


@pytest.mark.parametrize(
    ("state", "is_open"),
    [(SUSPECT, False), (INCIDENT, True), (RECOVERING, True), (CLOSED, False)],
)
def test_one_is_open_from_its_announcement_to_its_end(state: str, is_open: bool) -> None:
    assert incident(state=state).is_open == is_open


def test_what_came_back_stands_since_then() -> None:
    assert incident(started_at=NOW).stands_since == NOW
    assert incident(started_at=NOW, back_at=NOW + 60).stands_since == NOW + 60


def test_an_incident_without_a_finer_name_is_told_as_it_is() -> None:
    assert as_named(incident()) == incident()


def test_an_incident_is_told_by_its_finer_name_with_the_rates_that_it_has_there() -> None:
    """A quarter of the attempts with all that fails too much: four times the rise."""
    wide = incident(
        narrowed=f"gateway=G&{SEGMENT}",
        share=0.25,
        rate=0.15,
        at_least=0.11,
        attempts=400,
        normal=0.01,
        latest_rate=0.21,
        latest_seconds=15,
    )
    told = as_named(wide)
    assert (told.id, told.slice) == (wide.id, f"gateway=G&{SEGMENT}")
    assert (told.worst.rate, told.worst.at_least) == pytest.approx((0.57, 0.41))
    assert (told.worst.attempts, told.worst.normal) == (100, 0.01)
    assert told.latest is not None
    assert told.latest.rate == pytest.approx(0.81)
    assert as_named(told) == told


def test_no_rate_is_more_than_all() -> None:
    told = as_named(incident(narrowed="gateway=G", share=0.1, rate=0.5, normal=0.01))
    assert told.worst.rate == 1.0
