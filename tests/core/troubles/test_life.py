"""How an incident goes on in a second: whether it grows, worsens, comes back, and why it is closed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.counts import NONE, Counts, attempts, bad
from functions.core.counting.harm import Example, Harm
from functions.core.troubles.incident import (
    AGAIN,
    CALM,
    CLOSED,
    INCIDENT,
    NARROWED,
    OPENED,
    RECOVERED,
    SILENT,
    WORSE,
    Announcement,
)
from functions.core.troubles.life import Sighting, follow
from functions.core.troubles.recovery import Followed, Patience, recovering
from tests.builders import NOW, counts, followed, verdict

SEGMENT, ISSUER = "issuer=HDFC&network=VISA", "issuer=HDFC"
BAD, GOOD, SOME_BAD = counts(failed=50, issuer=50), counts(approved=100), counts(failed=1, issuer=1)
PATIENCE = Patience(
    recover_seconds=5, calm_seconds=12, quiet_seconds=20, again_seconds=20, idle_seconds=30
)


def seen(
    key: str = SEGMENT, rate: float = 0.5, attempts: int = 200, signal: str = "failed"
) -> Sighting:
    found = verdict(key, rate=rate, attempts=attempts, signal=signal, score=80.0)
    return Sighting(found, NOW, {"issuer": 9}, 0.003)


def closing(every: Sequence[Counts], *sightings: Sighting, **fields: object) -> tuple[int, str]:
    """The second in which an open incident is closed of whose slice that comes, and why."""
    items: Sequence[Followed] = [followed(**fields)]
    for second, came in enumerate(every):
        coming = {item.incident.slice: Harm(came) for item in items}
        items, told = follow(items, sightings, coming, NOW + second, PATIENCE)
        for item in told:
            assert (item.transition == CLOSED) == bool(item.reason)
            if item.reason:
                return second, item.reason
    return len(every), ""


def test_what_is_proven_well_is_recovered() -> None:
    assert closing([GOOD] * 20) == (5, RECOVERED)


@pytest.mark.parametrize("every", [2, 3, 4, 5, 7])
def test_what_is_well_in_thin_traffic_is_recovered_in_whichever_second_it_is_closed(
    every: int,
) -> None:
    thin = [GOOD if second % every == 0 else NONE for second in range(40)]
    assert closing(thin)[1] == RECOVERED


def test_what_is_long_tolerated_without_proof_is_calm() -> None:
    tolerated = seen(rate=0.009)
    assert closing([SOME_BAD] * 40, tolerated) == (12, CALM)


def test_a_window_with_few_attempts_is_no_calm() -> None:
    assert closing([SOME_BAD] * 40, seen(rate=0.009, attempts=59)) == (40, "")


def test_what_gets_no_payment_for_its_idle_seconds_is_silent() -> None:
    assert closing([NONE] * 40, seen()) == (30, SILENT)


def test_what_its_payments_prove_comes_before_what_their_absence_says() -> None:
    proven = {"well_since": NOW, "recovery": 9.0, "idle_since": NOW}
    waiting = {"again": 3}  # five seconds become forty: silence and recovery are due at once
    assert closing([NONE] * 60, **proven) == (5, RECOVERED)
    assert closing([NONE] * 60, **proven, **waiting) == (30, SILENT)


@pytest.mark.parametrize("signal", ["volume", "latency", "customer", "fraud"])
def test_what_is_no_rate_is_recovered_when_it_stands_out_no_more(signal: str) -> None:
    assert closing([NONE] * 40, signal=signal) == (5, RECOVERED)


def test_a_narrow_slice_that_was_silent_makes_no_wider_one_so() -> None:
    [item], [_] = follow([followed(idle_since=NOW - 29)], [seen(ISSUER)], {}, NOW, PATIENCE)
    assert (item.incident.slice, item.incident.state) == (ISSUER, INCIDENT)
    _, told = follow([item], [seen(ISSUER)], {}, NOW + 1, PATIENCE)
    assert told == []


def followed_on(
    item: Followed, *sightings: Sighting, came: Counts = NONE, now: int = NOW
) -> tuple[list[Followed], list[str]]:
    """What becomes of the incident in that second, and which transitions are told."""
    after, told = follow([item], sightings, {item.incident.slice: Harm(came)}, now, PATIENCE)
    return after, [announced.transition for announced in told]


def test_an_incident_that_is_recovering_does_not_grow_but_another_one_begins() -> None:
    after, told = followed_on(followed(well_since=NOW - 1), seen(ISSUER))
    assert [item.incident.slice for item in after] == [SEGMENT, ISSUER]
    assert told == [OPENED]


def test_an_incident_does_not_grow_for_another_trouble() -> None:
    after, told = followed_on(followed(), seen(ISSUER, signal="reversed"))
    assert [item.incident.slice for item in after] == [SEGMENT, ISSUER]
    assert told == [WORSE]  # a part of its trouble


@pytest.mark.parametrize("signal", ["volume", "latency", "customer", "fraud"])
def test_what_is_no_rate_harms_no_payment_that_is_counted(signal: str) -> None:
    item = followed(signal=signal)
    [after], _ = followed_on(item, seen(signal=signal), came=BAD)
    assert after.incident.affected == item.incident.affected


@pytest.mark.parametrize("signal", ["volume", "customer"])
def test_what_is_no_rate_is_not_over_for_the_lack_of_payments(signal: str) -> None:
    standing = seen(signal=signal)
    assert closing([NONE] * 60, standing, signal=signal, idle_since=NOW - 99) == (60, "")


def test_an_example_that_comes_again_is_named_once() -> None:
    one, two = Example("t1", "91"), Example("t2", "91")
    came = {SEGMENT: Harm(BAD, {}, (one, two))}
    [item], _ = follow([followed(examples=(one,))], [seen()], came, NOW, PATIENCE)
    assert item.incident.affected.examples == (one, two)


def test_no_incident_began_in_the_future() -> None:
    ahead = replace(seen(), began=NOW + 9)
    [item], _ = follow([], [ahead], {}, NOW, PATIENCE)
    assert item.incident.started_at == NOW


def test_a_rise_that_is_next_to_nothing_still_can_be_told_from_health() -> None:
    ill = followed(rate=0.004, normal=0.003)
    assert recovering(ill, counts(approved=20_000), NOW).life.recovery > 10.0


def closed(**fields: object) -> Followed:
    """One that was closed ten seconds ago."""
    return followed(closed_at=NOW - 10, detected_at=NOW - 60, affected=7, **fields)


def test_what_comes_back_has_the_name_the_start_and_the_harm_of_before() -> None:
    before = closed(started_at=NOW - 70).incident
    [item], [told] = follow([closed(started_at=NOW - 70)], [seen()], {}, NOW, PATIENCE)
    assert told.transition == AGAIN
    again = item.incident
    assert (again.id, again.started_at, again.affected.payments) == (before.id, NOW - 70, 7)
    assert (again.again, again.back_at, again.detected_at) == (1, NOW, NOW - 60)


def test_what_comes_back_is_back_since_it_was_closed_at_the_earliest() -> None:
    earlier = replace(seen(), began=NOW - 30)
    [item], _ = follow([closed()], [earlier], {}, NOW, PATIENCE)
    assert item.incident.back_at == NOW - 10


@pytest.mark.parametrize(("rate", "end"), [(0.01, (12, CALM)), (0.0101, (40, ""))])
def test_a_rate_that_is_just_tolerated_is_calm(rate: float, end: tuple[int, str]) -> None:
    assert closing([SOME_BAD] * 40, seen(rate=rate)) == end


def test_a_window_with_just_enough_attempts_may_be_calm() -> None:
    assert closing([SOME_BAD] * 40, seen(rate=0.009, attempts=60)) == (12, CALM)


def test_calm_begins_anew_when_the_rate_was_not_tolerated_for_a_second() -> None:
    [item], _ = followed_on(followed(calm_since=NOW - 9), seen(rate=0.2), came=SOME_BAD)
    assert item.life.calm_since == 0


def test_what_flaps_needs_to_be_calm_for_longer() -> None:
    assert closing([SOME_BAD] * 40, seen(rate=0.009), again=1) == (24, CALM)


def test_the_patience_with_what_flaps_has_an_end() -> None:
    assert closing([GOOD] * 99, again=4) == (80, RECOVERED)
    assert closing([GOOD] * 99, again=9) == (80, RECOVERED)


def test_retries_are_harm_beside_the_payments_that_failed() -> None:
    tried = {SEGMENT: Harm(BAD + counts(retries=7, retries_bad=6, rescued=1))}
    [item], _ = follow([followed(failed=5, retries=3)], [seen()], tried, NOW, PATIENCE)
    affected = item.incident.affected
    assert (affected.failed, affected.retries, affected.rescued) == (5 + bad(BAD), 10, 1)
    assert affected.retries_each == 10 / affected.failed
    assert affected.lost == affected.failed - 1


def test_what_reaches_further_than_it_was_told_is_told_as_worse() -> None:
    after, told = followed_on(followed(), seen(ISSUER), came=BAD)
    assert told == [WORSE]
    assert followed_on(after[0], seen(ISSUER), came=BAD)[1] == []


def test_what_was_found_to_reach_further_and_was_not_told_yet_is_told_in_any_second() -> None:
    assert followed_on(followed(widened=True), seen(), came=BAD)[1] == [WORSE]


def test_what_reaches_further_has_the_figures_of_its_new_slice_and_the_score_of_its_worst() -> None:
    wide = replace(seen(ISSUER, rate=0.2), verdict=verdict(ISSUER, rate=0.2, score=60.0))
    [item], _ = followed_on(followed(score=90.0), wide, came=BAD)
    worst = item.incident.worst
    assert (item.incident.slice, worst.rate, worst.score) == (ISSUER, 0.2, 90.0)
    assert item.incident.severity == "critical"


@pytest.mark.parametrize(("counted", "whole"), [(60, 90), (120, 120)])
def test_what_reaches_further_has_harmed_all_of_the_wider_slice_and_never_less_than_was_told(
    counted: int, whole: int
) -> None:
    wide = replace(seen(ISSUER), harm=Harm(counts(failed=90, issuer=90)))
    [item], _ = followed_on(followed(affected=counted), wide)
    assert item.incident.affected.payments == whole


def test_what_is_suspected_and_turns_out_otherwise_is_not_told_as_wider() -> None:
    patient = Patience(confirm_seconds=2)
    items, _ = follow([], [seen()], {}, NOW, patient)
    for second in (1, 2, 3):
        items, told = follow(items, [seen(signal="attributable")], {}, NOW + second, patient)
        assert [item.transition for item in told] == ([OPENED] if second == 2 else [])


comings = st.lists(
    st.tuples(st.sampled_from((NONE, NONE, GOOD, BAD, SOME_BAD)), st.integers(1, 40)), max_size=12
)


@given(comings, st.sampled_from((0.5, 0.009)), st.booleans())
def test_no_closing_says_silent_while_payments_came_within_the_idle_time(
    runs: list[tuple[Counts, int]], rate: float, widens: bool
) -> None:
    items: Sequence[Followed] = [followed()]
    every = [came for came, times in runs for _ in range(times)]
    latest = NOW - 1  # those for which it was opened
    for second, came in enumerate(every, NOW):
        if attempts(came):
            latest = second
        key = ISSUER if widens and second >= NOW + 20 else SEGMENT
        coming = {item.incident.slice: Harm(came) for item in items}
        items, told = follow(items, [seen(key, rate)], coming, second, PATIENCE)
        for item in told:
            _explained(item, second - latest)


def _explained(told: Announcement, seconds_without: int) -> None:
    if told.transition != CLOSED:
        assert told.reason == ""
    elif seconds_without < PATIENCE.idle_seconds:
        assert told.reason in (RECOVERED, CALM)
    else:
        assert told.reason in (RECOVERED, CALM, SILENT)


NARROW = f"gateway=G&{SEGMENT}"


def narrowed(sighting: Sighting, key: str | None = NARROW) -> Sighting:
    return replace(sighting, narrowed=key, share=0.25)


def passed(
    items: Sequence[Followed], *every: Sighting
) -> tuple[Sequence[Followed], list[Announcement]]:
    """The incidents after these sightings, one a second, while payments go on failing; what was told."""
    said: list[Announcement] = []
    for second, sighting in enumerate(every):
        items, told = follow(items, [sighting], {SEGMENT: Harm(BAD)}, NOW + second, PATIENCE)
        said += told
    return items, said


def test_an_incident_is_told_by_its_finer_name_at_once_where_that_is_clear() -> None:
    items, said = passed([], narrowed(seen()), seen())
    assert [(item.transition, item.incident.narrowed) for item in said] == [(OPENED, NARROW)]
    assert items[0].incident.narrowed == NARROW
    assert (items[0].incident.slice, items[0].incident.share) == (SEGMENT, 0.25)


def test_a_finer_name_that_becomes_clear_later_is_told_once() -> None:
    _, said = passed([followed()], seen(), narrowed(seen()), seen(), narrowed(seen()))
    assert [(item.transition, item.incident.narrowed) for item in said] == [(NARROWED, NARROW)]


def test_a_name_does_not_go_to_and_fro() -> None:
    """It is taken back once, where the trouble has outgrown it, and another one is no finer name."""
    other = narrowed(seen(), f"gateway=H&{SEGMENT}")
    every = [narrowed(seen()), other, narrowed(seen(), ""), other, narrowed(seen())]
    items, said = passed([followed()], *every)
    assert [(item.transition, item.incident.narrowed) for item in said] == [
        (NARROWED, NARROW),
        (WORSE, ""),
    ]
    assert (items[0].incident.narrowed, items[0].incident.share) == ("", 1.0)


def test_what_reaches_further_has_no_finer_name_any_more() -> None:
    items, said = passed([followed(narrowed=NARROW, share=0.25)], seen(ISSUER))
    assert [item.transition for item in said] == [WORSE]
    assert (items[0].incident.slice, items[0].incident.narrowed) == (ISSUER, "")


def test_what_comes_back_has_the_finer_name_of_before() -> None:
    before = followed(narrowed=NARROW, share=0.25, closed_at=NOW - 5)
    items, said = passed([before], seen())
    assert [(item.transition, item.incident.narrowed) for item in said] == [(AGAIN, NARROW)]
    assert items[0].incident.share == 0.25


MOBILE = "device=mobile"


def wave(key: str) -> Sighting:
    return seen(key, rate=0.2, signal="customer")


def test_a_wave_that_swells_beyond_where_it_stood_out_first_is_one_wave() -> None:
    #  for a second nothing of it stood out: the wider slice was waited for
    first = followed(slice=MOBILE, signal="customer", severity="info", well_since=NOW - 1)
    [item], told = followed_on(first, wave(""))
    assert (item.incident.slice, item.incident.id) == ("", first.incident.id)
    assert told == [WORSE]


def test_a_wave_that_comes_back_wider_is_the_same_wave_again() -> None:
    first = closed(slice=MOBILE, signal="customer", severity="info")
    after, told = followed_on(first, wave(""))
    assert {item.incident.id for item in after} == {first.incident.id}
    assert told == [AGAIN]
