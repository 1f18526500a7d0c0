"""Ready-made payments, tallies, partials, incidents and alarms: a test names only what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from functions.core.causes.vocabulary import PATH_CAUSES
from functions.core.counting.counts import FIELDS, Counts, counts_of
from functions.core.counting.partial import Partial
from functions.core.counting.record import Record
from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.counting.slices import ALL
from functions.core.counting.tally import Bucket, Tally
from functions.core.monitoring.alarms import Alarm, alarms
from functions.core.paging.alarm_change import AlarmChange
from functions.core.payments.event import ATTEMPT_STATUSES, Payment, to_payment
from functions.core.troubles.incident import (
    CLOSED,
    INCIDENT,
    OPENED,
    RECOVERED,
    RECOVERING,
    SUSPECT,
    Affected,
    Announcement,
    Figures,
    Incident,
    Latest,
)
from functions.core.troubles.recovery import Followed, Life
from functions.core.troubles.severity import Verdict

NOW = 1_763_646_180
"""2025-11-20T13:43:00Z"""
SHARD = "shardId-000000000000"
FIRST_SEQUENCE = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000
DASHBOARD = "https://example.com/d"
ALARMS = {alarm.name: alarm for alarm in alarms(DEFAULT_THRESHOLDS)}


def event(**fields: Any) -> dict[str, Any]:
    """A valid event's JSON object; a field given as None is left out."""
    whole = {
        "transaction_id": "txn_1",
        "payment_status": "SUCCESS",
        "timestamp": NOW,
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}


def event_bytes(**fields: Any) -> bytes:
    return json.dumps(event(**fields)).encode()


def read(**fields: Any) -> Payment:
    """The event as the payment that it becomes."""
    return to_payment(event(**fields))


def payment(second: int = NOW, status: str = "approved", **fields: Any) -> Payment:
    whole = {"transaction_id": "t", "status": status, "timestamp_ms": second * 1000, **fields}
    return Payment(**whole)


def record(number: int = 1, data: bytes = b"", second: int = NOW, shard: str = SHARD) -> Record:
    """The shard's record of that number, arrived at that second."""
    return Record(shard, str(FIRST_SEQUENCE + number), second * 1000, data or event_bytes())


def counts(**fields: int) -> Counts:
    """Counts by status and cause: `counts(approved=90, failed=10, issuer=10)`."""
    unknown = set(fields) - {*FIELDS, "approved"}
    assert not unknown, unknown
    whole = {name: n for name, n in fields.items() if name != "approved"}
    whole["attempts"] = sum(n for name, n in fields.items() if name in ATTEMPT_STATUSES)
    whole["attributable"] = sum(n for name, n in fields.items() if name in PATH_CAUSES)
    theirs = fields.get("customer", 0) + fields.get("fraud", 0)
    for status in ("denied", "failed"):
        taken = min(theirs, fields.get(status, 0))
        whole[f"{status}_to_us"] = fields.get(status, 0) - taken
        theirs -= taken
    return counts_of(whole)


def tally(seconds: Mapping[int, Mapping[str, Counts]]) -> Tally:
    """Second → slice → counts."""
    return Tally({second: Bucket(dict(slices)) for second, slices in seconds.items()})


def approved(second: int, count: int = 1) -> Tally:
    return tally({second: {ALL: counts(approved=count)}})


def partial(
    number: int,
    what: Tally | None = None,
    second: int = NOW,
    *,
    first: int = 0,
    shard: str = SHARD,
    part: int = 0,
) -> Partial:
    """The partial that ends with the shard's record of that number and arrived at that second."""
    return Partial(
        shard=shard,
        first=str(FIRST_SEQUENCE + (first or number)),
        last=str(FIRST_SEQUENCE + number),
        arrived_ms=second * 1000,
        newest_ms=second * 1000,
        tally=what if what is not None else Tally(),
        part=part,
    )


def verdict(key: str = "issuer=HDFC&network=VISA", **fields: Any) -> Verdict:
    whole = {
        "slice": key,
        "signal": "failed",
        "score": 80.0,
        "rate": 0.5,
        "at_least": 0.4,
        "normal": 0.004,
        "tolerated": 0.01,
        "attempts": 200,
        **fields,
    }
    return Verdict(**whole)


def incident(**fields: Any) -> Incident:
    """An open, critical incident of one segment; the parts' fields are named as if they were its own."""
    return followed(**fields).incident


def followed(**fields: Any) -> Followed:
    """The same with its life."""
    whole: dict[str, Any] = {
        "id": "PW-1120-1343-4f2",
        "slice": "issuer=HDFC&network=VISA",
        "signal": "failed",
        "score": 98.75,
        "severity": "critical",
        "rate": 0.49,
        "at_least": 0.4012,
        "attempts": 612,
        "started_at": NOW,
        "updated_at": NOW + 3,
        "announced": "critical",
        "detected_at": NOW + 3,
        "normal": 0.003,
        "tolerated": 0.01,
        "elsewhere": 0.004,
        "causes": {"issuer": 290, "customer": 10},
        **fields,
    }
    life = Life(**_taken(whole, Life))
    if "latest_rate" in whole:
        whole["latest"] = Latest(whole.pop("latest_rate"), whole.pop("latest_seconds"))
    whole["affected"] = Affected(whole.pop("affected", 0), **_taken(whole, Affected))
    whole["worst"] = Figures(**_taken(whole, Figures))
    if whole.get("closed_at"):
        state = CLOSED
    elif not life.announced:
        state = SUSPECT
    else:
        state = RECOVERING if life.well_since else INCIDENT
    return Followed(Incident(**{"state": state, **whole}), life)


def _taken(fields: dict[str, Any], part: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of that part, out of those of the whole."""
    names = [name for name in part.__struct_fields__ if name in fields]
    return {name: fields.pop(name) for name in names}


def announcement(transition: str = OPENED, **fields: Any) -> Announcement:
    """One that closes is of a recovery, unless another reason is given."""
    reason = fields.pop("reason", RECOVERED if transition == CLOSED else "")
    return Announcement(transition, incident(**fields), reason)


def alarm(name: str = "FailureRate-critical") -> Alarm:
    return ALARMS[name]


def change(name: str = "FailureRate-critical", state: str = "ALARM", at: int = NOW) -> AlarmChange:
    """An alarm's change of state."""
    return AlarmChange(ALARMS[name], state, at, "Threshold Crossed: 1 datapoint [3.1] was >= 2.0")


def alarm_json(
    name: str = "FailureRate-critical", state: str = "ALARM", prefix: str = "paywatch-dev-"
) -> str:
    """What CloudWatch publishes to SNS when an alarm changes its state."""
    return json.dumps(
        {
            "AlarmName": f"{prefix}{name}",
            "AlarmDescription": "[critical] FailureRate is surely above 2 %. Unit: Percent.",
            "AWSAccountId": "123456789012",
            "AlarmConfigurationUpdatedTimestamp": "2025-11-20T09:00:00.000+0000",
            "NewStateValue": state,
            "NewStateReason": "Threshold Crossed: 1 datapoint [3.1] was >= 2.0",
            "StateChangeTime": "2025-11-20T13:43:00.123+0000",
            "Region": "EU (Frankfurt)",
            "AlarmArn": f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{prefix}{name}",
            "OldStateValue": "OK",
            "OKActions": ["arn:aws:sns:eu-central-1:123456789012:paywatch-dev-alarms"],
            "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:paywatch-dev-alarms"],
            "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "FailureRateAtLeast",
                "Namespace": "Paywatch/dev",
                "StatisticType": "Statistic",
                "Statistic": "MAXIMUM",
                "Unit": None,
                "Dimensions": [],
                "Period": 10,
                "EvaluationPeriods": 1,
                "DatapointsToAlarm": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "Threshold": 2.0,
                "TreatMissingData": "notBreaching",
                "EvaluateLowSampleCountPercentile": "",
            },
        }
    )


def announcement_json(message: Announcement) -> str:
    """What detect publishes to SNS."""
    return json.dumps({"paywatch_announcement": msgspec.to_builtins(message)})


def in_batches(items: Sequence[Any], sizes: Iterable[int]) -> list[Sequence[Any]]:
    """The items in batches of these sizes; what is left is the last batch."""
    batches: list[Sequence[Any]] = []
    at = 0
    for size in sizes:
        if at >= len(items):
            break
        batches.append(items[at : at + size])
        at += size
    if at < len(items):
        batches.append(items[at:])
    return batches
