"""notify: a page is sent once, and never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from functions.core.errors import Malformed, StateConflict, Transient
from functions.core.paging.desk import STALE_SECONDS, Desk, Manners, sent
from functions.core.paging.message import to_text
from functions.core.paging.page import Page
from functions.core.paging.take import take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import CLOSED
from functions.core.troubles.response import Acknowledgement, Rating
from functions.handlers.contention import Contention
from functions.handlers.notify_function import NotifyFunction
from tests.builders import (
    ALARMS,
    DASHBOARD,
    NOW,
    alarm_json,
    announcement,
    announcement_json,
    incident,
)
from tests.fakes import FakeDesks, FakeJournal, FakeOncall, FakeRecords

OPENED = announcement_json(announcement())
RETRY = NOW + 60


@dataclass
class Phone(FakeOncall):
    """Fails so many times; `meanwhile` happens before the first page is sent."""

    failures: int = 0
    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def send(self, page: Page) -> None:
        if self.meanwhile:
            self.meanwhile.pop()()
        if self.failures:
            self.failures -= 1
            raise Transient("no SNS")
        super().send(page)


@dataclass
class ContestedDesks(FakeDesks):
    """Another invocation writes first, so many times."""

    conflicts: int = 0

    def write(self, desk: Desk, version: int) -> int:
        if self.conflicts:
            self.conflicts -= 1
            raise StateConflict("desk")
        return super().write(desk, version)


@dataclass
class Pauses:
    """The seconds that were waited; `then[n]` happens during the n-th pause."""

    seconds: list[float] = field(default_factory=list)
    then: dict[int, Callable[[], None]] = field(default_factory=dict)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.then.get(len(self.seconds), lambda: None)()


def notify(
    phone: FakeOncall,
    desks: FakeDesks | None = None,
    journal: FakeJournal | None = None,
    pauses: Pauses | None = None,
    records: FakeRecords | None = None,
) -> NotifyFunction:
    return NotifyFunction(
        desks if desks is not None else FakeDesks(),
        journal or FakeJournal(),
        phone,
        records if records is not None else FakeRecords(),
        ALARMS,
        "paywatch-dev-",
        Manners(DASHBOARD),
        Contention(pauses or Pauses(), lambda: 0.5),
    )


def test_an_incident_is_paged() -> None:
    phone = FakeOncall()
    notify(phone)([OPENED], NOW)
    assert [page.thread for page in phone.pages] == [incident().id]


def test_a_message_that_comes_again_is_paged_once() -> None:
    phone = FakeOncall()
    function = notify(phone)
    function([OPENED], NOW)
    function([OPENED], RETRY)
    assert len(phone.pages) == 1


def test_what_was_sent_is_no_longer_in_the_outbox() -> None:
    desks = FakeDesks()
    notify(FakeOncall(), desks)([OPENED], NOW)
    assert desks.desk.outbox == ()


def test_a_page_that_could_not_be_sent_is_sent_by_the_retry() -> None:
    phone = Phone(failures=1)
    function = notify(phone)
    with pytest.raises(Transient):
        function([OPENED], NOW)
    function([OPENED], RETRY)
    assert len(phone.pages) == 1


def test_a_page_that_nobody_sent_is_sent_with_the_next_message() -> None:
    phone = Phone(failures=1)
    function = notify(phone)
    with pytest.raises(Transient):
        function([OPENED], NOW)
    function([alarm_json("tally-errors")], NOW + STALE_SECONDS)
    assert len(phone.pages) == 2


def test_two_invocations_with_the_same_message_page_once_and_the_second_comes_again() -> None:
    #  first   take ─────────────── send ── out of the outbox
    #  second        take: raises                              comes again: nothing to do
    desks, others = FakeDesks(), FakeOncall()
    second = notify(others, desks)

    def meanwhile() -> None:
        with pytest.raises(StateConflict, match="another invocation is sending"):
            second([OPENED], NOW)

    phone = Phone(meanwhile=[meanwhile])
    notify(phone, desks)([OPENED], NOW)
    second([OPENED], RETRY)
    assert (len(phone.pages), others.pages) == (1, [])


def test_two_invocations_with_different_messages_both_page() -> None:
    desks, others = FakeDesks(), FakeOncall()
    second = notify(others, desks)
    phone = Phone(meanwhile=[lambda: second([alarm_json("tally-errors")], NOW)])
    notify(phone, desks)([OPENED], NOW)
    assert (len(phone.pages), len(others.pages)) == (1, 1)
    assert desks.desk.outbox == ()


def test_an_end_waits_for_the_beginning_that_another_invocation_is_sending() -> None:
    #  first   take opened ──────────────────── send ── out of the outbox
    #  second        take closed   (waits)                                  send
    heard: list[Page] = []
    desks, pauses = FakeDesks(), Pauses()
    closed = announcement_json(announcement(CLOSED, number=2, closed_at=NOW + 60))
    second = notify(FakeOncall(heard), desks, pauses=pauses)
    desk = take(Desk(), announcement(number=1), Head(), NOW, Manners(DASHBOARD))
    desks.write(desk, 0)

    def sends() -> None:
        heard.extend(item.page for item in desk.outbox if item.page is not None)
        desks.desk = sent(desks.desk, [announcement(number=1).key])

    pauses.then = {2: sends}
    second([closed], NOW)
    assert [page.kind for page in heard] == ["trigger", "resolve"]
    assert pauses.seconds == [0.5, 0.5]


def test_an_end_waits_a_few_seconds_at_most_and_nobody_sends_the_beginning_after_it() -> None:
    phone, desks, pauses = FakeOncall(), FakeDesks(), Pauses()
    desks.write(take(Desk(), announcement(number=1), Head(), NOW, Manners(DASHBOARD)), 0)
    closed = announcement_json(announcement(CLOSED, number=2, closed_at=NOW + 60))
    function = notify(phone, desks, pauses=pauses)
    function([closed], NOW)
    function([announcement_json(announcement(number=1))], RETRY)
    assert [page.kind for page in phone.pages] == ["resolve"]
    assert sum(pauses.seconds) == 5.0
    assert desks.desk.outbox == ()


def test_a_desk_that_somebody_else_wrote_is_read_again() -> None:
    phone = FakeOncall()
    notify(phone, ContestedDesks(conflicts=3))([OPENED], NOW)
    assert len(phone.pages) == 1


def test_a_desk_that_is_always_written_by_others_raises_so_that_lambda_retries() -> None:
    with pytest.raises(StateConflict):
        notify(FakeOncall(), ContestedDesks(conflicts=99))([OPENED], NOW)


def test_a_page_is_sent_although_the_desk_cannot_be_cleared_of_it() -> None:
    @dataclass
    class WrittenOnce(FakeDesks):
        def write(self, desk: Desk, version: int) -> int:
            if self.version:
                raise StateConflict("desk")
            return super().write(desk, version)

    phone = FakeOncall()
    notify(phone, WrittenOnce())([OPENED], NOW)
    assert len(phone.pages) == 1


def test_a_payment_alarm_joins_the_incident_that_detect_has_open() -> None:
    phone = FakeOncall()
    knowing = FakeJournal(newest=Head(incidents=(incident(),)))
    notify(phone, journal=knowing)([alarm_json("FailureRate-critical")], NOW)
    assert phone.pages == []


def test_a_payment_alarm_pages_when_detect_knows_nothing() -> None:
    phone = FakeOncall()
    notify(phone)([alarm_json("FailureRate-critical")], NOW)
    assert [page.severity for page in phone.pages] == ["critical"]


def test_what_is_not_understood_is_raised_so_that_it_reaches_people_raw() -> None:
    with pytest.raises(Malformed):
        notify(FakeOncall())(["what?"], NOW)


def test_what_calls_nobody_touches_nothing() -> None:
    desks = FakeDesks()
    notify(FakeOncall(), desks)([alarm_json(state="INSUFFICIENT_DATA")], NOW)
    assert desks.version == 0


def test_an_alarm_waits_for_detect_to_open_what_it_suspects_and_joins_it() -> None:
    suspected = Head(clock=NOW, incidents=(incident(announced="", detected_at=0),))
    journal = FakeJournal(newest=suspected)

    def opens() -> None:
        journal.newest = Head(clock=NOW + 2, incidents=(incident(),))

    phone, pauses = FakeOncall(), Pauses(then={2: opens})

    notify(phone, journal=journal, pauses=pauses)([alarm_json()], NOW)

    assert phone.pages == []
    assert pauses.seconds == [1.0, 1.0]


def test_an_alarm_that_is_first_gives_detect_a_moment_to_suspect() -> None:
    journal = FakeJournal(newest=Head(clock=NOW))

    def opens() -> None:
        journal.newest = Head(clock=NOW + 4, incidents=(incident(),))

    phone = FakeOncall()
    notify(phone, journal=journal, pauses=Pauses(then={4: opens}))([alarm_json()], NOW)
    assert phone.pages == []


def test_an_alarm_that_detect_does_not_explain_is_paged_after_a_few_seconds() -> None:
    phone, pauses = FakeOncall(), Pauses()
    notify(phone, journal=FakeJournal(newest=Head(clock=NOW)), pauses=pauses)([alarm_json()], NOW)
    assert len(phone.pages) == 1
    assert sum(pauses.seconds) == 5.0


def test_an_alarm_does_not_wait_for_a_detect_that_is_down() -> None:
    phone, pauses = FakeOncall(), Pauses()
    journal = FakeJournal(newest=Head(clock=NOW - 600))
    notify(phone, journal=journal, pauses=pauses)([alarm_json()], NOW)
    assert len(phone.pages) == 1
    assert pauses.seconds == []


@pytest.mark.parametrize(
    "message", [alarm_json(state="OK"), alarm_json("tally-lag"), announcement_json(announcement())]
)
def test_only_a_payment_alarm_that_goes_red_waits(message: str) -> None:
    pauses = Pauses()
    notify(FakeOncall(), journal=FakeJournal(newest=Head(clock=NOW)), pauses=pauses)([message], NOW)
    assert pauses.seconds == []


def test_invocations_that_want_the_desk_at_once_step_aside_for_different_times() -> None:
    pauses = Pauses()
    notify(FakeOncall(), ContestedDesks(conflicts=3), pauses=pauses)([OPENED], NOW)
    assert pauses.seconds == [0.125, 0.125, 0.125]


def test_every_transition_is_noted_on_the_record_of_the_incident() -> None:
    records = FakeRecords()
    closed = announcement(CLOSED, closed_at=NOW + 60)
    notify(FakeOncall(), records=records)([OPENED, announcement_json(closed)], NOW)
    record = records.records[incident().id]
    assert [entry.what for entry in record.entries] == ["opened", "closed"]
    assert (record.pages, record.closed_at) == (2, NOW + 60)


def test_an_alarm_that_joins_an_incident_is_noted_there() -> None:
    records, journal = FakeRecords(), FakeJournal(newest=Head(clock=NOW, incidents=(incident(),)))
    notify(FakeOncall(), journal=journal, records=records)([OPENED, alarm_json()], NOW)
    record = records.records[incident().id]
    assert [entry.paged for entry in record.entries] == [True, False]
    assert record.entries[1].text.startswith("alarm FailureRate-critical")


def test_an_incident_of_severity_info_is_recorded_and_pages_nobody() -> None:
    phone, records = FakeOncall(), FakeRecords()
    wave = announcement(severity="info", score=40.0, signal="customer", causes={"customer": 9})
    notify(phone, records=records)([announcement_json(wave)], NOW)
    assert phone.pages == []
    assert records.records[incident().id].pages == 0


def test_who_takes_an_incident_over_is_told_to_the_channels_and_noted() -> None:
    phone, records = FakeOncall(), FakeRecords()
    taken = to_text(Acknowledgement(incident().id, "asha", NOW + 5, "on it"))
    notify(phone, records=records)([OPENED, taken], NOW + 5)
    assert [page.kind for page in phone.pages] == ["trigger", "acknowledge"]
    assert records.records[incident().id].acknowledged_by == "asha"


def test_a_rating_is_noted_and_told_to_nobody() -> None:
    phone, records = FakeOncall(), FakeRecords()
    rated = to_text(Rating(incident().id, "noise", "asha", NOW + 5))
    notify(phone, records=records)([OPENED, rated], NOW + 5)
    assert len(phone.pages) == 1
    assert records.records[incident().id].rating == "noise"


def test_a_record_that_somebody_else_wrote_is_read_again() -> None:
    records = FakeRecords(conflicts=3)
    notify(FakeOncall(), records=records)([OPENED], NOW)
    assert incident().id in records.records


def test_a_response_to_what_has_no_record_harms_nothing() -> None:
    records = FakeRecords()
    notify(FakeOncall(), records=records)([to_text(Rating(incident().id, "noise", "a", NOW))], NOW)
    assert records.records == {}


def test_a_record_that_cannot_be_written_is_noted_by_the_retry_and_paged_again_at_worst() -> None:
    phone, records, desks = FakeOncall(), FakeRecords(conflicts=12), FakeDesks()
    with pytest.raises(StateConflict):
        notify(phone, desks, records=records)([OPENED], NOW)
    notify(phone, desks, records=records)([OPENED], RETRY)
    assert records.records[incident().id].pages == 1
    assert desks.desk.outbox == ()
