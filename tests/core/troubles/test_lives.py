"""Whole lives of incidents, second by second, on verdicts and payments made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.counting.counts import NONE, Counts
from functions.core.counting.harm import Example, Harm
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    INCIDENT,
    OPENED,
    RECOVERING,
    SUSPECT,
    WORSE,
    Announcement,
    Incident,
)
from functions.core.troubles.life import Sighting, follow
from functions.core.troubles.recovery import (
    Followed,
    Patience,
    RecoveryTuning,
    mean_while_ill,
    rates,
    recovering,
)
from functions.core.troubles.severity import severity
from tests.builders import NOW, counts, followed, verdict

RECOVERED_NATS = RecoveryTuning().recovered_nats

PATIENCE = Patience(
    confirm_seconds=3, recover_seconds=5, recent_seconds=5, again_seconds=20, idle_seconds=60
)
SEGMENT, ISSUER = "issuer=HDFC&network=VISA", "issuer=HDFC"
BAD, GOOD = counts(approved=50, failed=50, issuer=50), counts(approved=100)
HALF_AS_BAD = counts(approved=75, failed=25, issuer=25)


def seen(score: float, key: str = SEGMENT, signal: str = "failed", began: int = NOW) -> Sighting:
    found = verdict(key, score=score, signal=signal, rate=0.5, at_least=0.4)
    return Sighting(found, began, {"issuer": 9}, 0.003)


class Life:
    """Incidents that are followed for so many seconds at a time."""

    def __init__(self) -> None:
        self.now = NOW
        self.followed: Sequence[Followed] = ()
        self.told: list[tuple[int, Announcement]] = []

    def go(self, seconds: int, *sightings: Sighting, came: Counts = BAD) -> Life:
        """`came` is what comes every second of every slice with an incident."""
        for _ in range(seconds):
            every = {incident.slice: Harm(came) for incident in self.incidents}
            self.followed, told = follow(self.followed, sightings, every, self.now, PATIENCE)
            self.told += [(self.now - NOW, item) for item in told]
            self.now += 1
        return self

    @property
    def incidents(self) -> list[Incident]:
        return [item.incident for item in self.followed]

    @property
    def said(self) -> list[tuple[int, str, str]]:
        return [(at, item.transition, item.incident.severity) for at, item in self.told]

    @property
    def places(self) -> list[str]:
        return [item.incident.slice for _, item in self.told]


def test_a_cause_is_announced_when_it_stood_out_for_long_enough() -> None:
    assert Life().go(3, seen(80)).said == []
    assert Life().go(9, seen(80)).said == [(3, OPENED, "critical")]


def test_a_cause_that_vanishes_before_is_forgotten() -> None:
    life = Life().go(3, seen(80)).go(1).go(3, seen(80))
    assert life.said == []
    assert len(life.incidents) == 1


def test_an_incident_began_with_the_first_bad_payment_and_not_when_it_stood_out() -> None:
    [(_, told)] = Life().go(9, seen(80, began=NOW - 7)).told
    assert (told.incident.started_at, told.incident.suspected_at) == (NOW - 7, NOW)
    assert told.incident.detected_at == NOW + 3


def test_the_page_has_the_figures_of_the_worst_moment() -> None:
    life = Life().go(2, seen(60)).go(1, seen(90)).go(6, seen(70))
    assert life.said == [(3, OPENED, "critical")]
    assert life.incidents[0].worst.score == 90


def test_an_open_incident_that_becomes_critical_is_told_as_worse_once() -> None:
    life = Life().go(5, seen(60)).go(5, seen(80)).go(5, seen(60)).go(5, seen(90))
    assert life.said == [(3, OPENED, "warning"), (5, WORSE, "critical")]


def test_an_incident_whose_cause_reaches_further_is_told_as_worse_and_keeps_its_name() -> None:
    life = Life().go(5, seen(80)).go(1, seen(80), seen(85, ISSUER)).go(3, seen(85, ISSUER))
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (5, WORSE)]
    assert life.places == [SEGMENT, ISSUER]
    assert len({told.incident.id for _, told in life.told}) == 1
    assert [incident.slice for incident in life.incidents] == [ISSUER]


def test_a_suspected_incident_does_not_widen() -> None:
    life = Life().go(2, seen(80)).go(1, seen(80), seen(85, ISSUER))
    assert sorted(incident.slice for incident in life.incidents) == [ISSUER, SEGMENT]


def test_an_incident_does_not_widen_into_one_that_is_there_already() -> None:
    life = (
        Life().go(5, seen(80), seen(80, "gateway=beta")).go(5, seen(80), seen(80, "gateway=beta"))
    )
    assert len(life.incidents) == 2
    assert [what for _, what, _ in life.said] == [OPENED, OPENED]


def test_an_incident_about_another_signal_beside_it_is_one_of_its_own() -> None:
    life = Life().go(5, seen(80, "gateway=G1"), seen(80, "issuer=HDFC", "denied"))
    assert [what for _, what, _ in life.said] == [OPENED, OPENED]
    assert len({incident.id for incident in life.incidents}) == 2


def test_an_incident_about_another_signal_of_the_same_payments_is_a_part() -> None:
    life = Life().go(5, seen(80, ""), seen(80, "", "denied"))
    assert [what for _, what, _ in life.said] == [OPENED]
    assert len({incident.id for incident in life.incidents}) == 1
    [(_, told)] = life.told
    assert [(part.signal, part.until) for part in told.incident.parts] == [("denied", 0)]


def test_an_incident_about_failures_may_turn_attributable() -> None:
    life = Life().go(5, seen(80)).go(3, seen(85, signal="attributable"))
    assert [incident.signal for incident in life.incidents] == ["attributable"]


def test_an_incident_is_closed_when_its_payments_were_well_for_long_enough() -> None:
    #  0 ─ 3 opened ─ 10 well ──── 15 closed
    life = Life().go(10, seen(80)).go(8, seen(80), came=GOOD)
    assert [(at, what) for at, what, _ in life.said[:2]] == [(3, OPENED), (15, CLOSED)]


def test_an_incident_is_not_closed_by_time_alone_where_few_payments_prove_little() -> None:
    one = counts(approved=1)
    life = Life().go(10, seen(80)).go(22, came=one)
    assert life.said == [(3, OPENED, "critical")]
    [ill] = life.followed
    assert 0 < ill.life.recovery < RECOVERED_NATS
    # It is proven then that the rate fell below its half, and not yet that it is tolerated.
    life.go(PATIENCE.calm_seconds - 22, came=one)
    assert [what for _, what, _ in life.said] == [OPENED]
    life.go(1, came=one)
    assert [what for _, what, _ in life.said] == [OPENED, CLOSED]


def test_payments_that_are_bad_again_start_the_recovery_anew() -> None:
    life = Life().go(10, seen(80)).go(4, came=GOOD).go(1, came=BAD).go(8, came=GOOD)
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (20, CLOSED)]


def test_an_incident_that_got_better_by_half_is_not_over() -> None:
    life = Life().go(10, seen(80)).go(60, came=HALF_AS_BAD)
    assert [what for _, what, _ in life.said] == [OPENED]


def test_silence_is_no_recovery_until_it_lasted_so_long_that_nobody_waits() -> None:
    life = Life().go(10, seen(80)).go(60, came=NONE)
    assert [what for _, what, _ in life.said] == [OPENED]
    life.go(1, came=NONE)
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (70, CLOSED)]


def test_payments_end_the_silence() -> None:
    life = Life().go(10, seen(80)).go(50, came=NONE).go(1, came=BAD).go(50, came=NONE)
    assert [what for _, what, _ in life.said] == [OPENED]


def test_a_closed_incident_is_remembered_for_a_while() -> None:
    life = Life().go(10, seen(80)).go(25, came=GOOD)
    assert [item.state for item in life.incidents] == [CLOSED]
    assert life.go(1, came=GOOD).incidents == []


def test_new_failures_soon_after_a_recovery_are_the_same_incident_again() -> None:
    again = seen(80, began=NOW + 17)
    life = Life().go(10, seen(80)).go(7, came=GOOD).go(8, again)
    assert [what for _, what, _ in life.said] == [OPENED, CLOSED, AGAIN]
    first, _, last = (told.incident for _, told in life.told)
    assert (first.id, first.started_at) == (last.id, last.started_at)
    assert (last.again, last.back_at) == (1, NOW + 17)


def test_new_failures_long_after_a_recovery_are_a_new_incident() -> None:
    life = Life().go(10, seen(80)).go(40, came=GOOD).go(8, seen(80, began=NOW + 50))
    assert [what for _, what, _ in life.said] == [OPENED, CLOSED, OPENED]
    assert life.told[0][1].incident.id != life.told[2][1].incident.id


def test_an_incident_that_flaps_needs_twice_as_long_each_time_to_be_believed_well() -> None:
    life, patience = Life(), []
    for good in (10, 15, 25):
        well_since = life.go(8, seen(80)).now - NOW
        life.go(good, came=GOOD)
        patience += [at - well_since for at, what, _ in life.said[-1:] if what == CLOSED]
    assert patience == [5, 10, 20]


def test_a_transition_that_is_told_again_has_another_key() -> None:
    life = Life().go(10, seen(80)).go(7, came=GOOD).go(8, seen(80)).go(15, came=GOOD)
    keys = [told.key for _, told in life.told]
    assert len(keys) == len(set(keys)) == 4


def test_harm_adds_up_from_the_first_bad_payment_and_over_comebacks() -> None:
    before = Harm(counts(failed=7, issuer=7), {"INR": 2_500}, (Example("txn_1", "91"),))
    first = msgspec.structs.replace(seen(80), harm=before)
    life = Life().go(6, first)
    opened = life.told[0][1].incident.affected
    assert (opened.payments, opened.money, opened.examples) == (7, {"INR": 2.5}, before.examples)
    life.go(4, seen(80), came=BAD)
    assert life.incidents[0].affected.payments == 7 + 6 * 50
    life.go(8, came=GOOD).go(6, first)
    assert life.told[-1][1].incident.affected.payments == 7 + 6 * 50 + 7 + 0


def test_an_incident_is_suspected_then_open_then_recovering_then_closed() -> None:
    life = Life().go(1, seen(80))
    states = [life.incidents[0].state]
    for _ in range(20):
        came = BAD if life.now < NOW + 10 else GOOD
        now = life.go(1, seen(80), came=came).incidents[0].state
        if now != states[-1]:
            states.append(now)
        if now == CLOSED:
            break
    assert states == [SUSPECT, INCIDENT, RECOVERING, CLOSED]


ILL = followed(tolerated=0.01, at_least=0.4)
STILL = rates(ILL).ill
sent = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
        lambda n: counts(approved=n[0], failed=n[1])
    ),
    max_size=20,
)


def going_on(ill: Followed, every: list[Counts]) -> Followed:
    for second, came in enumerate(every):
        ill = recovering(ill, came, NOW + second)
    return ill


@given(sent)
def test_the_evidence_for_a_recovery_is_never_negative_and_has_an_end(every: list[Counts]) -> None:
    ill = going_on(ILL, every)
    assert 0.0 <= ill.life.recovery <= 2 * rates(ill).needed


@given(sent, st.integers(1, 500))
def test_at_the_rate_that_is_still_ill_or_more_the_evidence_falls(
    before: list[Counts], total: int
) -> None:
    ill = going_on(ILL, before)
    failed = -int(-total * STILL // 1)
    bad = counts(approved=total - failed, failed=failed)
    after = recovering(ill, bad, NOW)
    assert after.life.recovery < ill.life.recovery or after.life.recovery == 0.0


@given(sent, st.integers(1, 500))
@example([counts(failed=50), counts(approved=90, failed=7)], 129)
def test_at_the_rate_that_is_tolerated_or_less_the_evidence_rises_or_proves_a_lower_level(
    before: list[Counts], total: int
) -> None:
    ill = going_on(ILL, before)
    failed = int(total * 0.01)
    after = recovering(ill, counts(approved=total - failed, failed=failed), NOW)
    if after.incident.state == RECOVERING:
        full = 2 * rates(ill).needed
        assert after.life.recovery > ill.life.recovery or after.life.recovery == full
        return
    # It was proven to be well again, and by the same payments that it is ill yet: less than before.
    assert after.life.ill_attempts == ill.life.well_attempts + total
    assert mean_while_ill(ill) > mean_while_ill(after) > ILL.incident.worst.tolerated


@given(sent)
def test_a_silent_second_is_no_evidence(before: list[Counts]) -> None:
    ill = going_on(ILL, before)
    after = recovering(ill, NONE, NOW + 99)
    assert (after.life.recovery, after.life.well_since) == (ill.life.recovery, ill.life.well_since)


@pytest.mark.parametrize("tolerated", [0.0, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("at_least", [0.0, 0.5, 1.0])
def test_recovery_can_be_weighed_whatever_is_tolerated(tolerated: float, at_least: float) -> None:
    ill = followed(tolerated=tolerated, at_least=at_least)
    assert recovering(ill, GOOD, NOW).life.recovery > 0.0
    assert recovering(ill, counts(failed=100), NOW).life.recovery == 0.0


def test_declines_that_are_the_customers_doing_keep_no_incident_open() -> None:
    ill = followed(signal="denied", tolerated=0.02)
    came = counts(approved=50, denied=50, customer=50)
    assert recovering(ill, came, NOW).life.recovery == recovering(ill, GOOD, NOW).life.recovery


def test_severity_is_that_of_the_worst_score() -> None:
    [(_, told)] = Life().go(9, seen(80)).told
    assert told.incident.severity == severity(told.incident.worst.score)


def got_worse(rate: float, told: float = 0.03, before: int = 400) -> list[str]:
    """What is told of one that was critical at `told`, and so long after it shows `rate`."""
    life = Life().go(5, seen_at(told)).go(before, seen_at(told)).go(5, seen_at(rate))
    return [item.transition for _, item in life.told]


def seen_at(rate: float) -> Sighting:
    found = verdict(SEGMENT, score=80.0, rate=rate, at_least=rate * 0.8)
    return Sighting(found, NOW, {"issuer": 9}, 0.003)


def test_what_gets_far_worse_than_was_told_is_told_though_it_was_critical_before() -> None:
    assert got_worse(0.44) == [OPENED, WORSE]
    assert got_worse(0.06) == [OPENED]


def test_what_grows_while_its_page_is_read_is_not_told_again() -> None:
    assert got_worse(0.44, before=60) == [OPENED]


def test_far_worse_has_a_key_of_its_own_each_time() -> None:
    life = Life()
    for rate in (0.02, 0.08, 0.4):
        life.go(400, seen_at(rate))
    assert [item.transition for _, item in life.told] == [OPENED, WORSE, WORSE]
    assert len({item.key for _, item in life.told}) == 3
