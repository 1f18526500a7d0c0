"""The stack: every construct of a deployment, and who may do what to whom."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.core.counting.slices import format_slicing
from functions.core.monitoring.alarms import PAYMENTS, Alarm, alarms
from functions.settings.thresholds import format_thresholds
from infra import emulated
from infra.alarms import Alarms
from infra.archive import Archive
from infra.channels import TIMEOUT_SECONDS, Channels
from infra.consumers import Consumer
from infra.dashboards import Dashboards, dashboard_url
from infra.dependencies import LAMBDA, Dependencies, Target
from infra.encryption import Encryption
from infra.functions import Functions
from infra.nag import accept_key_actions, accept_put
from infra.notification import Notification
from infra.schedule import Heartbeat
from infra.settings import Settings
from infra.storage import Storage
from infra.streams import Streams
from infra.table import State
from infra.topics import Topics


class PaywatchStack(cdk.Stack):
    """events → tally → tallies → detect → metrics, alarms → notify → on-call."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._settings = settings
        self._prefix = f"paywatch-{settings.environment}"
        self._namespace = f"Paywatch/{settings.environment}"
        keep = settings.keep_data
        tls_only = emulated.has(settings, "tls-only")

        self._key = Encryption(self, "Encryption", keep_data=keep).key
        self._streams = Streams(
            self,
            "Streams",
            prefix=self._prefix,
            shards=settings.events_shards,
            key=self._key,
            keep_data=keep,
        )
        self._table = State(self, "State", prefix=self._prefix, key=self._key, keep_data=keep).table
        self._storage = Storage(self, "Storage", key=self._key, keep_data=keep, tls_only=tls_only)
        self._topics = Topics(
            self,
            "Topics",
            prefix=self._prefix,
            key=self._key,
            emails=settings.oncall_email,
            phones=settings.oncall_sms,
            tls_only=tls_only,
        )
        target = LAMBDA if emulated.has(settings, "lambda-platform") else Target.host()
        self._functions = Functions(
            self,
            "Functions",
            prefix=self._prefix,
            layer=Dependencies(self, "Dependencies", target=target).layer,
            target=target,
            log_retention_days=settings.log_retention_days,
            log_level=settings.log_level,
            keep_data=keep,
        )
        tally, detect = self._tally(), self._detect()
        notify, tick = self._notify(), self._tick()

        self._mappings = {
            name: Consumer(
                self,
                f"{name.title()}Consumer",
                stream=stream,
                function=function,
                failures=self._storage.failures,
            ).mapping_id
            for name, stream, function in (
                ("tally", self._streams.events, tally),
                ("detect", self._streams.tallies, detect),
            )
        }
        Notification(
            self,
            "Notification",
            function=notify,
            alarms=self._topics.alarms,
        )
        Heartbeat(self, "Heartbeat", function=tick)
        watched = {"tally": tally, "detect": detect, "notify": notify, "tick": tick}
        self._channels: Channels | None = None
        if settings.channels:
            deliver = {
                name: self._deliver(name, settings.channels[name]) for name in settings.channels
            }
            watched |= {f"deliver-{name}": function for name, function in deliver.items()}
            self._channels = Channels(
                self,
                "Channels",
                prefix=self._prefix,
                functions=deliver,
                secrets=settings.channels,
                oncall=self._topics.oncall,
                key=self._key,
                tls_only=tls_only,
            )
        self._archive: Archive | None = None
        if settings.archive and emulated.has(settings, "archive"):
            watched["archive"] = archive = self._archive_function()
            self._archive = Archive(
                self,
                "Archive",
                environment=settings.environment,
                stream=self._streams.events,
                function=archive,
                key=self._key,
                access_logs=self._storage.access_logs,
                keep_data=keep,
                tls_only=tls_only,
                log_retention_days=settings.log_retention_days,
            )
        self._watch(watched)
        self._outputs()

    def _reserved(self, count: int) -> int | None:
        return count if self._settings.reserve_concurrency else None

    def _tally(self) -> lambda_.Function:
        function = self._functions.add(
            "tally",
            description="Counts the payments of a shard and passes the partial tally on",
            memory_mb=self._settings.memory_mb,
            timeout_seconds=60,
            reserved=self._reserved(self._settings.events_shards),
            environment={
                "TALLIES_STREAM": self._streams.tallies.stream_name,
                "STATE_TABLE": self._table.table_name,
                "QUARANTINE_BUCKET": self._storage.quarantine.bucket_name,
                "SLICING": format_slicing(self._settings.slicing),
                "SKEW_SECONDS": str(self._settings.skew_seconds),
                "OLDEST_DAYS": str(self._settings.oldest_days),
            },
        )
        self._streams.tallies.grant(function, "kinesis:PutRecord")
        self._use_table(function, "dynamodb:GetItem", "dynamodb:PutItem")
        self._storage.quarantine.grant_put(function)
        accept_put(function, self._storage.quarantine, "parked records")
        return function

    def _detect(self) -> lambda_.Function:
        function = self._functions.add(
            "detect",
            description="Merges the tallies, scores every slice, opens and closes incidents",
            memory_mb=self._settings.memory_mb,
            timeout_seconds=60,
            reserved=self._reserved(1),
            environment={
                "STATE_TABLE": self._table.table_name,
                "ALARMS_TOPIC_ARN": self._topics.alarms.topic_arn,
                "NAMESPACE": self._namespace,
                "THRESHOLDS": format_thresholds(self._settings.thresholds),
                "FALSE_ALARMS_PER_WEEK": f"{self._settings.false_alarms_per_week:g}",
                "LEARNING_SECONDS": str(self._settings.learning_seconds),
                "LATENESS_SECONDS": str(self._settings.lateness_seconds),
                "CONFIRM_SECONDS": str(self._settings.confirm_seconds),
                "RECOVER_SECONDS": str(self._settings.recover_seconds),
                "PUBLISH_SECONDS": str(self._settings.publish_seconds),
            },
        )
        self._use_table(function, "dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem")
        self._topics.alarms.grant_publish(function)
        only_ours = {"StringEquals": {"cloudwatch:namespace": self._namespace}}
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions=(
                    only_ours if emulated.has(self._settings, "metric-namespace") else None
                ),
            )
        )
        return function

    def _notify(self) -> lambda_.Function:
        function = self._functions.add(
            "notify",
            description="Turns alarms and incidents into one page per incident",
            memory_mb=512,
            timeout_seconds=30,
            # All payment alarms may wait for detect at once; its own word must not queue for them.
            reserved=self._reserved(20),
            environment={
                "STATE_TABLE": self._table.table_name,
                "ONCALL_TOPIC_ARN": self._topics.oncall.topic_arn,
                "ENVIRONMENT": self._settings.environment,
                "DASHBOARD_URL": dashboard_url(self._settings.environment),
                "THRESHOLDS": format_thresholds(self._settings.thresholds),
                "COOLDOWN_SECONDS": str(self._settings.cooldown_seconds),
                **self._told_channels(),
            },
            # Of what Lambda passes on, only dead letters have message attributes; without any, a message
            # gets through no filter of a subscription, not even one for what has no such attribute.
            dead_letters=self._topics.oncall,
        )
        self._use_table(
            function,
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        )
        self._topics.oncall.grant_publish(function)
        return function

    def _tick(self) -> lambda_.Function:
        function = self._functions.add(
            "tick",
            description="Puts a heartbeat into every shard, so that silence is seen too",
            memory_mb=512,
            timeout_seconds=30,
            reserved=self._reserved(1),
            environment={"EVENTS_STREAM": self._streams.events.stream_name},
        )
        self._streams.events.grant(function, "kinesis:ListShards", "kinesis:PutRecords")
        self._key.grant(function, "kms:GenerateDataKey")
        return function

    def _told_channels(self) -> dict[str, str]:
        """For notify, which tells their alarms in words."""
        channels = ",".join(self._settings.channels)
        return {"CHANNELS": channels} if channels else {}

    def _deliver(self, channel: str, secret: str) -> lambda_.Function:
        """No limit of its own: its queue lets no more than two run at once."""
        function = self._functions.add(
            f"deliver-{channel}",
            description=f"Tells the pages of its queue to {channel}",
            memory_mb=512,
            timeout_seconds=TIMEOUT_SECONDS,
            reserved=None,
            handler="deliver",
            environment={
                "CHANNEL": channel,
                "SECRET_ARN": secret,
                "STATE_TABLE": self._table.table_name,
                "ENVIRONMENT": self._settings.environment,
                "DASHBOARD_URL": dashboard_url(self._settings.environment),
            },
        )
        self._use_table(function, "dynamodb:GetItem", "dynamodb:UpdateItem")
        return function

    def _archive_function(self) -> lambda_.Function:
        """It touches nothing but what Firehose hands it. Firehose stores away what a throttled
        function does not take, so no limit of its own: the other functions reserve theirs.
        """
        return self._functions.add(
            "archive",
            description="Turns records into masked rows of the archive, for Firehose",
            memory_mb=self._settings.memory_mb,
            timeout_seconds=60,
            reserved=None,
            environment={},
        )

    def _use_table(self, function: lambda_.Function, *actions: str) -> None:
        """Lets the function use the table, and the key that the table's items are under."""
        self._table.grant(function, *actions)
        self._key.grant_encrypt_decrypt(function)
        accept_key_actions(function)

    def _watch(self, functions: dict[str, lambda_.Function]) -> None:
        streams = {"events": self._streams.events, "tallies": self._streams.tallies}

        def payment_metric(name: str) -> cloudwatch.Metric:
            return cloudwatch.Metric(namespace=self._namespace, metric_name=name)

        def metric_of(alarm: Alarm) -> cloudwatch.Metric:
            if alarm.source == PAYMENTS:
                return payment_metric(alarm.metric)
            if alarm.metric == "OnFailureDestinationDeliveredEventCount":
                return cloudwatch.Metric(
                    namespace="AWS/Lambda",
                    metric_name=alarm.metric,
                    dimensions_map={"EventSourceMappingUUID": self._mappings[alarm.source]},
                )
            if self._archive and alarm.source == "delivery":
                return self._archive.metric(alarm.metric)
            if self._channels and alarm.source in self._channels.dead_letters:
                return self._channels.undelivered(alarm.source, alarm.metric)
            if alarm.source in streams:
                return streams[alarm.source].metric(alarm.metric)
            return functions[alarm.source].metric(alarm.metric)

        created = Alarms(
            self,
            "Alarms",
            prefix=self._prefix,
            alarms=alarms(
                self._settings.thresholds,
                archive=self._archive is not None,
                channels=tuple(self._settings.channels),
            ),
            metric_of=metric_of,
            topic=self._topics.alarms,
        )
        Dashboards(
            self,
            "Dashboards",
            environment=self._settings.environment,
            thresholds=self._settings.thresholds,
            payment_metric=payment_metric,
            alarms=created.by_name,
            functions=functions,
            consumers={name: functions[name] for name in self._mappings},
            streams=streams,
            queues=self._channels.queues if self._channels else {},
            dead_letters=self._channels.dead_letters if self._channels else {},
        )

    def _outputs(self) -> None:
        archive = self._archive
        for name, value in {
            "EventsStream": self._streams.events.stream_name,
            "TalliesStream": self._streams.tallies.stream_name,
            "StateTable": self._table.table_name,
            "AlarmsTopicArn": self._topics.alarms.topic_arn,
            "OncallTopicArn": self._topics.oncall.topic_arn,
            "QuarantineBucket": self._storage.quarantine.bucket_name,
            "FailuresBucket": self._storage.failures.bucket_name,
            "Namespace": self._namespace,
            "DashboardUrl": dashboard_url(self._settings.environment),
            **({"ArchiveBucket": archive.bucket.bucket_name} if archive else {}),
            **({"ArchiveTable": archive.table} if archive else {}),
        }.items():
            cdk.CfnOutput(self, name, value=value)
