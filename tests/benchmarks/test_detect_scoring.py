"""The benchmark's own laws: what it calls found, false and late."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from benchmarks.detect.by_minute import MeanAndSigma, ScoreHybrid
from benchmarks.detect.labels import (
    CUSTOMERS,
    EARLY,
    FIRST_RENEWALS,
    INCIDENT,
    RENEWALS,
    SILENCE,
    SLOWNESS,
    Label,
    bound_payments,
    bound_seconds,
    divergence,
)
from benchmarks.detect.rival import Alarm, Pairs, Rival
from benchmarks.detect.rivals import PLAIN, ConsecutiveFailures, FixedRateOfTen, FixedThreshold
from benchmarks.detect.scoring import (
    MISPLACED,
    QUIET,
    Page,
    Result,
    delay_quantile,
    kaplan_meier,
    poisson_bounds,
    poisson_upper,
    quantile,
    score,
)

SEGMENT = "issuer=HDFC&network=VISA"
START, LEARNED = 0, 600
INCIDENT_AT = Label(INCIDENT, SEGMENT, 1000, 1300, 600.0, 0.01, 0.5, share=0.5)
WAVE = Label(CUSTOMERS, "", 3000, 3600, 6000.0, 0.02, 0.3, share=0.3)


def scored(*pages: Page, labels: Sequence[Label] = (INCIDENT_AT, WAVE)) -> Result:
    exposure = {label: [10] * 500 for label in labels if label.is_fault}
    return score(labels, pages, exposure, LEARNED, 10_000, alike)


def alike(one: str, two: str) -> bool:
    """All of HDFC's cards are of bank H."""
    return one == two or {one, two} == {SEGMENT, "method=H"}


@pytest.mark.parametrize("key", [SEGMENT, "issuer=HDFC", "network=VISA", ""])
def test_a_page_that_contains_the_incident_finds_it(key: str) -> None:
    result = scored(Page(1009, key))
    (found,) = result.found
    assert (found.delay, found.payments, found.before) == (10, 100, 90)
    assert found.exact == (key == SEGMENT)
    assert (result.precision, result.recall, result.false_pages) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (Page(1009, "issuer=SBI"), QUIET),
        (Page(1009, "gateway=payu"), MISPLACED),
        (Page(1421, SEGMENT), QUIET),
        (Page(999, SEGMENT), QUIET),
        (Page(3005, "issuer=SBI"), CUSTOMERS),
    ],
)
def test_a_page_for_nothing_is_false(page: Page, where: str) -> None:
    result = scored(page)
    assert result.false == {where: 1}
    assert (result.precision, result.recall) == (0.0, 0.0)


def test_what_else_an_incident_brings_about_is_no_false_page() -> None:
    result = scored(Page(1009, SEGMENT), Page(1010, ""), Page(1011, "gateway=payu"))
    assert (result.found[0].pages, result.false_pages) == (3, 0)


def test_who_says_nothing_has_found_nothing() -> None:
    silent = scored()
    assert (silent.f1, silent.recall, silent.false_a_week) == (0.0, 0.0, 0.0)


def test_one_page_finds_one_incident() -> None:
    other = replace(INCIDENT_AT, slice="issuer=SBI&network=VISA")
    result = scored(Page(1009, "network=VISA"), labels=(INCIDENT_AT, other))
    assert [item.delay for item in result.found] == [10, None]
    both = scored(Page(1009, SEGMENT), Page(1012, "network=VISA"), labels=(INCIDENT_AT, other))
    assert [item.delay for item in both.found] == [10, 13]


def test_nothing_counts_while_learning_and_false_pages_are_grouped() -> None:
    assert scored(Page(599, "")).false_pages == 0
    pages = [Page(second, "issuer=SBI") for second in (5000, 5030, 5060, 5061)]
    assert scored(*pages).false == {QUIET: 2}


def test_the_bound_is_evidence_over_divergence() -> None:
    assert divergence(0.3, 0.3) == 0.0
    assert math.isinf(divergence(0.5, 0.0))
    outage = replace(INCIDENT_AT, share=1.0)
    nats = math.log(600 * 7 * 24 * 60 * 1000)
    assert bound_payments(outage) == pytest.approx(nats / math.log(1 / 0.01))
    assert bound_seconds(outage) == pytest.approx(bound_payments(outage) / 10)


def test_what_is_over_before_its_evidence_has_come_is_not_detectable() -> None:
    assert bound_seconds(replace(INCIDENT_AT, volume=5.0, share=0.02)) is None


def test_a_ramp_brings_evidence_later() -> None:
    sudden, slow = bound_seconds(INCIDENT_AT), bound_seconds(replace(INCIDENT_AT, ramp=120))
    assert sudden is not None
    assert slow is not None
    assert slow > sudden


@pytest.mark.parametrize(("events", "upper"), [(0, 2.9957), (1, 4.7439), (10, 16.9622)])
def test_the_poisson_bound_is_garwoods(events: int, upper: float) -> None:
    assert poisson_upper(events) == pytest.approx(upper, abs=1e-3)


def test_a_quantile_is_a_value_that_occurred() -> None:
    assert quantile([1, 2, 3, 40], 0.5) == 2
    assert quantile([1, 2, 3, 40], 0.95) == 40
    assert math.isnan(quantile([], 0.5))


def paged(rival: Rival, seconds: Sequence[tuple[int, int]], setting: float) -> list[int]:
    """The seconds at which a slice with these attempts and events pages."""
    alarm = Alarm(setting)
    pages: list[int] = []
    for second, pair in enumerate(seconds):
        counts: Pairs = {"": pair} if pair[0] else {}
        levels: Mapping[str, float] | None = rival.levels(second, counts)
        if levels:
            pages += [second for _ in alarm.second(second, levels)]
    return pages


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (FixedThreshold, 3000),
        (ConsecutiveFailures, 3004),
        (FixedRateOfTen, 3027),
        (MeanAndSigma, 3059),
        (ScoreHybrid, 3059),
    ],
)
def test_a_rival_pages_as_its_source_says(kind: type[Rival], first: int) -> None:
    """Ten payments a second of which one in 200 fails, then all."""
    quiet = [(10, int(second % 20 == 7)) for second in range(3000)]
    (page,) = paged(kind(), [*quiet, *[(10, 10)] * 100], kind.default)
    assert page == first


@pytest.mark.parametrize("kind", PLAIN)
def test_a_rival_says_nothing_about_nothing(kind: type[Rival]) -> None:
    assert paged(kind(), [(10, 0)] * 3600, kind.default) == []


def test_a_slice_pages_again_only_when_it_had_recovered() -> None:
    alarm = Alarm(1.0)
    assert alarm.second(0, {"": 1.0}) == [""]
    assert alarm.second(100, {"": 2.0}) == []
    assert alarm.second(101, {"": 0.5}) == []
    assert alarm.second(221, {"": 1.0}) == [""]


def test_settings_go_from_sensitive_to_deaf() -> None:
    for kind in PLAIN:
        assert list(kind.settings) == sorted(kind.settings)
        assert kind.default in kind.settings


def test_a_slice_of_the_same_payments_is_named_right() -> None:
    for page in (Page(1009, "method=H"), Page(1009, "issuer=HDFC", also=("method=H",))):
        (found,) = scored(page).found
        assert (found.delay, found.exact, found.equal) == (10, False, True)
    (found,) = scored(Page(1009, "issuer=HDFC")).found
    assert not found.equal


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (INCIDENT, "failed", "volume"),
        (INCIDENT, "attributable", "latency"),
        (SILENCE, "volume", "failed"),
        (SLOWNESS, "latency", "volume"),
    ],
)
def test_a_page_finds_what_it_is_about(kind: str, right: str, wrong: str) -> None:
    label = replace(INCIDENT_AT, kind=kind)
    assert scored(Page(1009, SEGMENT, signal=right), labels=[label]).recall == 1.0
    other = scored(Page(1009, SEGMENT, signal=wrong), labels=[label])
    assert (other.recall, other.false) == (0.0, {MISPLACED: 1})
    both = scored(
        Page(1009, SEGMENT, signal=wrong), Page(1012, SEGMENT, signal=right), labels=[label]
    )
    assert (both.recall, both.false_pages, both.found[0].pages) == (1.0, 0, 2)


def test_what_breaks_while_learning_may_be_found_then() -> None:
    early = replace(INCIDENT_AT, kind=EARLY, onset=300, end=500)
    result = scored(Page(310, SEGMENT), Page(320, "issuer=SBI"), labels=[early])
    assert (result.recall, result.false_pages) == (1.0, 0)


def test_the_first_night_of_a_batch_is_nobodys_fault() -> None:
    first = replace(WAVE, kind=FIRST_RENEWALS, slice="merchant=M4")
    later = replace(first, kind=RENEWALS, onset=6000, end=6600)
    result = scored(
        Page(3100, "merchant=M4"), Page(6100, "merchant=M4"), labels=[INCIDENT_AT, first, later]
    )
    assert (result.false, result.unjudged) == ({RENEWALS: 1}, 1)
    assert result.trap_pages == 1


def test_who_is_missed_is_censored_and_not_left_out() -> None:
    everybody = [(10.0, True), (20.0, True), (30.0, True), (40.0, True)]
    assert kaplan_meier(everybody, 0.5) == 20.0
    assert kaplan_meier([*everybody[:3], (15.0, False)], 0.5) == 20.0
    assert kaplan_meier([*everybody[:3], (40.0, False)], 0.95) == math.inf
    assert math.isnan(kaplan_meier([], 0.5))


def test_kaplan_and_meiers_own_example_comes_out() -> None:
    """Lives of eight: 0.8, 3.1, 5.4 and 9.2 ended, 1.0, 2.7, 7.0 and 12.1 were lost from sight; the
    estimate falls to 0.875, 0.700, 0.525 and 0.2625 (Kaplan, Meier, 1958, section 1.1)."""
    ended, lost = (0.8, 3.1, 5.4, 9.2), (1.0, 2.7, 7.0, 12.1)
    times = [*((time, True) for time in ended), *((time, False) for time in lost)]
    quantiles = [(0.125, 0.8), (0.126, 3.1), (0.3, 3.1), (0.475, 5.4), (0.7375, 9.2)]
    for q, time in quantiles:
        assert kaplan_meier(times, q) == time
    assert kaplan_meier(times, 0.74) == math.inf


def test_a_delay_that_nobody_saw_is_longer_than_the_incident() -> None:
    result = scored(
        Page(1009, SEGMENT), labels=(INCIDENT_AT, replace(INCIDENT_AT, slice="issuer=S"))
    )
    assert delay_quantile(result.detectable, 0.5) == 10
    assert delay_quantile(result.detectable, 0.95) == math.inf


@pytest.mark.parametrize(
    ("events", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)]
)
def test_the_two_sided_poisson_bounds_are_garwoods(events: int, low: float, high: float) -> None:
    assert list(poisson_bounds(events)) == pytest.approx([low, high], abs=1e-3)
