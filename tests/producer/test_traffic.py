"""Simulated traffic: reproducible, exact in number, true to its mix, and calm on a steady day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.causes.diagnosis import classify
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import PATH_CAUSES
from functions.core.errors import Malformed
from functions.core.payments.codec import decode, pack
from functions.core.payments.event import ATTEMPT_STATUSES, DIMENSIONS, Payment
from producer.mix import Mix
from producer.pacing import Timed
from producer.scenario import SCENARIOS, Flaws, Outage, Scenario, prime_day
from producer.traffic import traffic

START_MS = 1_752_087_790_000


def scenario(**changes: object) -> Scenario:
    return replace(Scenario(name="test", rate=200.0, duration_s=10.0), **changes)  # type: ignore[arg-type]


def lines(simulated: Scenario, seed: int = 1) -> list[bytes]:
    return [timed.line for timed in traffic(simulated, seed=seed, start_ms=START_MS)]


def payments(simulated: Scenario, seed: int = 1) -> list[Payment]:
    found = (timed.event for timed in traffic(simulated, seed=seed, start_ms=START_MS))
    return [event for event in found if isinstance(event, Payment)]


flaws = st.builds(
    Flaws,
    late=st.floats(0, 0.25),
    duplicate=st.floats(0, 0.25),
    malformed=st.floats(0, 0.25),
    partial=st.floats(0, 0.25),
)
scenarios = st.builds(
    Scenario,
    name=st.just("any"),
    rate=st.floats(0.1, 300),
    duration_s=st.floats(0.1, 6),
    shape=st.sampled_from([SCENARIOS["steady"].shape, prime_day]),
    flaws=flaws,
)


@settings(max_examples=40, deadline=None)
@given(scenarios, st.integers(0, 2**63))
def test_the_same_seed_gives_the_same_bytes_at_the_same_times(
    simulated: Scenario, seed: int
) -> None:
    def sent() -> list[tuple[float, bytes]]:
        return [(t.at, t.line) for t in traffic(simulated, seed=seed, start_ms=START_MS)]

    assert sent() == sent()


def test_another_seed_gives_other_payments() -> None:
    assert not set(lines(scenario(), seed=1)) & set(lines(scenario(), seed=2))


@settings(max_examples=40, deadline=None)
@given(scenarios, st.integers(0, 1000))
def test_events_come_in_the_order_of_their_times_within_the_duration(
    simulated: Scenario, seed: int
) -> None:
    times = [timed.at for timed in traffic(simulated, seed=seed, start_ms=START_MS)]
    assert times == sorted(times)
    assert all(0.0 <= at <= simulated.duration_s for at in times)


@pytest.mark.parametrize(("rate", "seconds", "n"), [(200, 10, 2000), (0.1, 100, 10), (7.5, 4, 30)])
def test_a_steady_run_has_exactly_rate_times_duration_payments(
    rate: float, seconds: float, n: int
) -> None:
    assert len(lines(scenario(rate=rate, duration_s=seconds))) == n


def test_every_payment_has_an_id_of_its_own_also_across_runs() -> None:
    runs = [
        timed.event.transaction_id
        for start_ms in (START_MS, START_MS + 1)
        for timed in traffic(scenario(), seed=1, start_ms=start_ms)
        if isinstance(timed.event, Payment)
    ]
    assert len(set(runs)) == len(runs) == 4000


def test_without_flaws_the_event_time_is_the_send_time() -> None:
    for timed in traffic(scenario(), seed=1, start_ms=START_MS):
        assert isinstance(timed.event, Payment)
        assert abs(timed.event.timestamp_ms - START_MS - timed.at * 1000) <= 1


def test_shares_converge_to_those_of_the_mix() -> None:
    mix = Mix()
    found = payments(scenario(rate=5000.0))
    with_issuer = [payment for payment in found if payment.issuer]
    by_issuer = Counter(payment.issuer for payment in with_issuer)
    for issuer in mix.issuers:
        assert by_issuer[issuer.name] / len(with_issuer) == pytest.approx(issuer.share, abs=0.01)
    by_gateway = Counter(payment.gateway for payment in found)
    for gateway in mix.gateways:
        assert by_gateway[gateway.name] / len(found) == pytest.approx(gateway.share, abs=0.01)


def test_steady_traffic_stays_below_every_threshold_in_every_slice_of_one_dimension() -> None:
    knowledge = load()
    attempts: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for payment in payments(scenario(rate=5000.0, duration_s=20.0)):
        if payment.status not in ATTEMPT_STATUSES:
            continue
        path = classify(payment, knowledge) in PATH_CAUSES
        values = [("all", "")] + [(d, v) for d in DIMENSIONS if (v := getattr(payment, d))]
        for key in values:
            attempts[key] += 1
            shown[key][payment.status] += 1
            shown[key]["attributable"] += path
    for key, n in attempts.items():
        assert shown[key]["failed"] / n < 0.005, key
        assert shown[key]["attributable"] / n < 0.005, key
    overall = shown["all", ""]
    assert 0.001 <= overall["failed"] / attempts["all", ""] <= 0.003
    assert overall["denied"] / attempts["all", ""] < 0.08
    # Slices are judged by failures alone, so these matter for all traffic only.
    assert overall["reversed"] / attempts["all", ""] < 0.01
    assert overall["backend_reversed"] / attempts["all", ""] < 0.002


@pytest.mark.parametrize(
    ("where", "cause"),
    [
        ("issuer=HDFC,network=VISA", "issuer"),
        ("network=VISA", "network"),
        ("gateway=payu", "gateway"),
        ("merchant=amazon", "merchant"),
        ("region=US-WEST", "gateway"),
    ],
)
def test_an_outage_fails_its_share_of_its_slice_alone_by_a_cause_of_its_kind(
    where: str, cause: str
) -> None:
    outage = Outage.parse(f"{where},severity=0.5")
    knowledge = load()
    hit = [0, 0]
    elsewhere = [0, 0]
    causes: Counter[str] = Counter()
    for payment in payments(scenario(rate=3000.0, outages=(outage,))):
        inside = all(getattr(payment, d) == v for d, v in outage.slice.items())
        counts = hit if inside else elsewhere
        counts[0] += 1
        counts[1] += payment.status == "failed"
        if inside and payment.status == "failed":
            causes[classify(payment, knowledge)] += 1
    assert hit[1] / hit[0] == pytest.approx(0.5, abs=0.06)
    assert elsewhere[1] / elsewhere[0] < 0.005
    assert causes.most_common(1)[0][0] == cause


def test_what_an_outage_fails_is_slow() -> None:
    outage = Outage.parse("issuer=SBI")
    found = payments(scenario(outages=(outage,)))
    failed = [p.latency_ms or 0.0 for p in found if p.issuer == "SBI"]
    fine = [p.latency_ms or 0.0 for p in found if p.issuer == "HDFC"]
    assert sum(failed) / len(failed) > 4 * sum(fine) / len(fine)


def test_an_outage_of_all_traffic_fails_all_traffic() -> None:
    assert {p.status for p in payments(scenario(outages=(Outage.parse("severity=1"),)))} == {
        "failed"
    }


def test_an_outage_ends_when_its_duration_is_over() -> None:
    outage = Outage.parse("severity=1,start=2,duration=3")
    for payment in payments(scenario(outages=(outage,), mix=Mix(pending=0.0))):
        second = (payment.timestamp_ms - START_MS) / 1000
        if 2.001 <= second < 5:
            assert payment.status == "failed"


def test_prime_day_begins_low_and_has_bursts() -> None:
    shape = [prime_day(second, 100.0, seed=3) for second in range(100)]
    assert shape[0] == pytest.approx(0.3)
    assert 1.3 <= max(shape) <= 1.9
    assert shape == [prime_day(second, 100.0, seed=3) for second in range(100)]
    assert shape != [prime_day(second, 100.0, seed=4) for second in range(100)]


def test_late_payments_are_older_than_their_send_time() -> None:
    late = 0
    for timed in traffic(scenario(flaws=Flaws(late=1.0)), seed=1, start_ms=START_MS):
        assert isinstance(timed.event, Payment)
        age_s = timed.at - (timed.event.timestamp_ms - START_MS) / 1000
        assert 1.9 <= age_s <= 300.1
        late += age_s > 60
    assert late / 2000 == pytest.approx(0.1, abs=0.03)


def test_a_duplicate_is_the_same_event_again_on_top_of_the_rate() -> None:
    counts = Counter(lines(scenario(flaws=Flaws(duplicate=1.0))))
    assert len(counts) == 2000
    assert set(counts.values()) == {2}


def test_a_partial_event_has_the_fields_of_the_smallest_event_only() -> None:
    found = payments(scenario(flaws=Flaws(partial=1.0)))
    assert all(p.issuer is None and p.amount is None and p.error_code is None for p in found)
    assert all(p.device and p.region and p.user_id for p in found)


@pytest.mark.parametrize("packing", ["ndjson", "gzip", "zstd", "kpl"])
def test_a_malformed_event_is_one_malformed_event_however_it_is_packed(packing: str) -> None:
    found = [
        t.event for t in traffic(scenario(flaws=Flaws(malformed=0.3)), seed=1, start_ms=START_MS)
    ]
    wrong = sum(isinstance(event, bytes) for event in found)
    decoded = decode(pack([Timed(0.0, event).line for event in found], packing))
    assert wrong / len(found) == pytest.approx(0.3, abs=0.05)
    assert sum(isinstance(item, Malformed) for item in decoded) == wrong
    assert [p for p in decoded if isinstance(p, Payment)] == [
        event for event in found if isinstance(event, Payment)
    ]


def test_traffic_is_made_as_it_is_asked_for() -> None:
    endless: Iterator[Timed] = traffic(scenario(duration_s=1e9), seed=1, start_ms=START_MS)
    assert len(list(islice(endless, 10))) == 10
