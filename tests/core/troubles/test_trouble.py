"""What is one trouble, told once, and what are two; what its face shows; when it is the same again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.counts import Counts
from functions.core.counting.harm import Example, Harm
from functions.core.counting.slices import nested
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    INCIDENT,
    OPENED,
    RECOVERED,
    RECOVERING,
    WORSE,
    Announcement,
)
from functions.core.troubles.life import Sighting, follow
from functions.core.troubles.recovery import Followed, Patience
from functions.core.troubles.severity import CRITICAL
from functions.core.troubles.trouble import (
    Turn,
    by_trouble,
    ended,
    face,
    placed,
    remembered,
    told,
    troubles,
    without_returned,
)
from tests.builders import NOW, counts, followed, verdict

PATIENCE = Patience(recover_seconds=5)
ALL, HDFC, VISA, BOTH = "", "issuer=HDFC", "network=VISA", "issuer=HDFC&network=VISA"
BAD, GOOD = counts(approved=50, failed=25, reversed=25), counts(approved=400)


def seen(key: str, signal: str = "failed", score: float = 80.0, rate: float = 0.3) -> Sighting:
    found = verdict(key, signal=signal, score=score, rate=rate, at_least=rate * 0.8)
    return Sighting(found, NOW, {}, None)


class Life:
    """What is followed for so many seconds at a time, and what was told."""

    def __init__(self) -> None:
        self.now = NOW
        self.followed: Sequence[Followed] = ()
        self.told: list[Announcement] = []

    def go(self, seconds: int, *sightings: Sighting, came: Counts = BAD) -> Life:
        for _ in range(seconds):
            every = {item.incident.slice: Harm(came) for item in self.followed}
            now = [replace(one, began=self.now) for one in sightings]
            self.followed, told = follow(self.followed, now, every, self.now, PATIENCE)
            self.told += told
            self.now += 1
        return self

    @property
    def said(self) -> list[str]:
        return [item.transition for item in self.told]

    @property
    def names(self) -> set[str]:
        return {item.incident.id for item in self.told}


SIGNALS = ("failed", "denied", "reversed", "backend_reversed", "volume", "latency")


@pytest.mark.parametrize(
    ("one", "two"), [(ALL, ALL), (ALL, HDFC), (HDFC, ALL), (HDFC, BOTH), (BOTH, VISA)]
)
@pytest.mark.parametrize("signal", SIGNALS[1:])
def test_signals_of_nested_slices_are_one_trouble(one: str, two: str, signal: str) -> None:
    life = Life().go(3, seen(one)).go(3, seen(one), seen(two, signal, 60.0))
    assert life.said == [OPENED]
    [trouble] = troubles(life.followed)
    assert (trouble.slice, trouble.signal) == (one, "failed")
    [part] = trouble.parts
    assert (part.slice, part.signal, part.severity) == (two, signal, "warning")
    assert (part.since, part.until) == (NOW + 3, 0)


@pytest.mark.parametrize(
    ("one", "two", "signal"),
    [
        (HDFC, VISA, "reversed"),  # crossing
        (HDFC, "issuer=SBI", "reversed"),  # apart
        (HDFC, "issuer=SBI", "failed"),
        (HDFC, BOTH, "failed"),  # a deeper one
        (HDFC, BOTH, "attributable"),  # a view of the same
        (HDFC, HDFC, "customer"),  # a wave
        (ALL, HDFC, "fraud"),
    ],
)
def test_what_is_beside_or_of_the_same_kind_or_a_wave_is_a_trouble_of_its_own(
    one: str, two: str, signal: str
) -> None:
    life = Life().go(3, seen(one)).go(3, seen(one), seen(two, signal))
    assert life.said == [OPENED, OPENED]
    assert len(life.names) == 2
    assert all(not trouble.parts for trouble in troubles(life.followed))


def test_slices_of_a_trouble_are_nested_pairwise() -> None:
    every = [seen(ALL, "reversed"), seen(HDFC), seen(VISA, "denied")]
    life = Life().go(1, every[0]).go(1, *every[:2]).go(1, *every)
    groups = by_trouble(life.followed)
    assert sorted(len(group) for group in groups.values()) == [1, 2]


def test_the_first_line_names_the_strongest_and_its_figures_stay_those_of_the_worst() -> None:
    mild, bad = seen(ALL, "reversed", 60.0, 0.05), seen(HDFC, "failed", 90.0, 0.6)
    life = Life().go(3, mild).go(3, mild, bad)
    assert life.said == [OPENED, WORSE]
    worse = life.told[-1].incident
    assert (worse.slice, worse.signal, worse.severity) == (HDFC, "failed", CRITICAL)
    assert [part.signal for part in worse.parts] == ["reversed"]
    life.go(2, mild, replace(bad, verdict=replace(bad.verdict, rate=0.1, score=50.0)))
    [trouble] = troubles(life.followed)
    assert (trouble.signal, trouble.worst.rate) == ("failed", 0.6)


@pytest.mark.parametrize(
    ("lead", "part", "said"),
    [
        (60.0, 60.0, []),
        (60.0, 80.0, [WORSE]),  # more severe than what was told
        (80.0, 60.0, []),
        (80.0, 80.0, [WORSE]),  # the first of another kind that is critical
    ],
)
def test_a_part_is_news_when_it_is_critical(lead: float, part: float, said: list[str]) -> None:
    life = (
        Life()
        .go(3, seen(ALL, score=lead))
        .go(9, seen(ALL, score=lead), seen(ALL, "reversed", part))
    )
    assert life.said == [OPENED, *said]


def test_a_part_that_becomes_critical_is_told_once() -> None:
    lead = seen(ALL)
    life = Life().go(3, lead).go(3, lead, seen(ALL, "reversed", 60.0))
    for score in (80.0, 60.0, 85.0, 99.0):
        life.go(2, lead, seen(ALL, "reversed", score))
    assert life.said == [OPENED, WORSE]


def test_a_trouble_is_over_with_the_last_of_its_signals() -> None:
    lead, part = seen(ALL), seen(ALL, "reversed", 60.0)
    life = Life().go(3, lead, part).go(60, came=counts(approved=75, reversed=25))
    [trouble] = troubles(life.followed)
    assert life.said == [OPENED]
    assert (trouble.signal, trouble.closed_at) == ("failed", 0)
    assert {item.incident.signal: bool(item.incident.closed_at) for item in life.followed} == {
        "failed": True,
        "reversed": False,
    }
    life.go(60, came=GOOD)
    assert life.said == [OPENED, CLOSED]
    closed = life.told[-1]
    assert (closed.reason, closed.incident.state) == (RECOVERED, CLOSED)
    assert closed.incident.closed_at == max(i.incident.closed_at for i in life.followed)


def test_a_lead_that_comes_back_while_a_part_goes_on_is_no_news() -> None:
    lead, part = seen(ALL), seen(ALL, "reversed", 60.0)
    life = Life().go(3, lead, part).go(60, came=counts(approved=75, reversed=25))
    before = troubles(life.followed)[0]
    life.go(3, lead, part)
    [trouble] = troubles(life.followed)
    assert life.said == [OPENED]
    assert (trouble.id, trouble.started_at, trouble.again) == (before.id, before.started_at, 0)
    assert len(life.followed) == 2


@pytest.mark.parametrize(
    ("back", "signal", "said"),
    [
        (ALL, "failed", AGAIN),
        (HDFC, "failed", AGAIN),  # nested: it lies in what was over
        (ALL, "attributable", AGAIN),  # a view of the same
        (ALL, "reversed", OPENED),
    ],
)
def test_what_comes_back_within_the_hour_is_the_same_trouble(
    back: str, signal: str, said: str
) -> None:
    life = Life().go(5, seen(ALL)).go(3000, came=GOOD).go(5, seen(back, signal))
    assert life.said == [OPENED, CLOSED, said]
    assert len(life.names) == (1 if said == AGAIN else 2)
    last = life.told[-1].incident
    assert last.again == (said == AGAIN)
    assert (last.started_at == NOW) == (said == AGAIN)


@pytest.mark.parametrize(("away", "said"), [(3600, AGAIN), (3900, OPENED)])
def test_what_comes_back_later_is_another_one(away: int, said: str) -> None:
    life = Life().go(5, seen(HDFC)).go(away, came=GOOD).go(5, seen(HDFC))
    assert life.said == [OPENED, CLOSED, said]


def test_what_is_beside_what_was_over_is_another_one() -> None:
    life = Life().go(5, seen(HDFC)).go(600, came=GOOD).go(5, seen("issuer=SBI"), seen(VISA))
    assert life.said == [OPENED, CLOSED, OPENED, OPENED]


def test_a_wave_is_remembered_for_the_quiet_seconds_only() -> None:
    wave = seen(ALL, "customer", 40.0)
    life = Life().go(5, wave).go(PATIENCE.quiet_seconds + 20, came=GOOD).go(5, wave)
    assert life.said == [OPENED, CLOSED, OPENED]


def test_a_trouble_that_comes_back_shows_what_stands_out_now() -> None:
    both = (seen(ALL), seen(ALL, "reversed", 60.0))
    life = Life().go(5, *both).go(600, came=GOOD).go(5, seen(ALL, "reversed", 60.0))
    last = life.told[-1]
    assert (last.transition, last.incident.signal, last.incident.severity) == (
        AGAIN,
        "reversed",
        "warning",
    )
    assert last.incident.parts == ()


def test_the_harm_of_a_trouble_is_that_of_all_its_signals() -> None:
    one = followed(affected=10, money={"INR": 2.5}, examples=(Example("a", ""),))
    two = followed(signal="reversed", score=60.0, affected=5, money={"INR": 1.0, "USD": 2.0})
    whole = face([one, two]).affected
    assert (whole.payments, whole.money) == (15, {"INR": 3.5, "USD": 2.0})
    assert whole.examples == (Example("a", ""),)


def test_a_trouble_recovers_when_all_that_is_open_of_it_does() -> None:
    ill, well = followed(), followed(signal="reversed", score=60.0, well_since=NOW)
    assert face([ill, well]).state == INCIDENT
    assert face([followed(well_since=NOW), well]).state == RECOVERING
    over = followed(closed_at=NOW + 60)
    assert face([over, well]).state == RECOVERING
    assert face([over]).state == CLOSED


def test_one_alone_is_its_own_face() -> None:
    item = followed()
    assert face([item]) is item.incident


def test_each_announcement_of_a_trouble_has_its_own_key() -> None:
    lead = seen(ALL, score=60.0)
    life = (
        Life()
        .go(3, lead)
        .go(3, lead, seen(ALL, "reversed"))
        .go(3, lead, seen(ALL, "reversed"), seen(ALL, "backend_reversed"))
    )
    assert life.said == [OPENED, WORSE, WORSE]
    assert len({item.key for item in life.told}) == 3


def test_what_was_over_is_forgotten_when_its_signal_is_open_again() -> None:
    over, open_ = followed(closed_at=NOW), followed(again=1, back_at=NOW + 9)
    other = followed(id="PW-2", closed_at=NOW)
    assert without_returned([over, open_, other]) == [open_, other]


def test_what_was_over_is_remembered_while_its_trouble_goes_on() -> None:
    over, goes_on = followed(closed_at=NOW), followed(signal="reversed")
    assert remembered([over, goes_on], NOW + 9999, PATIENCE) == [over]
    assert remembered([over], NOW + 9999, PATIENCE) == []


def test_of_several_troubles_the_nearest_one_is_joined() -> None:
    wide = followed(id="PW-1", slice=ALL, signal="reversed")
    near = followed(id="PW-2", slice=BOTH, signal="denied")
    item = followed(id="PW-3", slice=BOTH)
    assert placed(item, [wide, near]).incident.id == "PW-2"


def test_turns_of_one_second_are_told_once() -> None:
    one, two = followed(), followed(signal="reversed", score=60.0)
    [news] = told([], [one, two], [Turn(one, OPENED), Turn(two, OPENED)])
    assert (news.transition, news.incident.signal) == (OPENED, "failed")


def test_what_grows_twice_as_far_has_one_key() -> None:
    life, part = Life(), seen(HDFC, "denied")
    for _ in range(15):
        life.go(1, seen(ALL, "attributable"), seen(HDFC), part, came=BAD)
    for _ in range(14):
        life.go(1, seen(ALL, "attributable"), came=BAD)
    grown = [item for item in life.told if item.transition == WORSE and not item.incident.again]
    assert len(grown) == 2
    assert len({item.key for item in grown}) == 1


turns = st.lists(
    st.tuples(
        st.lists(
            st.tuples(
                st.sampled_from((ALL, HDFC, VISA, BOTH)),
                st.sampled_from((*SIGNALS, "attributable", "customer")),
                st.sampled_from((55.0, 70.0, 90.0)),
            ),
            max_size=4,
        ),
        st.sampled_from((BAD, GOOD)),
        st.integers(1, 30),
    ),
    max_size=8,
)


@given(turns)
def test_whatever_happens_a_trouble_is_opened_once_and_closed_once_at_a_time(
    runs: list[tuple[list[tuple[str, str, float]], Counts, int]],
) -> None:
    life, keys = Life(), set[str]()
    open_: set[str] = set()
    for sightings, came, seconds in runs:
        for _ in range(seconds):
            before, was = len(life.told), life.followed
            life.go(1, *(seen(*one) for one in sightings), came=came)
            for item in life.told[before:]:
                name = item.incident.id
                assert (item.transition in (OPENED, AGAIN)) == (name not in open_)
                open_ = open_ - {name} if item.transition == CLOSED else open_ | {name}
                # One that grows again as far as people know already is not told them twice: same key.
                assert item.key not in keys or item.transition == WORSE
                keys.add(item.key)
            _hold_together(was, life.followed)
            lasting = {trouble.id for trouble in troubles(life.followed) if trouble.is_open}
            assert lasting == open_


def _hold_together(was: Sequence[Followed], now: Sequence[Followed]) -> None:
    """One signal of a kind; and what joined is nested with what was there and did not grow since."""
    before = {item.incident.id for item in was}
    for group in by_trouble(now).values():
        lasting = [item.incident for item in group if item.incident.is_open]
        assert len({incident.family for incident in lasting}) == len(lasting)
        if group[0].incident.id not in before:
            assert all(nested(one.slice, two.slice) for one in lasting for two in lasting)


scores = st.lists(st.tuples(st.integers(50, 99), st.floats(0.01, 0.9)), min_size=1, max_size=12)


@given(scores)
def test_the_figures_are_those_of_the_worst_moment(every: list[tuple[int, float]]) -> None:
    life = Life()
    for score, rate in every:
        life.go(1, seen(ALL, score=float(score), rate=rate))
    [trouble] = troubles(life.followed)
    worst_score, worst_rate = max(every)
    assert trouble.worst.score == worst_score
    assert trouble.worst.rate == worst_rate


def test_what_another_slice_showed_before_is_remembered_beside_the_one_that_is_back() -> None:
    before = followed(id="PW-1", slice="", closed_at=NOW, affected=7)
    same = followed(id="PW-1", slice="issuer=A", closed_at=NOW, affected=3)
    back = followed(id="PW-1", slice="issuer=A", again=1, back_at=NOW + 60, affected=10)
    kept = without_returned([before, same, back])
    assert [(one.incident.slice, one.incident.closed_at) for one in kept] == [
        ("", NOW),
        ("issuer=A", 0),
    ]
    assert face(kept).affected.payments == 10


@pytest.mark.parametrize(
    ("before", "now", "well_for"),
    [(HDFC, HDFC, 600), (HDFC, BOTH, 600), (ALL, HDFC, 0), (HDFC, ALL, 0), (ALL, BOTH, 0)],
)
def test_only_what_may_be_the_same_fault_flaps(before: str, now: str, well_for: int) -> None:
    over = followed(id="PW-1", slice=before, closed_at=NOW + 600, well_since=NOW, well_for=300)
    back = followed(id="PW-2", slice=now, started_at=NOW + 600, state="suspect")
    assert placed(back, [over]).life.well_for == well_for


def test_what_is_told_of_a_trouble_is_numbered_and_detect_knows_how_far_it_is() -> None:
    life = Life()
    life.go(1, seen(HDFC)).go(20, seen(HDFC), seen(HDFC, "denied")).go(200, came=GOOD)
    life.go(3, seen(HDFC)).go(900, came=GOOD)
    assert life.said == [OPENED, WORSE, CLOSED, AGAIN, CLOSED]
    assert [item.incident.number for item in life.told] == [1, 2, 3, 4, 5]
    assert {item.incident.number for item in life.followed} == {5}


def test_another_trouble_is_numbered_anew() -> None:
    life = Life().go(2, seen(HDFC), seen("gateway=beta"))
    assert [item.incident.number for item in life.told] == [1, 1]


def test_of_what_ended_the_last_word_is_known_the_latest_first() -> None:
    life = Life().go(2, seen(HDFC)).go(100, came=GOOD)
    [last] = ended(life.followed)
    assert last == life.told[-1]
    assert ended(Life().go(2, seen(HDFC)).followed) == []
