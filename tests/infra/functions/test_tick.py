"""tick: it may put heartbeats into the events stream, and nothing else."""

from __future__ import annotations

from tests.infra.actions import LOGS_AND_TRACES, allowed, granted
from tests.infra.conftest import Deployment, environment


def test_it_may_do_what_it_does_and_nothing_else(dev: Deployment) -> None:
    assert allowed(dev, "tick") == {
        *LOGS_AND_TRACES,
        "kms:GenerateDataKey",
        "kinesis:ListShards",
        "kinesis:PutRecords",
    }


def test_its_heartbeats_travel_the_way_of_the_payments(dev: Deployment) -> None:
    (events,) = (n for n, s in dev.of("AWS::Kinesis::Stream").items() if "events" in s["Name"])
    assert granted(dev, "tick", "kinesis:PutRecords") == [{"Fn::GetAtt": [events, "Arn"]}]
    assert environment(dev, "tick")["EVENTS_STREAM"] == {"Ref": events}
