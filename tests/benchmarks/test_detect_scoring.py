"""The benchmark's own laws: what it calls found, false and detectable, and what it generates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from benchmarks.detect.by_minute import MeanAndSigma, ScoreHybrid
from benchmarks.detect.labels import (
    CUSTOMERS,
    INCIDENT,
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
    poisson_upper,
    quantile,
    score,
)

SEGMENT = "issuer=HDFC&network=VISA"
START, LEARNED = 0, 600
INCIDENT_AT = Label(INCIDENT, SEGMENT, 1000, 1300, 600.0, 0.01, 0.5, share=0.5)
WAVE = Label(CUSTOMERS, "", 3000, 3600, 6000.0, 0.02, 0.3, share=0.3)


def scored(*pages: Page, labels: Sequence[Label] = (INCIDENT_AT, WAVE)) -> Result:
    exposure = {label: [10] * 500 for label in labels if label.kind == INCIDENT}
    return score(labels, pages, exposure, LEARNED, 10_000)


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


def test_streams_keep_their_laws() -> None:
    pytest.importorskip("numpy")
    from benchmarks.detect.labels import TRAPS
    from benchmarks.detect.plan import INCIDENTS
    from benchmarks.detect.population import OUTCOMES
    from benchmarks.detect.streams import REPORT_SEEDS, TUNING_SEEDS, stream

    assert not set(TUNING_SEEDS) & set(REPORT_SEEDS)
    made, again = stream(TUNING_SEEDS[0]), stream(TUNING_SEEDS[0])
    assert made.labels == again.labels
    assert sum(label.kind == INCIDENT for label in made.labels) == INCIDENTS
    assert {label.kind for label in made.labels} <= {INCIDENT, *TRAPS}
    for label in made.labels:
        assert made.learned <= label.onset < label.end <= made.end
        assert label.slice in made.market.slices
    for (minute, counts), (_, same) in zip(made.minutes(), again.minutes(), strict=True):
        assert counts.shape == (60, len(made.market.slices), len(OUTCOMES))
        assert (counts >= 0).all()
        assert (counts == same).all()
        by_issuer = [key.startswith("issuer") and "&" not in key for key in made.market.slices]
        assert (counts[:, by_issuer].sum(axis=1) == counts[:, 0]).all()
        if minute > made.learned:
            break


def test_an_incident_raises_what_it_says() -> None:
    pytest.importorskip("numpy")
    from benchmarks.detect.streams import TUNING_SEEDS, stream

    made = stream(TUNING_SEEDS[1])
    label = max(
        (label for label in made.labels if label.kind == INCIDENT and label.seconds >= 300),
        key=lambda label: label.volume,
    )
    inside = replace(made, start=label.onset - label.onset % 60 + 60, end=label.end)
    failed = attempts = 0
    for second, slices in inside.seconds():
        if label.onset + label.ramp <= second < label.end and label.slice in slices:
            outcomes = slices[label.slice]
            attempts += sum(outcomes)
            failed += sum(outcomes[1:4])
    ordinary = made.market.rate_of(label.slice, (1, 2, 3))
    assert failed / attempts == pytest.approx(ordinary + label.severity, abs=0.03)
