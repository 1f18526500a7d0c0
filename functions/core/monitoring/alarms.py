"""Every alarm as data: what infra creates, what notify says, what docs/operations.md explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from functions.core.counting.signals import SIGNALS, Threshold
from functions.core.monitoring.metrics import RATE_METRICS
from functions.core.troubles.severity import CRITICAL, CRITICAL_SCORE, WARNING, WARNING_SCORE

PAYMENTS: Final = "payments"


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudWatch alarm.

    source: the part of the deployment that sends `metric`: `payments` (metrics of METRICS), a
    function, a stream, `tally-mapping` and `detect-mapping` (how Lambda reads a stream for them),
    `delivery` (into the archive), or a channel (its dead-letter queue). threshold, in `unit`, is
    compared by `comparison` (CloudWatch's word) with the `statistic` of each `period` seconds;
    `datapoints` of `periods` must breach. `missing` is CloudWatch's treatment of missing data, with
    its reason in `why_missing`. first_action is what the person on call does first.
    """

    name: str
    title: str
    source: str
    metric: str
    threshold: float
    unit: str
    severity: str
    first_action: str
    missing: str
    why_missing: str
    comparison: str = "GreaterThanOrEqualToThreshold"
    statistic: str = "Maximum"
    period: int = 10
    periods: int = 1
    datapoints: int = 1

    @property
    def description(self) -> str:
        """What CloudWatch shows, for whoever gets the alarm raw."""
        return (
            f"[{self.severity}] {self.title}. Unit: {self.unit}. First: {self.first_action}. "
            f"Missing data: {self.missing}, for {self.why_missing}."
        )


_QUIET = "in a quiet night payments are minutes apart: between them the state stays as it is"


def _rate_alarms(thresholds: Mapping[str, Threshold]) -> list[Alarm]:
    return [
        Alarm(
            name=f"{RATE_METRICS[signal]}-{level}",
            title=f"surely more than {100 * share:g} % of payments {SIGNALS[signal].verb}",
            source=PAYMENTS,
            metric=f"{RATE_METRICS[signal]}AtLeast",
            threshold=100 * share,
            unit="Percent",
            severity=level,
            first_action=SIGNALS[signal].alarm_action,
            missing="ignore",
            why_missing=_QUIET,
        )
        for signal, threshold in thresholds.items()
        for level, share in ((WARNING, threshold.warning), (CRITICAL, threshold.critical))
    ]


def _score_alarms() -> list[Alarm]:
    return [
        Alarm(
            name=f"AnomalyScore-{level}",
            title=f"a slice of the payments scores {score:g} or more of 100",
            source=PAYMENTS,
            metric="AnomalyScore",
            threshold=score,
            unit="None",
            severity=level,
            first_action="read the incident page that names the slice; without one, open the dashboard",
            missing="ignore",
            why_missing=_QUIET,
        )
        for level, score in ((WARNING, WARNING_SCORE), (CRITICAL, CRITICAL_SCORE))
    ]


def _errors(function: str, harm: str) -> Alarm:
    return Alarm(
        name=f"{function}-errors",
        title=f"{function} fails: {harm}",
        source=function,
        metric="Errors",
        threshold=3,
        unit="Count",
        statistic="Sum",
        period=60,
        severity=WARNING,
        first_action=f"read the log group of {function}; a deploy just before? roll it back",
        missing="notBreaching",
        why_missing="a function that is not called has no errors",
    )


def pipeline_alarms() -> list[Alarm]:
    """Paywatch watching itself."""

    def iterator_age(function: str) -> Alarm:
        return Alarm(
            name=f"{function}-lag",
            title=f"{function} reads its stream more than 60 s late",
            source=function,
            metric="IteratorAge",
            threshold=60_000,
            unit="Milliseconds",
            period=60,
            periods=2,
            datapoints=2,
            severity=CRITICAL,
            first_action=f"see {function}'s errors and throttles; traffic above the shards' limit? add shards",
            missing="notBreaching",
            why_missing="no records, nothing to be late with",
        )

    def given_up(function: str) -> Alarm:
        return Alarm(
            name=f"{function}-given-up",
            title=f"{function} gave a batch up; it is stored in the on-failure bucket",
            source=f"{function}-mapping",
            metric="OnFailureDestinationDeliveredEventCount",
            threshold=1,
            unit="Count",
            statistic="Sum",
            period=60,
            severity=CRITICAL,
            first_action=f"the batch is safe: find why in {function}'s log, then `paywatch redrive`",
            missing="notBreaching",
            why_missing="nothing was given up",
        )

    def throttled(stream: str, first_action: str) -> Alarm:
        return Alarm(
            name=f"{stream}-write-throttled",
            title=f"the {stream} stream refuses writes",
            source=stream,
            metric="WriteProvisionedThroughputExceeded",
            threshold=1,
            unit="Count",
            statistic="Sum",
            period=60,
            periods=3,
            datapoints=2,
            severity=WARNING,
            first_action=first_action,
            missing="notBreaching",
            why_missing="no writes, no refusals",
        )

    return [
        Alarm(
            name="NoTraffic",
            title="no attempt was counted for 3 minutes",
            source=PAYMENTS,
            metric="Attempts",
            threshold=1,
            unit="Count",
            comparison="LessThanThreshold",
            period=60,
            periods=3,
            datapoints=3,
            severity=CRITICAL,
            first_action="are payments made at all? then is the producer up? then look at the pipeline's alarms",
            missing="breaching",
            why_missing="no metric means that nothing counts any more: the worst case of silence",
        ),
        Alarm(
            name="EventLag",
            title="payments are counted more than 30 s after they were made",
            source=PAYMENTS,
            metric="EventLag",
            threshold=30,
            unit="Seconds",
            period=60,
            periods=3,
            datapoints=3,
            statistic="Minimum",
            severity=WARNING,
            first_action="compare with tally-lag: both red, Paywatch is slow; this one alone, the producer is",
            missing="notBreaching",
            why_missing="silence has an alarm of its own",
        ),
        Alarm(
            name="Parked",
            title="surely more than 1 % of the events are parked as malformed",
            source=PAYMENTS,
            metric="ParkedAtLeast",
            threshold=1,
            unit="Percent",
            period=60,
            severity=WARNING,
            first_action="read a parked object's reason; when its producer is mended run `paywatch redrive`",
            missing="notBreaching",
            why_missing="nothing was parked",
        ),
        Alarm(
            name="ParkedNew",
            title="events are parked for a reason that did not come for a day",
            source=PAYMENTS,
            metric="ParkedNew",
            threshold=3,
            unit="Count",
            period=60,
            severity=WARNING,
            first_action="read a parked object's reason: did a producer change? when it is mended run"
            " `paywatch redrive`",
            missing="notBreaching",
            why_missing="nothing was parked",
        ),
        Alarm(
            name="Late",
            title="payments came too late to be counted in their window",
            source=PAYMENTS,
            metric="Late",
            threshold=100,
            unit="Count",
            period=60,
            periods=3,
            datapoints=3,
            severity=WARNING,
            first_action="find the producer that holds events back, or raise lateness_seconds",
            missing="notBreaching",
            why_missing="nothing was late",
        ),
        _errors("tally", "payments of a shard wait to be counted"),
        _errors("detect", "nothing new is judged; these alarms still page"),
        _errors("notify", "pages arrive raw, by the failure destination"),
        _errors("tick", "silence is noticed late"),
        iterator_age("tally"),
        iterator_age("detect"),
        given_up("tally"),
        given_up("detect"),
        throttled("events", "add shards (events_shards), or look for one hot partition key"),
        throttled(
            "tallies",
            "partials are larger than foreseen: look for a dimension with very many values",
        ),
    ]


def archive_alarms() -> list[Alarm]:
    """The archive watching itself: it pages nobody at night, for the stream keeps a day."""
    return [
        _errors("archive", "Firehose stores the records raw under errors/, not in the archive"),
        Alarm(
            name="archive-late",
            title="the oldest payment on its way to the archive is older than 30 minutes",
            source="delivery",
            metric="DeliveryToS3.DataFreshness",
            threshold=1800,
            unit="Seconds",
            period=300,
            periods=3,
            datapoints=3,
            severity=WARNING,
            first_action="read Firehose's log group: may it still use the bucket, the key, the table?",
            missing="notBreaching",
            why_missing="nothing is on its way, so nothing is late",
        ),
        Alarm(
            name="archive-refused",
            title="records were stored raw under errors/ and are missing in the archive",
            source="delivery",
            metric="ArchiveRefused",
            threshold=1,
            unit="Count",
            statistic="Sum",
            period=300,
            severity=WARNING,
            first_action="read the newest object under errors/: its errorCode says what refused it",
            missing="notBreaching",
            why_missing="nothing was refused",
        ),
    ]


def channel_alarms(channels: Sequence[str]) -> list[Alarm]:
    """A channel that is down says so by the others."""
    return [
        Alarm(
            name=f"{channel}-undelivered",
            title=f"pages wait in the dead-letter queue of {channel}: five tries failed",
            source=channel,
            metric="ApproximateNumberOfMessagesVisible",
            threshold=1,
            unit="Count",
            period=60,
            severity=CRITICAL,
            first_action=(
                f"read the log group of deliver-{channel}, it says what to mend;"
                " then move the pages back to the queue"
            ),
            missing="notBreaching",
            why_missing="SQS says nothing of a queue that has been empty for hours",
        )
        for channel in channels
    ]


def alarms(
    thresholds: Mapping[str, Threshold], *, archive: bool = True, channels: Sequence[str] = ()
) -> list[Alarm]:
    """Every alarm of a deployment, with or without an archive, with these channels beside e-mail and
    SMS, in the order of the dashboard."""
    watched = {name: thresholds[name] for name in thresholds if name in RATE_METRICS}
    archived = archive_alarms() if archive else []
    return [
        *_rate_alarms(watched),
        *_score_alarms(),
        *pipeline_alarms(),
        *archived,
        *channel_alarms(channels),
    ]
