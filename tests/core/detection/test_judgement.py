"""The judgement of a second: what is told, what is excused, what is worst, what is let go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.counts import Counts
from functions.core.counting.harm import Harm
from functions.core.counting.slices import ALL, slice_values
from functions.core.detection.judgement import judged
from functions.core.detection.state import Rules, State
from functions.core.detection.volume import Drop
from functions.core.troubles.head import SILENCE
from functions.core.troubles.incident import (
    AGAIN,
    CLOSED,
    INCIDENT,
    OPENED,
    RECOVERING,
    WORSE,
    Incident,
)
from functions.core.troubles.recovery import Followed, Patience
from functions.core.troubles.recurrence import DAY, Recurrence
from tests.builders import NOW, announcement, counts, followed, verdict
from tests.steady_traffic import (
    CALM_SECONDS,
    RULES,
    SINCE,
    A,
    B,
    Slices,
    X,
    Y,
    after,
    arrived,
    changed,
    evidence,
    normals,
    seen,
    segments,
    told,
)

FAILED = "failed"
AX, BY = "issuer=A&network=X", "issuer=B&network=Y"
ALL_PARTS = ("AX", "AY", "BX", "BY")
WELL = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100))
ILL_ROUTE = segments(AX=seen(100, 0.4), AY=seen(100), BX=seen(100), BY=seen(100))
ILL_ISSUER = segments(AX=seen(100, 0.4), AY=seen(100, 0.4), BX=seen(100), BY=seen(100))
CALM = changed(WELL, WELL)


def judge(state: State, rules: Rules = RULES) -> State:
    return judged(state, rules, normals(state, rules))


def said(state: State) -> list[tuple[str, str, str]]:
    return [(item.transition, item.incident.slice, item.incident.signal) for item in state.outbox]


def at(state: State) -> int:
    return state.window.clock


def ill(state: State, *items: Followed) -> State:
    """The state with these incidents, and nothing said."""
    return replace(state, followed=items, outbox=())


def without(key: str) -> Slices:
    """What is well, of which the slice sends nothing."""
    parts = {"A": ("AX", "AY"), "B": ("BX", "BY"), "X": ("AX", "BX"), "AX": ("AX",), "": ALL_PARTS}
    gone = parts["".join(slice_values(key).values())]
    return segments(**{part: seen(100) for part in ALL_PARTS if part not in gone})


def silent(key: str) -> State:
    """Five seconds after the slice has fallen silent, of which nothing is known yet."""
    state = changed(WELL, without(key))
    drop = Drop(nats=99.0, since=SINCE, expected=100.0)
    volume = {**state.flow.volume, key: drop} if key == AX else state.flow.volume
    flow = replace(state.flow, volume=volume)
    return replace(state, flow=flow, followed=(), outbox=())


# ── Calm ──


def test_in_calm_the_state_stays_as_it_is() -> None:
    assert judge(CALM) is CALM


def test_what_was_worst_is_forgotten_in_calm() -> None:
    assert judge(replace(CALM, worst=verdict())) == replace(CALM, worst=None)


def test_it_is_learning_until_it_has_seen_enough() -> None:
    seconds = RULES.budget.learning_seconds
    assert after([WELL] * seconds).learning
    assert not after([WELL] * (seconds + 1)).learning


# ── What a fixed threshold would cry about, and what is no news ──


def steady(**fields: int) -> Slices:
    return {ALL: counts(**fields)}


def test_a_rate_that_is_always_beyond_its_warning_is_excused() -> None:
    state = after([steady(approved=95, failed=5, gateway=5)] * 200)
    assert state.excused == {name: at(state) for name in (FAILED, "attributable")}


def test_what_customers_do_is_excused_however_much_it_is() -> None:
    theirs = steady(approved=60, denied=40, customer=40)
    state = after([steady(approved=100)] * CALM_SECONDS + [theirs] * 60)
    assert state.excused == {"denied": at(state)}


@pytest.mark.parametrize(("failed", "excused"), [(10, []), (11, [FAILED])])
def test_a_rate_that_is_not_beyond_its_warning_needs_no_excuse(
    failed: int, excused: list[str]
) -> None:
    state = after([steady(approved=1000 - failed, failed=failed)] * 200)
    assert list(state.excused) == excused


def test_what_is_news_is_not_excused() -> None:
    state = after([steady(approved=100)] * CALM_SECONDS + [steady(approved=60, failed=40)] * 60)
    assert state.excused == {}


def test_what_is_excused_is_remembered_with_the_second_in_which_it_was_last() -> None:
    usual, well = steady(approved=95, failed=5), steady(approved=100)
    state = after([usual] * 200 + [well] * 90)
    [(name, last)] = state.excused.items()
    assert name == FAILED
    assert NOW + 199 < last < NOW + 199 + state.window.width


def test_where_failures_cluster_more_of_them_are_no_news() -> None:
    state = changed(steady(approved=990, failed=10), steady(approved=950, failed=50), 60)
    assert judge(replace(state, excused={})).excused == {}
    clustered = replace(state.tracker.baseline, dispersion={FAILED: {ALL: 300.0}})
    state = replace(state, tracker=replace(state.tracker, baseline=clustered), excused={})
    assert judge(state).excused == {FAILED: at(state)}


@pytest.mark.parametrize(("failed", "is_excused"), [(30, True), (75, False)])
def test_while_all_is_learned_less_than_half_of_it_failing_is_excused(
    failed: int, is_excused: bool
) -> None:
    state = after([steady(approved=100 - failed, failed=failed)] * 20)
    assert (FAILED in state.excused) is is_excused


def test_silence_is_excused_before_anything_is_known() -> None:
    state = after([{}] * 5)
    assert state.excused == {SILENCE: at(state)}


@pytest.mark.parametrize(("every", "is_excused"), [(1, False), (30, True)])
def test_silence_is_excused_where_no_payment_was_to_be_expected(
    every: int, is_excused: bool
) -> None:
    came = [steady(approved=1) if second % every == 0 else {} for second in range(300)]
    state = after([*came, *[dict[str, Counts]()] * 90])
    assert (SILENCE in state.excused) is is_excused


def test_silence_is_excused_no_more_when_it_lasts() -> None:
    came = [steady(approved=1) if second % 10 == 0 else {} for second in range(300)]
    state = after([*came, *[dict[str, Counts]()] * 300])
    needed = state.tracker.needed
    assert NOW + 291 + 10 * needed - 30 < state.excused[SILENCE] < NOW + 291 + 10 * needed + 30


def test_while_payments_come_there_is_no_silence() -> None:
    assert SILENCE not in after([steady(approved=1)] * 100).excused


# ── What open incidents turn out to be about ──


def test_an_incident_that_reaches_further_is_told_as_worse() -> None:
    state = after([WELL] * CALM_SECONDS + [ILL_ROUTE] * 20 + [ILL_ISSUER] * 20)
    assert said(state) == [(OPENED, AX, FAILED), (WORSE, A, FAILED)]


REACHES_FURTHER = evidence(changed(WELL, ILL_ISSUER, 10), 0.0)


@pytest.mark.parametrize(
    ("state", "places"), [("incident", [(WORSE, A, FAILED)]), (RECOVERING, [])]
)
def test_an_incident_that_is_recovering_reaches_no_further(
    state: str, places: list[tuple[str, str, str]]
) -> None:
    well_since = SINCE + 9 if state == RECOVERING else 0
    item = followed(slice=AX, started_at=SINCE, state=state, well_since=well_since)
    after_ = judge(ill(REACHES_FURTHER, item))
    assert said(after_) == places
    assert len(after_.followed) == 1


def test_what_another_incident_explains_is_no_wider_reach() -> None:
    well = segments(AX=seen(100), BX=seen(100), CX=seen(100))
    both = segments(AX=seen(100, 0.4), BX=seen(100, 0.4), CX=seen(100))
    state = evidence(changed(well, both, 10), 0.0)
    one = followed(id="PW-1", slice=AX, started_at=SINCE)
    two = followed(id="PW-2", slice="issuer=B&network=X", started_at=SINCE)
    assert said(judge(ill(state, one, two))) == []
    #  nor is it while nobody has told of the other: that is a trouble beside this one
    assert said(judge(ill(state, one))) == []
    every = segments(AX=seen(100, 0.4), BX=seen(100, 0.4), CX=seen(100, 0.4))
    state = evidence(changed(well, every, 10), 0.0)
    assert said(judge(ill(state, one))) == [(WORSE, X, FAILED)]


# ── What goes missing or slow ──


def test_a_slice_that_falls_silent_is_told() -> None:
    assert said(judge(silent(B))) == [(OPENED, B, "volume")]


@pytest.mark.parametrize("key", [A, X, AX, ALL])
def test_payments_that_go_missing_where_an_incident_is_nested_are_a_part_of_it(key: str) -> None:
    state = judge(ill(silent(key), followed(slice=AX, started_at=SINCE)))
    assert [what for what, _, _ in said(state) if what == OPENED] == []
    [trouble] = state.troubles
    assert [(part.signal, part.slice) for part in trouble.parts] == [("volume", key)]


def test_an_incident_explains_that_payments_go_missing_in_what_it_crosses() -> None:
    state = ill(silent(X), followed(slice=A, started_at=SINCE))
    assert said(judge(state)) == []
    assert [trouble.parts for trouble in judge(state).troubles] == [()]


def test_an_incident_explains_that_payments_go_missing_while_it_is_remembered() -> None:
    over = followed(slice=A, started_at=SINCE, closed_at=SINCE + 3)
    assert said(judge(ill(silent(A), over))) == []


def test_an_incident_does_not_explain_what_goes_missing_elsewhere() -> None:
    state = ill(silent(B), followed(slice=AX, started_at=SINCE))
    assert said(judge(state)) == [(OPENED, B, "volume")]


def test_an_incident_in_which_nothing_fails_explains_nothing_that_goes_missing() -> None:
    wave = followed(slice=ALL, signal="customer", started_at=SINCE)
    assert said(judge(ill(silent(B), wave))) == [(OPENED, B, "volume")]


# ── What evidence is let go ──


def test_an_open_incident_explains_the_evidence_on_its_slice_and_the_wider_ones() -> None:
    state = after([WELL] * CALM_SECONDS + [ILL_ROUTE] * 20)
    assert told(state) == [AX]
    assert state.tracker.hot == frozenset()


def closing(key: str, name: str = "PW-1") -> Followed:
    """An incident that is proven to be over."""
    clock = at(CALM)
    return followed(id=name, slice=key, started_at=clock - 90, well_since=clock - 60, recovery=9.0)


def test_when_an_incident_is_over_the_evidence_is_let_go_that_shares_its_payments() -> None:
    every = (ALL, A, B, X, Y, AX, BY)
    state = judge(ill(evidence(CALM, 0.5, *every), closing(AX)))
    assert said(state) == [(CLOSED, AX, FAILED)]
    assert set(state.tracker.evidence[FAILED]) == {B, Y, BY}
    assert state.tracker.hot == {(FAILED, key) for key in (B, Y, BY)}


def test_when_an_incident_is_over_the_evidence_of_other_signals_stays() -> None:
    state = evidence(CALM, 0.5, A, AX)
    trails = {**state.tracker.evidence, "reversed": state.tracker.evidence[FAILED]}
    hot = state.tracker.hot | {("reversed", key) for key in (A, AX)}
    state = replace(state, tracker=replace(state.tracker, evidence=trails, hot=hot))
    left = judge(ill(state, closing(AX))).tracker
    assert set(left.evidence[FAILED]) == set()
    assert set(left.evidence["reversed"]) == {A, AX}
    assert left.hot == {("reversed", A), ("reversed", AX)}


@pytest.mark.parametrize(
    ("where", "kept"),
    [("BY", True), ("AY", False)],  # Y fails beside issuer A, or in what it shares with it
)
def test_when_an_incident_is_over_what_goes_on_beside_it_keeps_its_evidence(
    where: str, kept: bool
) -> None:
    well = {name: seen(100) for name in ("AX", "AY", "BX", "BY")}
    state = changed(WELL, segments(**{**well, where: seen(100, 0.4)}), 10)
    state = judge(ill(evidence(state, 0.9, Y), closing(A)))
    assert (CLOSED, A, FAILED) in said(state)
    assert (Y in state.tracker.evidence[FAILED]) is kept


def test_what_shares_payments_with_any_incident_that_is_over_is_let_go() -> None:
    state = ill(evidence(CALM, 0.5, A, B, "issuer=C"), closing(AX, "PW-1"), closing(BY, "PW-2"))
    assert set(judge(state).tracker.evidence[FAILED]) == {"issuer=C"}


def test_when_an_incident_is_over_what_others_explain_is_let_go_too() -> None:
    ill_route = segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100, 0.4))
    state = evidence(changed(WELL, ill_route, 10), 1.4, A, BY)
    goes_on = followed(id="PW-2", slice=BY, started_at=SINCE)
    state = judge(ill(state, closing(AX, "PW-1"), goes_on))
    assert said(state) == [(CLOSED, AX, FAILED)]
    assert state.tracker.hot == frozenset()


def test_an_incident_that_opens_lets_go_of_no_evidence() -> None:
    state = judge(evidence(silent(B), 0.5, B, BY))
    assert said(state) == [(OPENED, B, "volume")]
    assert set(state.tracker.evidence[FAILED]) == {B, BY}


def test_an_incident_that_goes_on_lets_go_of_no_evidence_that_is_not_sure() -> None:
    item = followed(slice=AX, started_at=at(CALM) - 90)
    state = judge(ill(evidence(CALM, 0.5, A, B), item))
    assert set(state.tracker.evidence[FAILED]) == {A, B}


def test_evidence_that_cooled_is_hot_no_more() -> None:
    state = evidence(CALM, 0.31, A)
    much = replace(state.tracker, current={**state.tracker.current, A: seen(10_000)})
    assert judge(replace(state, tracker=much)).tracker.hot == frozenset()


# ── What is worst ──


def test_the_worst_is_what_is_suspicious_when_nothing_else_is() -> None:
    worst = judge(evidence(CALM, 0.6, A)).worst
    assert worst is not None
    assert worst.slice == A
    assert worst.score == pytest.approx(30.0)


def test_the_worst_is_the_one_with_the_highest_score() -> None:
    state = evidence(silent(B), 0.6, A)
    worst = judge(state).worst
    assert worst is not None
    assert (worst.slice, worst.signal) == (B, "volume")
    outage = changed(WELL, ILL_ISSUER)
    worst = judge(evidence(outage, 0.9, B)).worst
    assert worst is not None
    assert worst.slice == A


def test_of_equals_the_worst_is_always_the_same() -> None:
    state = ill(CALM, *(followed(id=key, slice=key, started_at=SINCE) for key in (A, B)))
    back = ill(CALM, *reversed(state.followed))
    assert judge(state).worst == judge(back).worst


def test_the_worst_is_what_goes_missing_though_an_incident_explains_it() -> None:
    item = followed(slice=A, started_at=SINCE)
    worst = judge(ill(silent(A), item)).worst
    assert worst is not None
    assert worst.signal == "volume"


def test_an_incident_is_worst_as_its_slice_is_now_and_not_as_it_was() -> None:
    worst = judge(ill(CALM, followed(slice=AX, score=99.0, rate=0.9, started_at=NOW))).worst
    assert worst is not None
    assert (worst.slice, worst.score, worst.rate) == (AX, 50.0, 0.0)


def test_what_is_suspected_is_as_bad_as_what_is_told() -> None:
    slow = Rules(budget=RULES.budget, patience=Patience(confirm_seconds=60))
    state = judge(replace(changed(WELL, ILL_ISSUER), followed=(), outbox=()), slow)
    assert state.outbox == ()
    suspected = after([WELL] * CALM_SECONDS + [ILL_ISSUER] * 5, slow)
    assert suspected.outbox == ()
    assert suspected.worst is not None
    assert (suspected.worst.slice, suspected.worst.signal) == (A, FAILED)
    assert suspected.worst.score > 75


@pytest.mark.parametrize(
    "fields", [{"closed_at": at(CALM) - 9}, {"signal": "volume"}, {"signal": "customer"}]
)
def test_what_is_over_or_about_no_rate_is_not_worst(fields: dict[str, Any]) -> None:
    assert judge(ill(CALM, followed(slice=A, started_at=NOW, **fields))).worst is None


# ── What an announcement says of the latest seconds ──


def test_an_announcement_has_the_rate_since_the_incident_stands_out() -> None:
    state = after([WELL] * CALM_SECONDS + [ILL_ROUTE] * 1)
    [opening] = state.outbox
    latest = opening.incident.latest
    assert latest is not None
    assert latest.rate == pytest.approx(0.4)
    assert latest.seconds == 1


def test_an_announcement_has_the_rate_of_a_few_seconds_at_most() -> None:
    state = after([WELL] * CALM_SECONDS + [ILL_ROUTE] * 40 + [ILL_ISSUER] * 20)
    latest = state.outbox[-1].incident.latest
    assert latest is not None
    assert latest.seconds == RULES.patience.recent_seconds


@pytest.mark.parametrize(("each", "is_said"), [(19, False), (20, True)])
def test_of_few_attempts_no_latest_rate_is_said(each: int, is_said: bool) -> None:
    thin = {ALL: seen(100), A: seen(each)}
    state = changed(thin, {ALL: seen(100), A: seen(each, 1.0)}, 1)
    [opening] = state.outbox
    assert (opening.incident.latest is not None) is is_said


def test_the_end_of_an_incident_and_what_is_no_rate_have_no_latest_rate() -> None:
    [closed] = judge(ill(CALM, closing(A))).outbox
    [missing] = judge(silent(B)).outbox
    assert (closed.incident.latest, missing.incident.latest) == (None, None)


# ── The harm done ──


def test_an_incident_begins_with_the_harm_since_its_first_bad_payment() -> None:
    slow = Rules(budget=RULES.budget, patience=Patience(confirm_seconds=4))
    [opening] = after([WELL] * CALM_SECONDS + [ILL_ROUTE] * 5, slow).outbox
    assert opening.incident.affected.payments == 5 * 40


def test_an_incident_that_comes_back_counts_every_payment_once() -> None:
    outage = [ILL_ROUTE] * 10
    state = after([WELL] * CALM_SECONDS + outage + [WELL] * 35 + outage)
    assert [item.transition for item in state.outbox] == [OPENED, CLOSED, AGAIN]
    [incident] = state.incidents
    assert incident.affected.payments == 20 * 40


def test_harm_that_an_incident_of_before_has_counted_is_not_counted_again() -> None:
    state = changed(WELL, ILL_ROUTE, 10)
    over = {"slice": AX, "started_at": SINCE, "closed_at": SINCE + 6, "affected": 280}
    [again] = judge(ill(state_with_evidence(state), followed(**over))).outbox
    assert (again.transition, again.incident.affected.payments) == (AGAIN, 280 + 3 * 40)
    elsewhere = followed(**{**over, "slice": BY})
    [new] = judge(ill(state_with_evidence(state), elsewhere)).outbox
    assert (new.transition, new.incident.affected.payments) == (OPENED, 10 * 40)


def state_with_evidence(state: State) -> State:
    """The state with evidence on route AX since the outage began."""
    return evidence(state, 1.4, AX)


# ── Laws ──


def test_what_was_counted_for_incidents_is_used_up_and_what_was_said_before_stays() -> None:
    first = announcement(id="PW-0")
    item = followed(slice=AX, started_at=SINCE)
    state = replace(ill(silent(B), item), came={AX: Harm(seen(100, 0.4))}, outbox=(first,))
    state = judge(state)
    assert state.came == {}
    assert state.incidents[0].affected.payments == 40
    assert [item.transition for item in state.outbox] == [OPENED, OPENED]
    assert state.outbox[0] == first


TROUBLES: list[Slices] = [
    WELL,
    ILL_ROUTE,
    ILL_ISSUER,
    segments(AX=seen(100), AY=seen(100), BX=seen(100), BY=seen(100, 0.9, "reversed", "unknown")),
    segments(AX=seen(100, 0.4, "denied", "customer"), AY=seen(100), BX=seen(100), BY=seen(100)),
    segments(AX=seen(100), AY=seen(100)),
    {},
]
comings = st.lists(st.tuples(st.sampled_from(TROUBLES), st.integers(1, 45)), max_size=4)


@given(comings)
def test_a_second_that_is_judged_again_says_nothing_new(runs: list[tuple[Slices, int]]) -> None:
    state = CALM_BEFORE
    for number, slices in enumerate(slices for slices, times in runs for _ in range(times)):
        state = arrived(state, CALM_SECONDS + number, slices)
    again = judge(state)
    assert again.outbox == state.outbox
    assert by_id(again) == by_id(state)


CALM_BEFORE = after([WELL] * CALM_SECONDS)


def by_id(state: State) -> dict[str, Incident]:
    return {incident.id: incident for incident in state.incidents}


DENYING = segments(AX=seen(100, 0.4, "denied", "unknown"), AY=seen(100), BX=seen(100), BY=seen(100))
NAMED = segments(AX=seen(100, 0.4, "denied", "issuer"), AY=seen(100), BX=seen(100), BY=seen(100))


@pytest.mark.parametrize(("denying", "severity"), [(DENYING, "warning"), (NAMED, "critical")])
def test_denials_without_a_code_are_a_warning_at_most(denying: Slices, severity: str) -> None:
    state = changed(WELL, denying, 60)
    assert {item.incident.severity for item in state.outbox} == {severity}
    assert state.score < 75.0 or severity == "critical"


def test_what_a_merchant_had_at_this_time_the_day_before_is_recorded_and_pages_nobody() -> None:
    calm = {ALL: seen(200), "merchant=M": seen(50), "merchant=N": seen(150)}
    ill = {ALL: seen(200, 0.1), "merchant=M": seen(50, 0.4), "merchant=N": seen(150)}
    before = Recurrence("merchant=M", "failing", SINCE - DAY, SINCE - DAY + 600, 0.4)
    state = after([calm] * CALM_SECONDS)
    for number in range(30):
        known = replace(state, recurrences=(before,))
        state = arrived(known, CALM_SECONDS + number, ill)
    assert [item.incident.slice for item in state.outbox] == ["merchant=M"]
    assert not any(item.incident.pages for item in state.outbox)
    assert state.score < 50.0


def test_a_trouble_of_a_merchant_that_is_over_is_remembered_with_its_time_of_day() -> None:
    calm = {ALL: seen(200), "merchant=M": seen(50), "merchant=N": seen(150)}
    ill = {ALL: seen(200, 0.1), "merchant=M": seen(50, 0.4), "merchant=N": seen(150)}
    state = after([calm] * CALM_SECONDS + [ill] * 60 + [calm] * 120)
    (noted,) = state.recurrences
    assert (noted.slice, noted.trouble) == ("merchant=M", "failing")
    assert abs(noted.began - SINCE) <= 1
    assert SINCE + 60 < noted.ended <= at(state)


def test_what_is_missing_stays_so_when_what_failed_there_before_is_over() -> None:
    reversed_, silent_ = TROUBLES[3], TROUBLES[5]
    state = CALM_BEFORE
    for number, slices in enumerate([reversed_, WELL, WELL, *[silent_] * 35]):
        state = arrived(state, CALM_SECONDS + number, slices)
    [missing] = [one for one in state.incidents if one.signal == "volume"]
    assert any(one.closed_at for one in state.incidents)
    assert missing.state == INCIDENT
