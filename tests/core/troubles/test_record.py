"""The record of a trouble: notes are taken once, and the audit adds up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.paging.incident_page import incident_page
from functions.core.paging.record_notes import alarm_note, incident_note, over_note, response_note
from functions.core.troubles.incident import CLOSED, OPENED, SILENT, WORSE, spoken_id
from functions.core.troubles.markers import Marker
from functions.core.troubles.record import (
    Note,
    TroubleRecord,
    as_now,
    audit,
    is_name,
    month_of,
    months_of,
    noted,
)
from functions.core.troubles.response import Acknowledgement, Rating
from tests.builders import DASHBOARD, NOW, announcement, change, incident

ID = incident().id


def note(transition: str = OPENED, paged: bool = True, **fields: object) -> Note:
    message = announcement(transition, **fields)
    return incident_note(message, incident_page(message, DASHBOARD).headline, ID, paged=paged)


def record_of(*notes: Note) -> TroubleRecord:
    record: TroubleRecord | None = None
    for item in notes:
        record = noted(record, item)
    assert record is not None
    return record


TAKEN = response_note(Acknowledgement(ID, "asha", NOW + 30, "calling HDFC"))
NOISE = response_note(Rating(ID, "noise", "asha", NOW + 90, "a load test"))


def test_a_record_tells_the_story_in_order() -> None:
    told = record_of(
        note(), note(WORSE, False, slice="issuer=HDFC"), TAKEN, note(CLOSED, closed_at=NOW + 60)
    )
    assert [entry.what for entry in told.entries] == ["opened", "worse", "acknowledged", "closed"]
    assert (told.pages, told.acknowledged_by, told.closed_at) == (2, "asha", NOW + 60)
    assert told.incident is not None
    assert told.incident.slice == "issuer=HDFC&network=VISA"


def test_a_record_is_open_then_acknowledged_then_closed() -> None:
    notes = [note(), TAKEN, note(CLOSED, closed_at=NOW + 60)]
    assert [record_of(*notes[:n]).state for n in (1, 2, 3)] == ["open", "acknowledged", "closed"]


def test_an_incident_that_comes_back_is_open_again() -> None:
    told = record_of(note(), note(CLOSED, closed_at=NOW + 60), note("again", again=1))
    assert told.closed_at == 0


def test_a_record_says_why_it_is_closed_until_it_comes_back() -> None:
    story = [note(), note(CLOSED, closed_at=NOW + 60, reason=SILENT), note("again", again=1)]
    assert [record_of(*story[:n]).reason for n in (1, 2, 3)] == ["", SILENT, ""]


def test_who_took_it_first_is_who_took_it() -> None:
    later = response_note(Acknowledgement(ID, "ben", NOW + 60))
    assert record_of(note(), TAKEN, later).acknowledged_by == "asha"


def test_a_rating_keeps_its_comment() -> None:
    told = record_of(note(), NOISE)
    assert (told.rating, told.entries[-1].text) == ("noise", "noise: a load test")


def test_the_newest_rating_counts() -> None:
    better = response_note(Rating(ID, "useful", "ben", NOW + 99))
    told = record_of(note(), NOISE, better)
    assert (told.rating, told.rated_by) == ("useful", "ben")


every = st.permutations([note(), TAKEN, NOISE, note(WORSE), alarm_note(change(), ID, NOW, None)])


@given(every, st.lists(st.integers(0, 4), max_size=8))
def test_a_note_that_comes_again_changes_nothing(
    notes: Sequence[Note], repeated: list[int]
) -> None:
    told = record_of(*notes)
    assert record_of(*notes, *(notes[n] for n in repeated)) == told


def test_an_alarm_that_came_first_does_not_name_the_rule_of_an_incident() -> None:
    first = alarm_note(change(), ID, NOW, None)
    assert record_of(first, note()).rule == "failed"


def test_the_trouble_of_an_alarm_is_over_when_it_is_green() -> None:
    red = alarm_note(change("detect-errors"), "PW-1120-1343-aaa", NOW, None)
    over = over_note("PW-1120-1343-aaa", "detect fails", NOW, NOW + 600, "k")
    assert record_of(red, over).closed_at == NOW + 600


def test_a_long_trouble_keeps_its_beginning_and_its_newest() -> None:
    changes = [alarm_note(change(at=NOW + n), ID, NOW, None) for n in range(1000)]
    told = record_of(note(), *changes)
    assert len(told.entries) == 200
    assert told.entries[0].what == OPENED
    assert told.entries[-1].at == NOW + 999


def test_an_open_record_shows_what_detect_knows_now() -> None:
    newer = incident(affected=99)
    assert as_now(record_of(note()), [newer]).incident == newer
    closed = record_of(note(), note(CLOSED, closed_at=NOW + 60))
    assert as_now(closed, [newer]) == closed


def test_what_was_changed_before_is_kept_once_and_stays() -> None:
    one, two = Marker("4.2 deployed", NOW - 60), Marker("4.2 rolled back", NOW + 600)
    first = replace(note(OPENED), markers=(one,))
    again = replace(note(WORSE, severity="critical"), markers=(two, one))
    assert noted(noted(None, first), again).markers == (one, two)
    assert noted(noted(None, first), note(WORSE)).markers == (one,)


def test_the_audit_says_how_often_a_rule_was_right() -> None:
    one = record_of(
        note(affected=10, money={"INR": 5.0}),
        note(CLOSED, closed_at=NOW + 120, affected=10, money={"INR": 5.0}),
    )
    other = record_of(
        note(id="PW-1120-1343-aaa", affected=3),
        response_note(Rating("PW-1120-1343-aaa", "useful", "asha", NOW + 5)),
    )
    noise = record_of(note(id="PW-1120-1343-bbb"), NOISE)
    [rule] = audit([one, other, noise], NOW + 180)
    assert (rule.rule, rule.incidents, rule.pages) == ("failed", 3, 4)
    assert (rule.useful, rule.noise, rule.precision) == (1, 1, 0.5)
    assert (rule.minutes, rule.affected, rule.money) == (2 + 3 + 3, 13, {"INR": 5.0})


def test_a_rule_that_nobody_rated_has_no_precision() -> None:
    [rule] = audit([record_of(note())], NOW)
    assert rule.precision is None


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, st.integers(-86_000, 400 * 86_400))
def test_a_trouble_is_looked_for_where_it_is_kept(began: datetime, after: int) -> None:
    start = int(began.timestamp())
    assert month_of(start) in months_of(spoken_id("x", start), start + after)


@given(moments, st.integers(0, 363 * 86_400))
def test_within_a_year_it_is_found_at_the_first_try(began: datetime, after: int) -> None:
    start = int(began.timestamp())
    assert months_of(spoken_id("x", start), start + after)[0] == month_of(start)


@given(moments)
def test_every_name_that_is_given_is_one(began: datetime) -> None:
    assert is_name(spoken_id("x", int(began.timestamp())))


@pytest.mark.parametrize(
    "text", ["", "PW-1320-1343-4f2", "PW-1120-1343-4f2x", "4f2", "PW-1120-1343-4F2"]
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert not is_name(text)


def test_a_transition_that_comes_after_a_later_one_stands_before_it_and_changes_nothing_else() -> (
    None
):
    opened, worse, closed = (
        replace(told, incident=replace(told.incident, number=n + 1))
        for n, told in enumerate(
            (
                announcement(OPENED, severity="warning"),
                announcement(WORSE, updated_at=NOW + 30),
                announcement(CLOSED, updated_at=NOW + 30, closed_at=NOW + 60),
            )
        )
    )
    notes = [
        incident_note(told, told.transition, ID, paged=True) for told in (closed, opened, worse)
    ]
    record = record_of(*notes)
    assert [entry.what for entry in record.entries] == [OPENED, WORSE, CLOSED]
    assert (record.closed_at, record.severity, record.reason) == (NOW + 60, "critical", "recovered")
