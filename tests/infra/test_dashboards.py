"""The two dashboards: every metric, every alarm, and no hole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import PAYMENTS, alarms
from functions.core.monitoring.metrics import METRICS, RATE_METRICS
from functions.core.paging.channels.delivery import CHANNELS
from functions.core.troubles.severity import CRITICAL_SCORE, WARNING_SCORE
from tests.infra.conftest import Deployment, resolved, synthesise


def dashboards(deployment: Deployment) -> dict[str, list[Any]]:
    """The widgets of each dashboard."""
    read = {}
    for properties in deployment.of("AWS::CloudWatch::Dashboard").values():
        body = properties["DashboardBody"]
        parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
        text = "".join(part if isinstance(part, str) else "token" for part in parts)
        read[properties["DashboardName"]] = json.loads(text)["widgets"]
    return read


def test_every_metric_of_the_core_is_on_a_dashboard(dev: Deployment) -> None:
    shown = json.dumps(dashboards(dev))
    for name in METRICS:
        assert f'"Paywatch/dev", "{name}"' in shown, name


def test_every_alarm_has_a_light_on_one_dashboard(dev: Deployment) -> None:
    lights = [
        light
        for widgets in dashboards(dev).values()
        for widget in widgets
        if widget["type"] == "alarm"
        for light in widget["properties"]["alarms"]
    ]
    assert len(lights) == len(alarms(DEFAULT_THRESHOLDS))


def test_rates_are_drawn_with_their_thresholds() -> None:
    deployment = synthesise(thresholds="denied=0.2/0.3")
    (denied,) = (
        widget["properties"]
        for widget in dashboards(deployment)["Paywatch-dev"]
        if widget["properties"]["title"].startswith("DeniedRate")
    )
    lines = {line["label"]: line["value"] for line in denied["annotations"]["horizontal"]}
    assert lines == {"warning": 20, "critical": 30}


def test_widgets_fill_the_width_and_do_not_overlap(dev: Deployment) -> None:
    for widgets in dashboards(dev).values():
        cells = [
            (x, y)
            for w in widgets
            for x in range(w["x"], w["x"] + w["width"])
            for y in range(w["y"], w["y"] + w["height"])
        ]
        assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))


def test_the_dashboard_shows_the_queues_and_is_still_whole(with_channels: Deployment) -> None:
    widgets = dashboards(with_channels)["Paywatch-dev-pipeline"]
    assert "Pages undelivered" in {widget["properties"]["title"] for widget in widgets}
    cells = [
        (x, y)
        for w in widgets
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_payments_and_pipeline_have_a_dashboard_each_named_after_the_environment(
    environment: str, dev: Deployment, prod: Deployment
) -> None:
    deployment = dev if environment == "dev" else prod
    assert list(dashboards(deployment)) == [
        f"Paywatch-{environment}",
        f"Paywatch-{environment}-pipeline",
    ]


def test_the_address_is_that_of_the_payments_dashboard(dev: Deployment) -> None:
    address = resolved(dev.template["Outputs"]["DashboardUrl"]["Value"])
    assert address.endswith("#dashboards/dashboard/Paywatch-dev")
    assert address.startswith("https://resolved.console.aws.amazon.com/cloudwatch/home")


def test_alarms_on_payments_and_on_the_pipeline_are_lights_apart(dev: Deployment) -> None:
    (payments,), (pipeline,) = (
        [w["properties"]["alarms"] for w in widgets if w["type"] == "alarm"]
        for widgets in dashboards(dev).values()
    )
    core = alarms(DEFAULT_THRESHOLDS)
    assert len(payments) == sum(alarm.source == PAYMENTS for alarm in core)
    assert len(pipeline) == sum(alarm.source != PAYMENTS for alarm in core)


def test_the_score_is_drawn_with_the_levels_of_the_core(dev: Deployment) -> None:
    score = graph(dev, "Paywatch-dev", "AnomalyScore: the worst slice")
    lines = {line["label"]: line["value"] for line in score["annotations"]["horizontal"]}
    assert lines == {"warning": WARNING_SCORE, "critical": CRITICAL_SCORE}
    assert score["yAxis"]["left"]["max"] == 100


def test_a_rate_is_drawn_beside_what_it_surely_exceeds(dev: Deployment) -> None:
    for name in RATE_METRICS.values():
        assert metrics(graph(dev, "Paywatch-dev", f"{name}, %")) == [name, f"{name}AtLeast"]


def test_payments_are_drawn_every_ten_seconds_and_the_pipeline_every_minute(
    dev: Deployment,
) -> None:
    assert graph(dev, "Paywatch-dev", "AnomalyScore: the worst slice")["period"] == 10
    assert graph(dev, "Paywatch-dev-pipeline", "Errors")["period"] == 60


def test_every_function_and_both_streams_have_a_line_under_their_own_names(
    dev: Deployment, with_channels: Deployment
) -> None:
    functions = ["tally", "detect", "notify", "tick"]
    for title in ("Duration, p95", "Invocations", "Errors", "Throttles"):
        drawn = graph(dev, "Paywatch-dev-pipeline", title)
        assert labels(drawn) == [*functions, "archive"]
    for title in ("Records put", "Bytes put", "Bytes read", "Writes refused"):
        assert labels(graph(dev, "Paywatch-dev-pipeline", title)) == ["events", "tallies"]
    drawn = graph(with_channels, "Paywatch-dev-pipeline", "Errors")
    assert labels(drawn) == [*functions, *(f"deliver-{name}" for name in CHANNELS), "archive"]


def test_lag_is_drawn_for_who_reads_a_stream_alone(dev: Deployment) -> None:
    drawn = graph(dev, "Paywatch-dev-pipeline", "Iterator age")
    assert labels(drawn) == ["tally", "detect"]
    assert metrics(drawn) == ["IteratorAge", "IteratorAge"]


def test_without_channels_there_is_no_row_for_them(dev: Deployment) -> None:
    titles = {w["properties"]["title"] for w in dashboards(dev)["Paywatch-dev-pipeline"]}
    assert not titles & {"Pages sent to channels", "Oldest waiting page, s", "Pages undelivered"}


def graph(deployment: Deployment, dashboard: str, title: str) -> dict[str, Any]:
    """The one widget of that title."""
    found: dict[str, Any]
    (found,) = (
        widget["properties"]
        for widget in dashboards(deployment)[dashboard]
        if widget["properties"]["title"] == title
    )
    return found


def metrics(widget: dict[str, Any]) -> list[str]:
    return [line[1] for line in widget["metrics"]]


def labels(widget: dict[str, Any]) -> list[str]:
    return [line[-1]["label"] for line in widget["metrics"]]
