"""The stack: the picture of the README, top to bottom."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from functions.core.monitoring.alarms import alarms as alarms_of
from functions.settings.thresholds import format_thresholds
from infra import emulated
from infra.alarms import Alarms
from infra.archive import Archive
from infra.channels import Channels
from infra.dashboards import Dashboards, dashboard_url
from infra.dependencies import LAMBDA, Dependencies, Target
from infra.deployments import DeploymentRules
from infra.encryption import Encryption
from infra.functions.detect import DetectFunction
from infra.functions.function import Functions
from infra.functions.notify import NotifyFunction
from infra.functions.tally import TallyFunction
from infra.functions.tick import TickFunction
from infra.schedule import Heartbeat, Minutes
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
        prefix, keep = settings.prefix, settings.keep_data
        tls_only = emulated.has(settings, "tls-only")

        # Where data rests and flows.
        key = Encryption(self, "Encryption", keep_data=keep).key
        streams = Streams(
            self, "Streams", prefix=prefix, shards=settings.events_shards, key=key, keep_data=keep
        )
        state = State(self, "State", prefix=prefix, key=key, keep_data=keep)
        storage = Storage(self, "Storage", key=key, keep_data=keep, tls_only=tls_only)
        topics = Topics(
            self,
            "Topics",
            prefix=prefix,
            key=key,
            emails=settings.oncall_email,
            phones=settings.oncall_sms,
            tls_only=tls_only,
        )

        # What happens to it on its way.
        target = LAMBDA if emulated.has(settings, "lambda-platform") else Target.host()
        layer = Dependencies(self, "Dependencies", target=target).layer
        functions = Functions(self, "Functions", settings=settings, layer=layer, target=target)
        tally = TallyFunction(functions, streams=streams, state=state, storage=storage)
        detect = DetectFunction(
            functions, streams=streams, state=state, topics=topics, storage=storage
        )
        notify = NotifyFunction(functions, state=state, topics=topics)
        Minutes(self, "Minutes", function=notify)
        if settings.mark_deployments:
            DeploymentRules(self, "Deployments", prefix=prefix, function=notify)
        tick = TickFunction(functions, streams=streams, key=key)
        Heartbeat(self, "Heartbeat", function=tick)
        channels = Channels(
            self,
            "Channels",
            prefix=prefix,
            functions=functions,
            secrets=settings.channels,
            state=state,
            oncall=topics.oncall,
            key=key,
            tls_only=tls_only,
        )
        archive = (
            Archive(
                self,
                "Archive",
                functions=functions,
                stream=streams.events,
                key=key,
                access_logs=storage.access_logs,
                tls_only=tls_only,
            )
            if settings.archive and emulated.has(settings, "archive")
            else None
        )

        # Who watches it.
        alarms = Alarms(
            self,
            "Alarms",
            prefix=prefix,
            alarms=alarms_of(
                settings.thresholds, archive=archive is not None, channels=tuple(settings.channels)
            ),
            sources={
                **streams.sources,
                **functions.sources,
                **channels.sources,
                **(archive.sources if archive else {}),
            },
            topic=topics.alarms,
        )
        Dashboards(
            self,
            "Dashboards",
            environment=settings.environment,
            thresholds=settings.thresholds,
            payment_metric=detect.payment_metric,
            alarms=alarms.by_name,
            functions=functions.by_name,
            consumers={"tally": tally, "detect": detect},
            streams=streams.by_name,
            queues=channels.queues,
            dead_letters=channels.dead_letters,
        )

        # What the tools look for.
        for name, value in {
            "EventsStream": streams.events.stream_name,
            "TalliesStream": streams.tallies.stream_name,
            "StateTable": state.table.table_name,
            "AlarmsTopicArn": topics.alarms.topic_arn,
            "OncallTopicArn": topics.oncall.topic_arn,
            "QuarantineBucket": storage.quarantine.bucket_name,
            "FailuresBucket": storage.failures.bucket_name,
            "Namespace": settings.namespace,
            "Thresholds": format_thresholds(settings.thresholds),
            "DashboardUrl": dashboard_url(settings.environment),
            **({"ArchiveBucket": archive.bucket.bucket_name} if archive else {}),
            **({"ArchiveTable": archive.table} if archive else {}),
        }.items():
            cdk.CfnOutput(self, name, value=value)
