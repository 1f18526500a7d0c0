"""The two dashboards: every metric, every alarm, and no hole."""

from __future__ import annotations

import json
from typing import Any

from functions.core.monitoring.alarms import alarms
from functions.core.monitoring.metrics import METRICS
from functions.core.troubles.severity import DEFAULT_THRESHOLDS
from tests.infra.conftest import Deployment, synthesise


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
