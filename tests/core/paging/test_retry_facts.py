"""A page says whether trying again helps, and what money to reconcile."""

from __future__ import annotations

import pytest

from functions.core.counting.signals import SIGNALS
from functions.core.paging.incident_page import incident_page
from functions.core.paging.page import SMS_LENGTH
from functions.core.paging.retry_facts import (
    is_money_unclear,
    money_facts,
    money_short,
    money_words,
    retry_facts,
)
from functions.core.troubles.blame import blame
from functions.core.troubles.incident import CLOSED, OPENED
from tests.builders import DASHBOARD, NOW, announcement


def test_time_outs_may_have_been_charged_and_are_reconciled_before_they_are_repeated() -> None:
    incident = announcement(OPENED, causes={"timeout": 90}).incident
    facts = dict(retry_facts(incident, blame(incident)))
    assert facts["Try again"].startswith("only after asking for the payment's status")
    assert facts["Money"].startswith("they may have been charged")
    assert "reconcile" in facts["Money"]


def test_of_several_causes_the_share_that_may_have_been_charged_is_told() -> None:
    incident = announcement(OPENED, causes={"issuer": 75, "timeout": 25}).incident
    assert money_words(incident).startswith("25 % of them may have been charged")
    assert money_short(incident) == ""


def test_what_issuers_and_customers_decline_was_not_charged() -> None:
    incident = announcement(OPENED, causes={"issuer": 75, "customer": 25}).incident
    assert not is_money_unclear(incident)
    assert money_words(incident) == "nothing was charged, as far as the codes say"
    assert money_facts(incident) == []


def test_without_any_cause_nobody_knows_whether_it_was_charged() -> None:
    incident = announcement(OPENED, causes={}).incident
    assert dict(retry_facts(incident, blame(incident)))["Money"].startswith("they may")


@pytest.mark.parametrize("signal", ["reversed", "backend_reversed"])
def test_what_was_reversed_was_charged_whatever_the_codes_say(signal: str) -> None:
    incident = announcement(OPENED, signal=signal, causes={"customer": 9}).incident
    assert "goes back" in money_words(incident)
    assert money_facts(incident)
    assert money_short(incident) == ""


@pytest.mark.parametrize("signal", [name for name in SIGNALS if SIGNALS[name].action])
def test_where_nothing_fails_there_is_nothing_to_repeat(signal: str) -> None:
    incident = announcement(OPENED, signal=signal, causes={"timeout": 9}).incident
    assert retry_facts(incident, blame(incident)) == money_facts(incident) == []
    assert money_short(incident) == ""


def test_the_page_under_way_says_both_and_at_the_end_what_is_left_to_reconcile() -> None:
    opened = incident_page(announcement(OPENED, causes={"timeout": 90}), DASHBOARD)
    assert {"Try again", "Money"} <= dict(opened.facts).keys()
    assert "may be charged" in opened.sms
    assert len(opened.sms) <= SMS_LENGTH
    closed = incident_page(
        announcement(CLOSED, causes={"timeout": 90}, closed_at=NOW + 300), DASHBOARD
    )
    assert "Money" in dict(closed.facts)
    assert "Try again" not in dict(closed.facts)
