"""The population of payments: who can pay by what way, and how often it goes wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.core.causes.diagnosis import explain
from functions.core.causes.knowledge import load
from functions.core.causes.vocabulary import PATH_CAUSES
from functions.core.payments.event import DIMENSIONS
from producer.mix import (
    CAUSE_REASONS,
    DENIALS,
    DENYING_CAUSES,
    HOME,
    OTHER_OUTAGE,
    OUTAGE_REASONS,
    TECHNICAL,
    Mix,
    Profile,
    Reason,
)

MIX = Mix()
KNOWLEDGE = load()
METHODS = {method.name: method for method in MIX.methods}


def shares(of: Callable[[Profile], object], mix: Mix = MIX) -> dict[object, float]:
    """The part of all payments that each value has, by the weights that profiles are drawn by."""
    profiles, cumulated = mix.profiles()
    found: dict[object, float] = defaultdict(float)
    for profile, weight, before in zip(profiles, cumulated, [0.0, *cumulated], strict=False):
        found[of(profile)] += (weight - before) / cumulated[-1]
    return found


def causes(reasons: tuple[Reason, ...]) -> dict[str, float]:
    """The share of each cause among payments that fail for these reasons."""
    found: dict[str, float] = defaultdict(float)
    for reason in reasons:
        found[explain(reason.scheme, reason.code, KNOWLEDGE).cause] += reason.share
    return found


def test_places_have_their_shares_whatever_can_be_paid_with_there() -> None:
    total = sum(place.share for place in MIX.places)
    found = shares(lambda profile: profile.region)
    assert found == pytest.approx({place.region: place.share / total for place in MIX.places})


def test_methods_have_their_shares_at_home() -> None:
    at_home = replace(MIX, places=tuple(p for p in MIX.places if p.country == HOME))
    found = shares(lambda profile: profile.method, at_home)
    assert found == pytest.approx({method.name: method.share for method in MIX.methods})


def test_issuers_and_networks_have_their_shares_where_there_are_any() -> None:
    issuers = shares(lambda profile: profile.issuer)
    rest = 1.0 - issuers.pop(None)
    assert {name: share / rest for name, share in issuers.items()} == pytest.approx(
        {issuer.name: issuer.share for issuer in MIX.issuers}
    )
    networks = shares(lambda profile: profile.network)
    rest = 1.0 - networks.pop(None)
    assert {name: share / rest for name, share in networks.items()} == pytest.approx(
        dict(MIX.networks)
    )


def test_only_shares_matter_not_what_they_sum_up_to() -> None:
    doubled = replace(
        MIX,
        issuers=tuple(one._replace(share=2 * one.share) for one in MIX.issuers),
        networks=tuple((name, 2 * share) for name, share in MIX.networks),
        methods=tuple(one._replace(share=2 * one.share) for one in MIX.methods),
    )
    assert shares(lambda profile: profile, doubled) == pytest.approx(shares(lambda one: one))


def test_a_profile_has_what_its_method_has() -> None:
    for profile in MIX.profiles()[0]:
        method = METHODS[profile.method]
        assert (profile.network is not None) == method.has_network
        assert (profile.issuer is not None) == method.has_issuer
        assert profile.country == HOME or method.abroad


def test_a_profile_fails_as_its_issuer_does() -> None:
    rates = {issuer.name: (issuer.denied, issuer.failed) for issuer in MIX.issuers}
    for profile in MIX.profiles()[0]:
        if profile.issuer is not None:
            assert (profile.denied, profile.failed) == rates[profile.issuer]


def test_every_dimension_has_its_values_each_once() -> None:
    assert set(MIX.values) == set(DIMENSIONS)
    for name, values in MIX.values.items():
        assert values, name
        assert len(values) == len(set(values)), name
    for profile in MIX.profiles()[0]:
        for name in ("region", "country", "currency", "method", "network", "issuer"):
            assert getattr(profile, name) in (None, *MIX.values[name])


def test_no_issuer_and_gateway_together_fail_more_than_four_in_a_thousand() -> None:
    mix = Mix()
    profiles, _ = mix.profiles()
    worst_gateway = max(gateway.failed for gateway in mix.gateways)
    assert max(profile.failed for profile in profiles) + worst_gateway < 0.004
    assert 0.04 <= min(p.denied for p in profiles) <= max(p.denied for p in profiles) <= 0.13


@pytest.mark.parametrize(
    "reasons", [DENIALS, TECHNICAL, OTHER_OUTAGE, *CAUSE_REASONS.values()], ids=len
)
def test_the_shares_of_reasons_are_all_there_is_and_each_code_is_known(
    reasons: tuple[Reason, ...],
) -> None:
    assert sum(reason.share for reason in reasons) == pytest.approx(1.0)
    for reason in reasons:
        assert explain(reason.scheme, reason.code, KNOWLEDGE).known, reason


@pytest.mark.parametrize("cause", CAUSE_REASONS)
def test_an_outage_that_is_given_a_cause_fails_by_it_most(cause: str) -> None:
    found = causes(CAUSE_REASONS[cause])
    assert max(found, key=found.__getitem__) == cause
    assert (cause in DENYING_CAUSES) == (cause not in PATH_CAUSES)


def test_an_outage_of_a_dimension_is_on_the_payment_path_and_so_is_a_technical_failure() -> None:
    for reasons in (*OUTAGE_REASONS.values(), OTHER_OUTAGE, TECHNICAL):
        assert set(causes(reasons)) <= PATH_CAUSES
    assert set(OUTAGE_REASONS) <= set(DIMENSIONS)


def test_what_is_denied_day_by_day_is_nobodys_outage() -> None:
    assert set(causes(DENIALS)) <= {"customer", "fraud"}
