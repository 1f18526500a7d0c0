"""Outages and scenarios: what they accept, and how they say what is wrong."""

from __future__ import annotations

import math

import pytest

from functions.core.errors import SettingsError
from producer.scenario import SCENARIOS, Flaws, Outage, Scenario, scenario_from


def faults_of(text: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Outage.parse(text)
    return caught.value.faults


def test_an_outage_is_read_from_its_text() -> None:
    text = "issuer=HDFC, network=VISA,severity=0.5,start=60,duration=120,ramp=10"
    assert Outage.parse(text) == Outage(
        slice={"issuer": "HDFC", "network": "VISA"},
        share_lost=0.5,
        start_s=60.0,
        duration_s=120.0,
        ramp_s=10.0,
    )


def test_an_outage_is_full_and_without_end_unless_it_says_otherwise() -> None:
    outage = Outage.parse("issuer=HDFC")
    assert (outage.share_lost, outage.start_s, outage.duration_s, outage.ramp_s) == (
        1,
        0,
        math.inf,
        0,
    )


def test_an_outage_may_say_its_cause_and_customers_are_denied() -> None:
    wave = Outage.parse("severity=0.2,cause=customer")
    assert (wave.slice, wave.cause, wave.status) == ({}, "customer", "denied")
    assert {reason.code for reason in wave.reasons} == {"51", "61"}
    assert Outage.parse("issuer=HDFC,cause=timeout").status == "failed"
    assert "unknown cause 'moon'; known: issuer" in faults_of("issuer=HDFC,cause=moon")[0]


def test_all_faults_of_an_outage_are_told_at_once() -> None:
    faults = faults_of("isuer=HDFC,severity=2,start=soon,duration=0,ramp=-1,oops,issuer=A,issuer=B")
    assert len(faults) == 7
    assert any("unknown dimension 'isuer'; known: region, device" in fault for fault in faults)
    assert any("severity is 2, want a share from 0 to 1" in fault for fault in faults)
    assert any("start is 'soon', want a number" in fault for fault in faults)
    assert any("issuer is given twice" in fault for fault in faults)


@pytest.mark.parametrize("text", ["", ",", "severity=nan", "severity=-0.1", "ramp=inf", "issuer="])
def test_what_makes_no_sense_is_no_outage(text: str) -> None:
    assert len(faults_of(text)) == 1


def test_the_share_lost_rises_over_the_ramp_and_ends_at_once() -> None:
    # 0    10   14        20
    # |____/‾‾‾‾‾‾‾‾‾‾‾‾‾‾|
    outage = Outage.parse("issuer=HDFC,severity=0.8,start=10,duration=10,ramp=4")
    levels = [outage.level(at) for at in (9.9, 10, 12, 14, 19.9, 20)]
    assert levels == pytest.approx([0, 0, 0.4, 0.8, 0.8, 0])


def test_an_outage_of_a_slice_without_traffic_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"issuer=HDFX gets no traffic; known: HDFC"):
        scenario_from("steady", None, None, ["issuer=HDFX"], {})
    with pytest.raises(SettingsError, match="do not occur together"):
        scenario_from("steady", None, None, ["method=upi,network=VISA"], {})
    scenario_from("steady", None, None, ["gateway=payu,merchant=amazon,method=upi"], {})


def test_all_faults_of_a_scenario_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        scenario_from("steady", -1.0, 0.0, ["severity=3"], {"late": 0.8, "partial": 0.8})
    assert len(caught.value.faults) == 4


def test_an_unknown_scenario_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="known: steady, prime-day"):
        scenario_from("black-friday", None, None, [], {})


def test_what_is_not_given_stays_as_in_the_scenario() -> None:
    found = scenario_from("prime-day", None, 5.0, [], {"late": None, "malformed": 0.1})
    base = SCENARIOS["prime-day"]
    assert (found.rate, found.duration_s) == (base.rate, 5.0)
    assert found.flaws == Flaws(late=base.flaws.late, partial=base.flaws.partial, malformed=0.1)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(SettingsError, match="want a share from 0 to 1"):
        Scenario(name="x", rate=1.0, duration_s=1.0, flaws=Flaws(late=share))
