"""The whole chain on a virtual clock: who is paged about what, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from functions.core.counting.partial import Partial
from functions.core.counting.signals import VOLUME
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.monitoring.alarms import alarms
from functions.core.troubles.incident import CLOSED, Announcement, Incident
from ops.backtest.alarm_rules import AlarmRule, default_rules
from ops.backtest.chain import TICK_SECONDS, Chain, Paged
from tests.builders import NOW, counts
from tests.traffic import Fault, Traffic

RULES = Rules(budget=Budget(learning_seconds=30))
PUBLISH_SECONDS = 5
DAY = 86_400
BETA = {"gateway": "beta"}


@dataclass
class Ran:
    """What a chain told of a history; times are seconds from NOW."""

    chain: Chain
    pages: list[Paged] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)
    open: list[Incident] = field(default_factory=list)

    @property
    def closed(self) -> list[Incident]:
        return [item.incident for item in self.announced if item.transition == CLOSED]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(page.alarm, page.state) for page in self.pages]

    def red(self, alarm: str) -> tuple[int, int]:
        found = self.chain.red.get(alarm)
        return (found.times, found.seconds) if found else (0, 0)


def ran(
    history: Iterable[tuple[int, Tally]],
    rules: Rules = RULES,
    alarm_rules: Sequence[AlarmRule] | None = None,
) -> Ran:
    pages: list[Paged] = []
    announced: list[Announcement] = []
    chain = Chain(
        rules,
        default_rules() if alarm_rules is None else alarm_rules,
        {alarm.name: alarm for alarm in alarms(rules.budget.thresholds)},
        publish_seconds=PUBLISH_SECONDS,
        on_page=pages.append,
        on_told=lambda announcement, _: announced.append(announcement),
    )
    for second, what in history:
        chain.second(second, what, second * 1000)
    return Ran(chain, pages, announced, chain.end())


def of(
    traffic: Traffic, seconds: int, missing: Callable[[int], bool] = lambda _: False
) -> Iterable[tuple[int, Tally]]:
    """The traffic's seconds, without those that are missing."""
    for number, partial in enumerate(traffic(seconds)):
        if not missing(number):
            yield NOW + number, partial.tally


def alike(count: int, every: int) -> Iterable[tuple[int, Tally]]:
    """So many approved payments, one every so many seconds."""
    for number in range(count):
        second = NOW + number * every
        yield second, Tally({second: Bucket({ALL: counts(approved=1)})})


@pytest.mark.parametrize("second", [0, 1, 2, 5, 31, 59])
def test_one_healthy_payment_a_minute_wakes_nobody(second: int) -> None:
    begin = NOW - NOW % 60 + second
    what = (
        (begin + 60 * n, Tally({begin + 60 * n: Bucket({ALL: counts(approved=1)})}))
        for n in range(40)
    )
    after = ran(what)
    assert after.pages == []
    assert after.red("EventLag") == after.red("NoTraffic") == (0, 0)


@pytest.mark.parametrize("every", [1, 60])
def test_payments_that_are_counted_long_after_they_were_made_lag(every: int) -> None:
    chain = ran(()).chain
    for at in range(NOW, NOW + 900, every):
        chain.second(at, Tally({at - 40: Bucket({ALL: counts(approved=1)})}), (at - 40) * 1000)
    assert chain.red["EventLag"].times == 1


def test_an_outage_in_history_is_one_page_and_one_recovery() -> None:
    after = ran(of(Traffic(rate=50, faults=(Fault(BETA, 0.5, 300, 420),)), 800))
    assert after.told == [("incident", "ALARM"), ("incident", "OK")]
    [incident] = after.closed
    assert (incident.slice, incident.signal) == ("gateway=beta", "failed")
    assert [page.incident and page.incident.id for page in after.pages] == [incident.id] * 2
    assert {incident.id in page.subject for page in after.pages} == {True}
    assert 300 <= after.pages[0].at - NOW <= 310
    assert 420 <= after.pages[1].at - NOW <= 480
    assert after.open == []
    # The alarms went red too, and joined.
    assert after.red("FailureRate-critical")[0] == 1


@pytest.mark.parametrize(
    ("where", "share", "width", "period", "pages"),
    [(BETA, 0.5, 60, 360, 2), ({"issuer": "SBI"}, 0.7, 40, 600, 2), (BETA, 0.4, 90, 1200, 3)],
)
def test_what_comes_and_goes_is_one_incident_that_says_so(
    where: dict[str, str], share: float, width: int, period: int, pages: int
) -> None:
    starts = [600 + number * period for number in range(5)]
    bursts = tuple(Fault(where, share, start, start + width, cause="gateway") for start in starts)
    after = ran(of(Traffic(rate=4, faults=bursts), starts[-1] + width + 200))
    assert len([page for page in after.pages if page.state == "ALARM"]) == pages
    assert {page.alarm for page in after.pages} == {"incident"}
    [incident] = after.open
    assert {item.incident.id for item in after.announced} == {incident.id}
    assert incident.times == 5


def test_what_gets_far_worse_while_it_comes_and_goes_is_told() -> None:
    shares = [(start, 0.1 if start < 1900 else 0.9) for start in range(600, 2600, 360)]
    bursts = tuple(
        Fault(BETA, share, start, start + 90, cause="gateway") for start, share in shares
    )
    after = ran(of(Traffic(rate=8, faults=bursts), 2600))
    worse = [item.incident for item in after.announced if item.transition == "worse"]
    assert worse
    assert worse[-1].worst.rate > 0.4


def test_an_outage_that_lasts_is_one_page_and_open_at_the_end() -> None:
    after = ran(of(Traffic(rate=50, faults=(Fault(BETA, 0.5, 200, 10_000),)), 320))
    assert after.told == [("incident", "ALARM")]
    assert (after.closed, [incident.slice for incident in after.open]) == ([], ["gateway=beta"])


def test_a_wave_of_customers_pages_nobody_though_alarms_go_red() -> None:
    wave = Fault({}, 0.3, 200, 320, "failed", "customer")
    after = ran(of(Traffic(rate=50, faults=(wave,)), 600))
    assert after.pages == []
    for name in ("FailureRate-warning", "FailureRate-critical"):
        times, seconds = after.red(name)
        assert times == 1
        # From the window's first failures until its last have left it.
        assert 120 <= seconds <= 200


@pytest.mark.parametrize("share", [0.03, 0.12, 0.4])
def test_an_alarm_on_what_is_excused_is_silent(share: float) -> None:
    after = ran(of(Traffic(rate=50, healthy={"failed": share}), 600))
    assert after.pages == []
    assert after.red("FailureRate-warning")[1] >= 500


def test_the_time_in_red_goes_on_to_the_end_where_it_lasts() -> None:
    wave = Fault({}, 0.3, 200, 10_000, "failed", "customer")
    short, long = (ran(of(Traffic(rate=50, faults=(wave,)), seconds)) for seconds in (260, 300))
    assert long.red("FailureRate-warning")[1] - short.red("FailureRate-warning")[1] == 40


def test_an_alarm_that_detect_has_nothing_on_pages_for_itself() -> None:
    def history() -> Iterable[tuple[int, Tally]]:
        for second, what in of(Traffic(rate=5), 400):
            if second == NOW + 200:
                what.park(second, 40)
            yield second, what

    assert ran(history()).told == [("Parked", "ALARM"), ("Parked", "OK")]


def test_an_odd_event_or_two_page_nobody() -> None:
    def history() -> Iterable[tuple[int, Tally]]:
        for second, what in of(Traffic(rate=5), 400):
            if second in (NOW + 100, NOW + 300):
                what.park(second)
                what.fault(second, ["parked: unknown_status"])
            yield second, what

    assert ran(history()).told == []


def test_an_alarm_that_the_template_has_beyond_those_of_paywatch_is_judged_too() -> None:
    [attempts] = [rule for rule in default_rules() if rule.name == "NoTraffic"]
    mine = replace(
        attempts,
        name="Rush",
        threshold=2000.0,
        comparison="GreaterThanThreshold",
        missing="notBreaching",
    )
    rush = [*of(Traffic(rate=20), 300), *of(Traffic(rate=50), 600, lambda n: n < 300)]
    assert ran(rush, RULES, [mine]).told == [("Rush", "ALARM")]


@pytest.mark.parametrize("minutes", [5, 60])
def test_dense_traffic_that_stops_is_one_page_and_one_recovery_and_no_traffic_is_red(
    minutes: int,
) -> None:
    back = 600 + minutes * 60
    after = ran(of(Traffic(rate=20), back + 600, lambda n: 600 <= n < back))
    assert after.told == [("incident", "ALARM"), ("incident", "OK")]
    [incident] = after.closed
    assert (incident.slice, incident.signal) == (ALL, VOLUME)
    assert after.pages[0].at - NOW <= 600 + 2 * TICK_SECONDS
    # Recovered is what came back, not what stayed silent for long.
    assert after.pages[1].at - NOW >= back
    assert after.red("NoTraffic")[0] == 1


def test_no_traffic_pages_where_detect_still_learns() -> None:
    learning = Rules(budget=Budget(learning_seconds=3600))
    after = ran(of(Traffic(rate=20), 1200, lambda n: 300 <= n < 900), learning)
    assert after.told == [("NoTraffic", "ALARM"), ("NoTraffic", "OK")]
    assert 300 + 180 <= after.pages[0].at - NOW <= 300 + 300
    assert after.pages[1].at - NOW >= 900


@pytest.mark.parametrize("every", [240, 600, 3600])
def test_a_silence_in_which_no_payment_was_to_be_expected_pages_nobody(every: int) -> None:
    assert ran(alike(40, every), Rules()).pages == []


@settings(max_examples=25)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=12))
def test_ticks_keep_time_in_gaps_once_a_minute(gaps: list[int]) -> None:
    second, seconds = NOW, [NOW]
    for gap in gaps:
        second += gap
        seconds.append(second)
    clocks: list[int] = []
    chain = ran([]).chain
    for at in seconds:
        before = chain.state.window.clock
        chain.quiet_until(at + 1)
        if before:
            minutes = range(before // TICK_SECONDS + 1, -(-(at + 1) // TICK_SECONDS))
            assert chain.state.window.clock == max(before, *(60 * m for m in minutes), 0)
        chain.second(at, Tally({at: Bucket({ALL: counts(approved=1)})}), at * 1000)
        clocks.append(chain.state.window.clock)
    # A payment arrives when its second is over.
    assert clocks == [at + 1 for at in seconds]
    ticks = chain.state.version - len(seconds)
    assert ticks <= sum(gaps) // TICK_SECONDS + len(gaps)
    assert chain.state.totals.payments == len(seconds)


def test_a_gap_of_a_day_costs_a_step_a_minute_and_no_more() -> None:
    def history() -> Iterable[tuple[int, Tally]]:
        for second, what in of(Traffic(rate=20), 400):
            later = second + DAY if second >= NOW + 200 else second
            yield later, Tally({later: what.seconds[second]})

    after = ran(history())
    assert after.chain.state.window.clock == NOW + 400 + DAY
    assert after.chain.state.version == 400 + DAY // TICK_SECONDS
    assert after.chain.state.totals.late == 0


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 99),
    gaps=st.lists(st.tuples(st.integers(10, 390), st.integers(1, 200)), max_size=4),
)
def test_a_history_with_gaps_equals_one_whose_every_second_is_stepped(
    seed: int, gaps: list[tuple[int, int]]
) -> None:
    fault = Fault(BETA, 0.6, 150, 260)
    missing = {at for begin, length in gaps for at in range(begin, begin + length)}
    history = list(of(Traffic(rate=20, seed=seed, faults=(fault,)), 400, lambda n: n in missing))
    in_steps = ran(history)
    every = ran([])
    second = NOW
    for at, what in history:
        while second < at:
            every.chain.quiet_until(second + 1)
            second += 1
        every.chain.second(at, what, at * 1000)
        second = at + 1
    every.open = every.chain.end()
    assert in_steps.pages == every.pages
    assert in_steps.announced == every.announced
    assert in_steps.open == every.open
    assert in_steps.chain.red == every.chain.red
    assert in_steps.chain.state == every.chain.state


def outbox_of(partials: Iterable[Partial]) -> list[Announcement]:
    """What detect's step tells, alone."""
    state = initial(RULES)
    told: list[Announcement] = []
    for partial in partials:
        state, _ = step(state, (partial,), RULES, [item.key for item in state.outbox])
        told += state.outbox
    return told


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 99), share=st.sampled_from([0.1, 0.4, 0.9]))
def test_the_incidents_are_those_that_detect_tells_alone(seed: int, share: float) -> None:
    history = list(of(Traffic(rate=30, seed=seed, faults=(Fault(BETA, share, 120, 200),)), 300))
    alone = outbox_of(
        Partial("backtest", str(n), str(n), (second + 1) * 1000, second * 1000, what)
        for n, (second, what) in enumerate(history, 1)
    )
    in_one_go, _ = step(
        initial(RULES),
        [
            Partial("backtest", str(n), str(n), (second + 1) * 1000, second * 1000, what)
            for n, (second, what) in enumerate(history, 1)
        ],
        RULES,
    )
    after = ran(history)
    assert list(in_one_go.outbox) == alone
    assert after.closed == [item.incident for item in alone if item.transition == CLOSED]
    assert [incident.id for incident in after.open] == [
        incident.id for incident in in_one_go.incidents if incident.is_open
    ]
    assert after.chain.state.totals == in_one_go.totals
    assert after.chain.state.tracker == in_one_go.tracker


def test_nothing_comes_of_nothing() -> None:
    after = ran([])
    assert (after.pages, after.closed, after.open, after.chain.red) == ([], [], [], {})
