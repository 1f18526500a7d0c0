"""The alarms of a CloudFormation template, as far as their state depends on them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from functions.core.errors import PaywatchError

DEFAULT_ALARMS: Final = Path(__file__).with_name("default_alarms.json")
"""A template of the alarms alone of a default production deployment; see infra/default_alarms.py."""

BREACHES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
"""Comparison → whether a value (first) breaches a threshold."""

FOLDS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "Maximum": max,
    "Minimum": min,
    "Sum": operator.add,
    "Average": operator.add,
    "SampleCount": operator.add,
}
"""Statistic → how two samples become one; Average and SampleCount need their number, too."""

MISSING: Final = ("missing", "notBreaching", "breaching", "ignore")
"""What is made of missing data."""

_KIND: Final = "AWS::CloudWatch::Alarm"
_OWN: Final = "Paywatch/"
_DAY_SECONDS: Final = 86_400
_SPARE_PERIODS: Final = 2
_WITHOUT_EFFECT: Final = {
    "AlarmName",
    "AlarmDescription",
    "ActionsEnabled",
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "Tags",
}


class Dimension(msgspec.Struct, frozen=True, rename="pascal"):
    """value: a string, or what CloudFormation makes one of."""

    name: str
    value: Any


class AlarmRule(msgspec.Struct, frozen=True, rename="pascal"):
    """What decides an alarm's state, in CloudWatch's words.

    name: without the prefix of the deployment. `datapoints_to_alarm` of `evaluation_periods` data
    points must breach, each over `period` seconds.
    """

    name: str
    namespace: str
    metric: str = msgspec.field(name="MetricName")
    statistic: str
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str = msgspec.field(name="ComparisonOperator")
    missing: str = msgspec.field(name="TreatMissingData", default="missing")
    dimensions: tuple[Dimension, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it watches one of the deployment's own metrics, of which none has dimensions."""
        return self.namespace.startswith(_OWN) and not self.dimensions

    @property
    def interval(self) -> int:
        """Seconds between two evaluations. Source: "Alarm evaluation"."""
        return 10 if self.period < 60 else 60

    @property
    def evaluation_range(self) -> int:
        """Data points that an evaluation looks at, more than it needs, in case some are missing.

        Source: "Configuring how CloudWatch alarms treat missing data", whose examples take 5 for 3.
        It says of other alarms that the number depends on period and resolution, but not how; the
        same two more are taken for all.
        """
        return self.evaluation_periods + _SPARE_PERIODS


def default_rules() -> list[AlarmRule]:
    """The alarms of a default production deployment."""
    return rules(msgspec.json.decode(DEFAULT_ALARMS.read_bytes()))


def rules(template: Mapping[str, Any]) -> list[AlarmRule]:
    """The alarms of a CloudFormation template, in its order.

    Raises PaywatchError that names the alarm and what is not understood of it: metric math,
    anomaly bands, percentiles, composite alarms, values that only CloudFormation fills in.
    """
    resources: Mapping[str, Any] = template["Resources"]
    kinds = {name: resource["Type"] for name, resource in resources.items()}
    for name, kind in kinds.items():
        if kind.startswith("AWS::CloudWatch::") and kind.endswith("Alarm") and kind != _KIND:
            raise PaywatchError(f"alarm {name}: {kind} is not understood")
    found = [
        _rule(name, resources[name].get("Properties", {}))
        for name, kind in kinds.items()
        if kind == _KIND
    ]
    prefixes = tuple(f"paywatch-{rule.namespace.removeprefix(_OWN)}-" for rule in found if rule.own)
    return [msgspec.structs.replace(rule, name=_short(rule.name, prefixes)) for rule in found]


def _short(name: str, prefixes: tuple[str, ...]) -> str:
    return next((name.removeprefix(p) for p in prefixes if name.startswith(p)), name)


def _rule(logical_id: str, properties: Mapping[str, Any]) -> AlarmRule:
    name = properties.get("AlarmName")
    if not isinstance(name, str):
        name = logical_id
    given = {key: value for key, value in properties.items() if key not in _WITHOUT_EFFECT}
    if unknown := given.keys() - AlarmRule.__struct_encode_fields__:
        raise PaywatchError(f"alarm {name}: {', '.join(sorted(unknown))} is not understood")
    every = {"DatapointsToAlarm": given.get("EvaluationPeriods")}
    try:
        rule = msgspec.convert({**every, **given, "Name": name}, AlarmRule)
    except msgspec.ValidationError as error:
        raise PaywatchError(f"alarm {name}: {error}") from error
    if fault := _fault(rule):
        raise PaywatchError(f"alarm {name}: {fault}")
    return rule


def _fault(rule: AlarmRule) -> str:
    for value, known in (
        (rule.statistic, FOLDS),
        (rule.comparison, BREACHES),
        (rule.missing, MISSING),
    ):
        if value not in known:
            return f"{value} is not understood; known: {', '.join(known)}"
    if rule.period not in (10, 20, 30) and (rule.period < 60 or rule.period % 60):
        return f"a period of {rule.period} s is neither 10, 20, 30 nor a multiple of 60"
    if not 1 <= rule.datapoints_to_alarm <= rule.evaluation_periods:
        return f"{rule.datapoints_to_alarm} of {rule.evaluation_periods} periods cannot breach"
    if rule.period * rule.evaluation_periods > _DAY_SECONDS:
        return "alarms over more than a day are evaluated by the hour; this is not understood"
    return ""
