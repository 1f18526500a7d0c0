"""CloudWatch: the gauges, one PutMetricData for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.adapters.aws import calling
from functions.core.monitoring.metrics import METRICS


class Gauges:
    def __init__(self, client: Any, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def put(self, values: Mapping[str, float], at_second: int) -> None:
        """Publish the values as high-resolution metrics of that second (since the epoch).

        Raises Transient when CloudWatch does not take them.
        """
        at = datetime.fromtimestamp(at_second, UTC)
        with calling(f"put metrics to {self._namespace}"):
            self._client.put_metric_data(
                Namespace=self._namespace,
                MetricData=[
                    {
                        "MetricName": name,
                        "Timestamp": at,
                        "Value": value,
                        "Unit": METRICS[name].unit,
                        "StorageResolution": 1,
                    }
                    for name, value in values.items()
                ],
            )
