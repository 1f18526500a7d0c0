"""The gauges, as CloudWatch gets them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from functions.adapters.cloudwatch import Gauges
from functions.core.monitoring.metrics import METRICS
from tests.builders import NOW


class Recorder:
    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def put_metric_data(self, **request: Any) -> None:
        self.requests.append(request)


def test_all_gauges_go_out_in_one_request_for_their_second() -> None:
    client = Recorder()
    Gauges(client, "Paywatch/dev").put(dict.fromkeys(METRICS, 1.0), NOW)
    [request] = client.requests
    assert request["Namespace"] == "Paywatch/dev"
    assert [data["MetricName"] for data in request["MetricData"]] == list(METRICS)
    assert {data["Timestamp"] for data in request["MetricData"]} == {
        datetime(2025, 11, 20, 13, 43, tzinfo=UTC)
    }


def test_a_gauge_has_its_unit_high_resolution_and_no_dimension() -> None:
    client = Recorder()
    Gauges(client, "Paywatch/dev").put({"LatencyP95": 140.0}, NOW)
    [[data]] = [request["MetricData"] for request in client.requests]
    assert (data["Unit"], data["StorageResolution"]) == ("Milliseconds", 1)
    assert "Dimensions" not in data


def test_cloudwatch_takes_the_gauges(cloudwatch: Any) -> None:
    Gauges(cloudwatch, "Paywatch/dev").put({"Attempts": 7.0, "FailureRate": 0.5}, NOW)
    found = cloudwatch.list_metrics(Namespace="Paywatch/dev")["Metrics"]
    assert {(item["MetricName"], len(item["Dimensions"])) for item in found} == {
        ("Attempts", 0),
        ("FailureRate", 0),
    }
