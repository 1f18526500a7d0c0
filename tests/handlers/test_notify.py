"""notify: a page is sent once, and never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from functions.core.errors import Malformed, StateConflict, Transient
from functions.core.paging.desk import STALE_SECONDS, Desk, Manners, sent
from functions.core.paging.message import MINUTE, to_text
from functions.core.paging.page import Page
from functions.core.paging.take import take
from functions.core.troubles.head import Head
from functions.core.troubles.incident import CLOSED
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import Mute, Unmute
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
from tests.fakes import FakeDesks, FakeJournal, FakeMarkers, FakeOncall, FakeRecords

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
    markers: FakeMarkers | None = None,
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
        markers=markers if markers is not None else FakeMarkers(),
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


DEPLOYED = Marker("router 4.2 deployed", NOW - 190, "issuer=HDFC", "asha")


def test_what_was_changed_before_stands_on_the_page_and_on_the_record() -> None:
    phone, records, markers = FakeOncall(), FakeRecords(), FakeMarkers()
    function = notify(phone, records=records, markers=markers)
    function([to_text(DEPLOYED), to_text(Marker("long ago", NOW - 3600)), OPENED], NOW)
    assert "What changed: it began 3 min after: router 4.2 deployed (asha)" in phone.pages[0].body
    assert "long ago" not in phone.pages[0].body
    assert records.records[incident().id].markers == (DEPLOYED,)


def test_a_page_does_not_wait_for_markers_that_cannot_be_read() -> None:
    class Down(FakeMarkers):
        def between(self, start: int, until: int) -> list[Marker]:
            raise Transient("no DynamoDB")

    phone = FakeOncall()
    notify(phone, markers=Down())([OPENED], NOW)
    assert len(phone.pages) == 1


def test_a_marker_that_cannot_be_stored_reaches_nobody_as_a_page() -> None:
    class Down(FakeMarkers):
        def add(self, marker: Marker) -> None:
            raise Transient("no DynamoDB")

    phone = FakeOncall()
    notify(phone, markers=Down())([to_text(DEPLOYED)], NOW)
    assert phone.pages == []


MUTE = Mute("MU-1120-1343-4f2", "issuer=HDFC", NOW, NOW + 3600, "asha", "maintenance")
MINUTE_PASSED = json.dumps({MINUTE: True})
CLOSED_THEN = announcement_json(announcement(CLOSED, closed_at=NOW + 60))


def test_the_end_of_a_mute_is_told_though_nothing_else_happens() -> None:
    phone, records, desks = FakeOncall(), FakeRecords(), FakeDesks()
    function = notify(phone, desks, records=records)
    function([to_text(MUTE), OPENED, CLOSED_THEN], NOW)
    function([MINUTE_PASSED], NOW + 3599)
    assert phone.pages == []
    assert records.records[incident().id].pages == 0
    for second in (3600, 3660):
        function([MINUTE_PASSED], NOW + second)
    assert [page.thread for page in phone.pages] == [MUTE.id]
    assert desks.desk.outbox == ()


def test_what_outlasts_a_mute_is_paged_at_its_end_and_on_its_record() -> None:
    phone, records = FakeOncall(), FakeRecords()
    knowing = FakeJournal(newest=Head(clock=NOW, incidents=(incident(),)))
    function = notify(phone, journal=knowing, records=records)
    function([to_text(MUTE), OPENED, to_text(Unmute(MUTE.id, "asha", NOW))], NOW)
    assert [page.thread for page in phone.pages] == [incident().id]
    assert [entry.paged for entry in records.records[incident().id].entries] == [False, True]


def test_a_minute_in_which_nothing_is_due_writes_nothing() -> None:
    desks = FakeDesks()
    notify(FakeOncall(), desks)([MINUTE_PASSED], NOW)
    assert desks.version == 0


def test_a_page_that_nobody_sent_is_sent_within_a_minute() -> None:
    phone = Phone(failures=1)
    desks = FakeDesks()
    function = notify(phone, desks)
    with pytest.raises(Transient):
        function([OPENED], NOW)
    function([MINUTE_PASSED], NOW + STALE_SECONDS - 1)
    assert phone.pages == []
    function([MINUTE_PASSED], NOW + STALE_SECONDS)
    assert len(phone.pages) == 1
    assert desks.desk.outbox == ()


def test_the_end_of_a_mute_that_could_not_be_sent_is_sent_by_a_later_minute() -> None:
    phone = Phone(failures=1)
    function = notify(phone)
    function([to_text(MUTE), OPENED, CLOSED_THEN], NOW)
    for second in (3600, 3660, 3720):
        function([MINUTE_PASSED], NOW + second)
    assert [page.thread for page in phone.pages] == [MUTE.id]


def test_a_minute_that_fails_reaches_nobody_as_a_page() -> None:
    class Down(FakeDesks):
        def read(self) -> tuple[Desk, int]:
            raise Transient("no DynamoDB")

    phone = FakeOncall()
    notify(phone, Down())([MINUTE_PASSED], NOW)
    assert phone.pages == []
