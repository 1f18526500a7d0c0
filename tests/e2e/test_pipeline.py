"""The whole path on the emulator, in the order of a bad afternoon."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from functions.adapters.dynamodb.journal import Journal
from functions.core.causes.knowledge import load
from functions.core.counting.slices import DEFAULT_SLICING
from functions.core.detection.state import initial
from functions.core.errors import Malformed
from functions.core.payments.codec import encode, pack
from ops.backtest.alarm_rules import default_rules
from ops.backtest.incident_lines import line_of
from ops.backtest.report import IncidentLine
from ops.backtest.trial import Trial
from producer.pacing import Timed
from producer.scenario import SCENARIOS, Flaws, Outage
from producer.tallies import tallies
from producer.traffic import traffic
from tests.e2e.conftest import RULES, Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.enable_socket]


def test_steady_traffic_stays_quiet_with_late_events_counted_and_repeated_ones_dropped(
    deployment: Deployment,
) -> None:
    scenario = replace(
        SCENARIOS["steady"],
        rate=200.0,
        duration_s=8.0,
        flaws=Flaws(late=0.02, duplicate=0.02, partial=0.05),
    )

    report = deployment.send(traffic(scenario, seed=11, start_ms=int(time.time() * 1000)))

    head = deployment.until(
        lambda head: head.messages >= report.payments, "every payment is counted"
    )
    assert head.messages == report.payments
    assert head.repeats > 0
    assert head.parked == 0
    assert head.incidents == ()
    assert deployment.oncall.new() == []


def backtested(events: Iterable[Timed], file: Path) -> list[IncidentLine]:
    """The incidents that a backtest finds in these payments."""
    sent = (timed.event for timed in events)
    file.write_bytes(
        b"".join(encode(event) + b"\n" for event in sent if not isinstance(event, bytes))
    )

    def refuse(bad: Malformed) -> None:
        raise bad

    trial = Trial(RULES, default_rules())
    for second in tallies(file, None, knowledge=load(), slicing=DEFAULT_SLICING, on_bad=refuse):
        trial.second(second)
    trial.end()
    return trial.incidents


def seconds_apart(one: str, two: str) -> float:
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(two)).total_seconds())


def test_an_outage_of_a_route_pages_with_the_route_and_its_recovery_is_told(
    deployment: Deployment, tmp_path: Path
) -> None:
    before = deployment.head
    outage = Outage(
        slice={"issuer": "HDFC", "network": "VISA"}, share_lost=0.7, start_s=12.0, duration_s=11.0
    )
    scenario = replace(SCENARIOS["prime-day"], rate=250.0, duration_s=50.0, outages=(outage,))

    events = list(traffic(scenario, seed=5, start_ms=int(time.time() * 1000)))
    report = deployment.send(events)

    opened = deployment.page(lambda body: "issuer HDFC × network VISA" in body, "the outage")
    first_line = opened.splitlines()[0]
    assert first_line.startswith("CRITICAL: ")
    assert "on issuer HDFC × network VISA" in first_line
    assert first_line.endswith(". Likely cause: issuer")
    assert "Whose: issuer HDFC" in opened
    deployment.page(
        lambda body: "recovered after" in body.splitlines()[0] and "HDFC × network VISA" in body,
        "the recovery",
    )
    head = deployment.until(
        lambda head: head.messages >= before.messages + report.payments,
        "every payment is counted",
    )
    assert head.messages == before.messages + report.payments
    assert len({subject for _, subject, _ in deployment.pages}) == 1, "one trouble, one thread"
    assert len(deployment.pages) <= 4

    journal = Journal(deployment.client("dynamodb"), deployment.outputs["StateTable"])
    state = journal.load(initial(RULES), RULES).state
    # What an outage makes slow, too, is a part of its trouble.
    deployed = [line_of(trouble) for trouble in state.troubles]
    assert len(deployed) == 1
    for here, there in zip(backtested(events, tmp_path / "sent.jsonl"), deployed, strict=True):
        assert (here.slice, here.severity, here.cause) == (there.slice, there.severity, there.cause)
        assert seconds_apart(here.opened_at, there.opened_at) <= 2, "the first bad payment"
        assert seconds_apart(here.detected_at, there.detected_at) <= 4, "but for the way to detect"
        assert here.closed_at is not None
        assert there.closed_at is not None


def test_cloudwatch_alarms_went_red_as_the_backstop(deployment: Deployment) -> None:
    def history() -> list[str]:
        found = deployment.client("cloudwatch").describe_alarm_history(
            AlarmName="paywatch-dev-FailureRate-warning", HistoryItemType="StateUpdate"
        )
        return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]

    deployment.fact(
        lambda: next((said for said in history() if "to ALARM" in said), None),
        "the alarm went red",
        lambda: str(history()),
    )


def test_poison_is_parked_with_its_reason_and_can_be_sent_again(deployment: Deployment) -> None:
    before = deployment.head
    soon = time.time() + 75
    good = b'{"transaction_id":"good-%d","payment_status":"OK","timestamp":%.3f}'
    future = b'{"transaction_id":"clock-ahead","payment_status":"OK","timestamp":%.3f}' % soon
    kpl = bytearray(pack([good % (1, time.time()), good % (2, time.time())], "kpl"))
    kpl[-1] ^= 0xFF
    deployment.put(
        b"{broken",
        good % (3, time.time()) + b'\n{"transaction_id":"x","payment_status":"OK"}\n'
        + good % (4, time.time()),
        gzip.compress(b" " * 64_000_000),
        bytes(kpl),
        b"\xff" * (1024 * 1024 - 1),
        future,
        b'{"transaction_id":"old","payment_status":"OK","timestamp":86400}',
        b'{"transaction_id":"4111111111111111","payment_status":"NO SUCH","timestamp":1}',
    )  # fmt: skip

    deployment.until(
        lambda head: head.payments >= before.payments + 2 and head.parked >= before.parked + 8,
        "2 good payments counted, 8 events parked",
    )
    parked = parked_events(deployment)
    reasons = sorted(event["reason"] for event in parked)
    assert reasons == sorted(
        ["bad_json", "missing_field", "too_large", "kpl_digest", "bad_json", "future", "stone_age",
         "unknown_status"]
    )  # fmt: skip
    masked = next(event for event in parked if event["reason"] == "unknown_status")
    assert '"transaction_id":"************1111"' in masked["data"]

    time.sleep(max(0.0, soon - 60 - time.time()) + 1)
    first = redriven(deployment)
    assert first["sent"] == 8
    head = deployment.until(
        lambda head: head.payments >= before.payments + 3 and head.parked >= before.parked + 15,
        "the event whose time has come is counted, the others are parked again",
    )
    assert head.payments == before.payments + 3
    assert head.parked == before.parked + 15
    assert len(parked_events(deployment)) == 7, "what was sent again has left parked/"


def parked_events(deployment: Deployment) -> list[dict[str, str]]:
    s3, bucket = deployment.client("s3"), deployment.outputs["QuarantineBucket"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="parked/").get("Contents", [])
    return [
        {**event, "data": base64.b64decode(event["data"]).decode(errors="replace")}
        for item in found
        for event in json.loads(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read())[
            "events"
        ]
    ]


def redriven(deployment: Deployment) -> dict[str, int]:
    result: dict[str, int] = json.loads(deployment.paywatch("redrive", "--json"))
    return result


def test_a_tick_moves_the_clock_when_no_payment_does(deployment: Deployment) -> None:
    before = deployment.head
    time.sleep(1.0)

    answer = deployment.client("lambda").invoke(FunctionName="paywatch-dev-tick", Payload=b"{}")

    assert "FunctionError" not in answer, answer["Payload"].read()
    head = deployment.until(lambda head: head.clock > before.clock, "the clock moves")
    assert head.payments == before.payments


def test_iam_is_enforced_so_a_missing_grant_would_fail_these_tests(deployment: Deployment) -> None:
    role = deployment.client("lambda").get_function_configuration(
        FunctionName="paywatch-dev-tally"
    )["Role"]
    import boto3

    session = deployment.client("sts").assume_role(RoleArn=role, RoleSessionName="proof")
    given = session["Credentials"]
    as_tally = boto3.client(
        "dynamodb",
        endpoint_url=deployment.emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    key = {"pk": {"S": "ledger"}, "sk": {"S": "none"}}
    table = deployment.outputs["StateTable"]

    assert "Item" not in as_tally.get_item(TableName=table, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        as_tally.delete_item(TableName=table, Key=key)


def test_an_alarm_that_detect_does_not_explain_pages_on_its_own(deployment: Deployment) -> None:
    cloudwatch = deployment.client("cloudwatch")

    def publish(percent: float) -> None:
        cloudwatch.put_metric_data(
            Namespace=deployment.outputs["Namespace"],
            MetricData=[
                {
                    "MetricName": "BackendReversedRateAtLeast",
                    "Value": percent,
                    "Unit": "Percent",
                    "StorageResolution": 1,
                }
            ],
        )

    publish(5.0)
    page = deployment.page(lambda body: "reversed by the backend" in body, "the alarm")
    assert "First: check our own backend" in page

    def over(body: str) -> bool:
        # The alarm looks at ten seconds, and only when something is published.
        publish(0.0)
        return body.startswith("OK") and "reversed by the backend" in body

    deployment.page(over, "its end")
