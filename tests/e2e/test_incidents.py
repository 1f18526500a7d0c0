"""A gateway breaks, then customers run out of funds: one page, two records, and people's answers."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.sns import AlarmsTopic
from functions.core.troubles.incident import CLOSED, OPENED, spoken_id
from producer.scenario import SCENARIOS, Outage
from producer.traffic import traffic
from tests.builders import announcement, event_bytes
from tests.e2e.conftest import Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.enable_socket]

GATEWAY = Outage(slice={"gateway": "payu"}, share_lost=0.7, start_s=12.0, duration_s=12.0)
FUNDS = Outage(slice={}, share_lost=0.4, start_s=45.0, duration_s=20.0, cause="customer")


def listed(deployment: Deployment) -> list[dict[str, Any]]:
    """What `paywatch incidents` lists, the oldest first."""
    lines = deployment.paywatch("incidents", "--json").splitlines()
    return [json.loads(line) for line in reversed(lines)]


def records(deployment: Deployment, number: int, what: str) -> list[dict[str, Any]]:
    """So many, the first of which is closed."""

    def found() -> list[dict[str, Any]] | None:
        every = listed(deployment)
        is_whole = len(every) >= number and every[0]["closed_at"] is not None
        return every if is_whole else None

    every = deployment.fact(found, what, lambda: json.dumps(listed(deployment), indent=1))
    assert len(every) == number, json.dumps(every, indent=1)
    return every


def record(deployment: Deployment, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(deployment.paywatch("incidents", identity, "--json"))
    return found


@pytest.mark.usefixtures("busy_machine")
def test_a_gateway_is_named_and_a_wave_of_customers_without_funds_pages_nobody_on_a_busy_machine(
    deployment: Deployment,
) -> None:
    scenario = replace(
        SCENARIOS["prime-day"], rate=250.0, duration_s=70.0, outages=(GATEWAY, FUNDS)
    )

    report = deployment.send(traffic(scenario, seed=5, start_ms=int(time.time() * 1000)))

    told = deployment.page(lambda body: "gateway payu" in body, "the outage")
    assert told.splitlines()[0].endswith(" Likely cause: gateway")
    assert "Whose: gateway payu" in told
    deployment.page(lambda body: "recovered after" in body.splitlines()[0], "the recovery")
    deployment.until(lambda head: head.messages >= report.payments, "every payment is counted")
    outage, wave = records(deployment, 2, "an outage that is over, and a wave")
    pages = [body.splitlines()[0] for _, _, body in deployment.pages]
    assert "recovered after" in pages[-1], "the last says how it stands"
    assert len(pages) <= 2, "one page and its end, or one for both; none for the wave"

    assert outage["incident"]["slice"] == "gateway=payu"
    assert outage["pages"] == len(pages)
    assert outage["incident"]["affected"] > 100
    assert outage["incident"]["money"]["INR"] > 0
    assert outage["incident"]["examples"]
    assert (wave["incident"]["slice"], wave["incident"]["signal"]) == ("", "customer")
    assert (wave["severity"], wave.get("pages", 0)) == ("info", 0)
    assert "all traffic: customer-side: customers" in deployment.paywatch("incidents")


def test_alarms_that_went_red_meanwhile_stand_in_the_timeline(deployment: Deployment) -> None:
    def timeline() -> list[str] | None:
        told = [entry["what"] for entry in listed(deployment)[0]["entries"]]
        return told if "alarm" in told else None

    told = deployment.fact(timeline, "an alarm joins the outage", lambda: str(listed(deployment)))
    transitions = [what for what in told if what != "alarm"]
    assert (transitions[0], transitions[-1]) == ("opened", "closed")


def test_who_takes_an_incident_over_is_on_its_record_and_on_its_next_page(
    deployment: Deployment,
) -> None:
    now = int(time.time())
    name = spoken_id("a test", now)
    told = {"id": name, "slice": "issuer=ICICI", "started_at": now, "updated_at": now}
    topic = AlarmsTopic(deployment.client("sns"), deployment.outputs["AlarmsTopicArn"])
    topic.announce(announcement(OPENED, **told))
    deployment.page(lambda body: f"Incident: {name}" in body, "the made-up incident")
    assert deployment.paywatch("ack", name, "--by", "asha").strip() == f"{name} is yours, asha"
    topic.announce(announcement(CLOSED, **told, closed_at=now + 9))
    over = deployment.page(lambda body: name in body and body.startswith("OK"), "its end")
    assert "Taken by: asha" in over
    found = deployment.fact(
        lambda: one if (one := record(deployment, name))["closed_at"] else None,
        "its end is on its record",
        lambda: str(record(deployment, name)),
    )
    assert (found["acknowledged_by"], found["closed_at"]) == ("asha", now + 9)


def test_what_people_say_of_a_page_is_in_the_audit(deployment: Deployment) -> None:
    outage = next(r for r in listed(deployment) if r["incident"]["slice"] == "gateway=payu")
    rated = deployment.paywatch("rate", outage["id"], "useful", "--by", "asha", "--comment", "real")
    assert rated.strip() == f"{outage['id']} is rated useful"
    assert record(deployment, outage["id"])["rating"] == "useful"
    rules = [json.loads(line) for line in deployment.paywatch("audit", "--json").splitlines()]
    by_rule = {rule["rule"]: rule for rule in rules}
    assert by_rule[outage["rule"]]["precision"] == 1.0
    assert by_rule["customer"]["pages"] == 0


def test_a_code_that_no_table_has_is_listed_to_be_added(deployment: Deployment) -> None:
    before = deployment.head
    deployment.put(
        event_bytes(
            timestamp=time.time(), payment_status="FAIL", error_scheme="acme", error_code="ZX-QJV"
        )
    )
    deployment.until(lambda head: head.payments > before.payments, "it is counted")
    [line] = deployment.paywatch("codes", "--unknown", "--json").splitlines()
    found = json.loads(line)
    assert (found["scheme"], found["code"], found["payments"]) == ("acme", "ZX-QJV", 1)
