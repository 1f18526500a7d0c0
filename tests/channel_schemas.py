"""What the three services take, written from their public documentation: strict, nothing unknown.

Slack: docs.slack.dev, Block Kit reference. PagerDuty: developer.pagerduty.com, Events API v2.
Alertmanager: prometheus.io, Alerting, Configuration, webhook_config.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Text3000 = Annotated[str, Meta(min_length=1, max_length=3000)]


class Mrkdwn(Struct, tag="mrkdwn", forbid_unknown_fields=True):
    text: Text3000


class FieldText(Struct, tag="mrkdwn", forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class HeaderText(Struct, tag="plain_text", forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=150)]


class Header(Struct, tag="header", forbid_unknown_fields=True):
    text: HeaderText


class Section(Struct, tag="section", forbid_unknown_fields=True):
    """One of text and fields must be there."""

    text: Mrkdwn | None = None
    fields: Annotated[list[FieldText], Meta(min_length=1, max_length=10)] | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.fields is None):
            raise ValueError("a section has either a text or fields here")


class Context(Struct, tag="context", forbid_unknown_fields=True):
    elements: Annotated[list[Mrkdwn], Meta(min_length=1, max_length=10)]


class SlackMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    """The arguments of chat.postMessage that we use; to an incoming webhook without `channel`."""

    channel: Annotated[str, Meta(pattern=r"^[CGD][A-Z0-9]+$")] | None = None
    text: Text3000
    blocks: Annotated[list[Header | Section | Context], Meta(max_length=50)] | None = None
    unfurl_links: bool = False
    unfurl_media: bool = False
    thread_ts: Annotated[str, Meta(pattern=r"^\d+\.\d+$")] | None = None
    reply_broadcast: bool = False


Instant = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Url = Annotated[str, Meta(pattern=r"^https://")]
RoutingKey = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{32}$")]
DedupKey = Annotated[str, Meta(min_length=1, max_length=255)]


class PdPayload(Struct, forbid_unknown_fields=True, kw_only=True, rename={"class_": "class"}):
    summary: Annotated[str, Meta(min_length=1, max_length=1024)]
    source: Annotated[str, Meta(min_length=1)]
    severity: Literal["critical", "error", "warning", "info"]
    timestamp: Instant
    component: str
    group: str
    class_: str
    custom_details: dict[str, Any]


class PdLink(Struct, forbid_unknown_fields=True):
    href: Url
    text: str


class Trigger(
    Struct, tag="trigger", tag_field="event_action", forbid_unknown_fields=True, kw_only=True
):
    routing_key: RoutingKey
    dedup_key: DedupKey
    payload: PdPayload
    client: str = ""
    client_url: Url | None = None
    links: list[PdLink] = []


class Acknowledge(
    Struct, tag="acknowledge", tag_field="event_action", forbid_unknown_fields=True, kw_only=True
):
    routing_key: RoutingKey
    dedup_key: DedupKey


class Resolve(
    Struct, tag="resolve", tag_field="event_action", forbid_unknown_fields=True, kw_only=True
):
    routing_key: RoutingKey
    dedup_key: DedupKey


PagerDutyEvent = Trigger | Acknowledge | Resolve

Status = Literal["firing", "resolved"]
Labels = dict[Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")], str]


class Alert(Struct, forbid_unknown_fields=True, kw_only=True, rename={"starts_at": "startsAt", "ends_at": "endsAt", "generator_url": "generatorURL"}):  # fmt: skip
    status: Status
    labels: Labels
    annotations: Labels
    starts_at: Instant
    ends_at: Instant
    generator_url: str
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]


class Notification(Struct, forbid_unknown_fields=True, kw_only=True, rename={"group_key": "groupKey", "truncated_alerts": "truncatedAlerts", "group_labels": "groupLabels", "common_labels": "commonLabels", "common_annotations": "commonAnnotations", "external_url": "externalURL"}):  # fmt: skip
    version: Literal["4"]
    group_key: Annotated[str, Meta(min_length=1)]
    truncated_alerts: Annotated[int, Meta(ge=0)]
    status: Status
    receiver: Annotated[str, Meta(min_length=1)]
    group_labels: Labels
    common_labels: Labels
    common_annotations: Labels
    external_url: str
    alerts: Annotated[list[Alert], Meta(min_length=1)]


def slack(data: Any) -> SlackMessage:
    """The payload, as Slack would read it. Raises msgspec.ValidationError for what it would refuse."""
    return msgspec.json.decode(_sent(data), type=SlackMessage)


def pagerduty(data: Any) -> Trigger | Acknowledge | Resolve:
    event: Trigger | Acknowledge | Resolve = msgspec.json.decode(_sent(data), type=PagerDutyEvent)
    return event


def alertmanager(data: Any) -> Notification:
    return msgspec.json.decode(_sent(data), type=Notification)


def _sent(data: Any) -> bytes:
    return data if isinstance(data, bytes) else msgspec.json.encode(data)
