"""Forecasts of the kept library river, one model a slice, once a minute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from river.anomaly import PredictiveAnomalyDetection
from river.time_series import HoltWinters

from benchmarks.detect.by_minute import ByMinute

_WARM: Final = 20


class Forecast(ByMinute):
    """river.anomaly.PredictiveAnomalyDetection over Holt and Winters' exponential smoothing of the
    failure rate a minute (Laptev, Amizadeh, Flint, KDD 2015): a page when the squared error is n
    standard deviations above the mean one, 3 by default, warmed up for 20 minutes.

    In place of Luminaire, whose last release pins numpy 1.22 and pandas 1.5: it cannot stand beside a
    numpy of today; adtk's last is of 2020. Both do this kind of thing: a forecast, and a band. In its
    favour: rates go in as square roots, a minute with fewer than 30 payments is not judged, only what
    is above the forecast pages.
    """

    name = "forecast and band (river)"
    setting = "deviations"
    default = 3.0
    settings = (3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0, 80.0, 160.0, 1e9)
    FEWEST = 30

    def __init__(self) -> None:
        super().__init__()
        self._models: dict[str, Any] = {}

    def judged(self, minute: Mapping[str, list[int]]) -> Iterator[tuple[str, float]]:
        for key, (attempts, events) in minute.items():
            if attempts < self.FEWEST:
                continue
            rate = math.sqrt(events / attempts)
            model = self._models.get(key)
            if model is None:
                model = self._models[key] = PredictiveAnomalyDetection(
                    HoltWinters(alpha=0.1), n_std=self.default, warmup_period=_WARM
                )
            if model.iter >= _WARM:
                # What score_one compares, before it makes 0 or 1 of it.
                expected = model.predictive_model.forecast(1)[0]
                mean, deviation = model.dynamic_mae.get(), model.dynamic_se_variance.get() ** 0.5
                model.score_one(None, rate)
                if rate > expected and deviation:
                    yield key, ((rate - expected) ** 2 - mean) / deviation
            model.learn_one(None, rate)
