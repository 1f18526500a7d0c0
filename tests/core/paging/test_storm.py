"""Many troubles within minutes are told as one."""

from __future__ import annotations

from functions.core.paging.alarm_change import joins_incidents
from functions.core.paging.desk import Desk
from functions.core.paging.storm import STORM_SECONDS, STORM_THREADS
from functions.core.troubles.incident import CLOSED
from tests.builders import ALARMS, NOW, announcement, change, incident
from tests.core.paging.hearing import hear, pages


def test_a_storm_of_five_hundred_alarms_during_an_incident_makes_one_page() -> None:
    on_payments = [alarm for alarm in ALARMS.values() if joins_incidents(alarm)]
    storm = [change(on_payments[n % len(on_payments)].name, at=NOW + n) for n in range(500)]
    _, told = hear(Desk(), announcement(), *storm, knows=[incident()])
    assert len(told) == 1


def test_a_storm_of_five_hundred_alarms_without_any_incident_makes_one_page_a_severity() -> None:
    on_payments = [alarm for alarm in ALARMS.values() if joins_incidents(alarm)]
    critical = [alarm for alarm in on_payments if alarm.severity == "critical"]
    storm = [change(critical[n % len(critical)].name, at=NOW + n) for n in range(500)]
    assert len(pages(*storm)) == 1


def test_five_hundred_incidents_at_once_are_a_few_pages_and_one_storm() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(500)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, told = hear(Desk(), *opened)
    assert len(told) == STORM_THREADS + 1
    assert "many troubles at once" in told[-1].headline
    notes = [note.id for item in desk.outbox for note in item.notes]
    assert notes == names


def test_a_storm_is_told_again_when_something_more_severe_joins() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(9)]
    opened = [announcement(id=n, slice=f"issuer={n}", severity="warning") for n in names]
    desk, _ = hear(Desk(), *opened)
    _, told = hear(desk, announcement())
    assert [page.severity for page in told] == ["critical"]


def test_the_last_of_a_storm_says_that_it_is_over() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(STORM_THREADS + 2)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, _ = hear(Desk(), *opened)
    closed = [
        announcement(CLOSED, id=name, slice=f"issuer={name}", closed_at=NOW + 9) for name in names
    ]
    desk, told = hear(desk, *closed)
    assert len(told) == STORM_THREADS + 1
    assert desk.threads == {}


def test_what_begins_long_after_a_storm_is_told_however_long_the_storm_lasts() -> None:
    names = [f"PW-1120-1343-{n:03x}" for n in range(STORM_THREADS + 2)]
    opened = [announcement(id=name, slice=f"issuer={name}") for name in names]
    desk, _ = hear(Desk(), *opened)
    later = announcement(
        id="PW-1120-1443-abc", slice="gateway=payu", detected_at=NOW + STORM_SECONDS + 3
    )
    assert len(hear(desk, later)[1]) == 1


def test_troubles_that_began_long_ago_are_no_storm() -> None:
    old = [
        announcement(id=f"PW-1120-13{n:02d}-aaa", slice=f"issuer={n}", started_at=NOW - 700)
        for n in range(9)
    ]
    assert len(pages(*old)) == 9
