"""The desk after a decision."""

from __future__ import annotations

from msgspec.structs import replace

from functions.core.paging.desk import MOST_TOLD, Decision, Desk, Thread, Told
from functions.core.paging.outcome import outcome
from tests.builders import NOW
from tests.channel_pages import TRIGGERED

KEY = "PW-1/closed"
THREAD = Thread("PW-1", "s", "t", "critical", NOW, incidents=("PW-1",))
TOLD = Told(3, NOW, "", ("failures",), closed_at=NOW)


def test_pages_are_numbered_as_they_are_decided_also_within_a_second() -> None:
    desk = outcome(Desk(), Decision({}, TRIGGERED), KEY, NOW)
    desk = outcome(desk, Decision({}, TRIGGERED), KEY, NOW)
    first, second = (item.page for item in desk.outbox)
    assert first is not None
    assert second is not None
    assert NOW * 1000 == first.number < second.number == desk.page


def test_a_desk_that_was_lost_goes_on_with_higher_numbers() -> None:
    before = outcome(Desk(), Decision({}, TRIGGERED), KEY, NOW)
    after = outcome(Desk(), Decision({}, TRIGGERED), KEY, NOW + 1)
    assert after.page > before.page


def test_what_has_neither_page_nor_note_is_not_in_the_outbox() -> None:
    assert outcome(Desk(), Decision({}), KEY, NOW) == Desk()


def test_a_thread_that_ended_is_known_by_its_incidents() -> None:
    desk = outcome(Desk(threads={"PW-1": THREAD}), Decision({}), KEY, NOW)
    assert desk.threads == {}
    assert desk.over == {"PW-1": replace(THREAD, incidents=(), over_at=NOW)}


def test_the_latest_incidents_are_known_and_the_oldest_are_forgotten() -> None:
    desk = Desk()
    for n in range(MOST_TOLD + 1):
        desk = outcome(desk, Decision({}, told=(f"PW-{n}", TOLD)), KEY, NOW)
    assert len(desk.told) == MOST_TOLD
    assert "PW-0" not in desk.told
    assert f"PW-{MOST_TOLD}" in desk.told


def test_mutes_stay_where_the_decision_says_nothing_of_them() -> None:
    desk = Desk(page=NOW)
    assert outcome(desk, Decision({}), KEY, NOW).mutes is desk.mutes
    assert outcome(desk, Decision({}, mutes={}), KEY, NOW).mutes == {}
