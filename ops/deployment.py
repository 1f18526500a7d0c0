"""Which deployment a command speaks to, and what of it the commands about incidents use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops import aws

if TYPE_CHECKING:
    from functions.adapters.dynamodb.desks import Desks
    from functions.adapters.dynamodb.heads import Heads
    from functions.adapters.dynamodb.journal import Journal
    from functions.adapters.dynamodb.markers import Markers
    from functions.adapters.dynamodb.troubles import TroubleRecords
    from functions.adapters.kinesis.tallies_stream import TalliesStream
    from functions.adapters.sns import AlarmsTopic
    from functions.core.counting.signals import Threshold


@dataclass(frozen=True)
class Deployment:
    """records: of troubles; heads: what detect knows, in brief; journal: its
    state; responses: where answers to pages go. thresholds: that its alarms have."""

    records: TroubleRecords
    heads: Heads
    journal: Journal
    responses: AlarmsTopic
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """What was changed, and what is silent on purpose. markers, and the desk, which holds the mutes, to
    read; topic: by which notify hears of new ones."""

    markers: Markers
    desks: Desks
    topic: AlarmsTopic


def board(environment: str, endpoint_url: str | None, region: str | None) -> Board:
    """Raises PaywatchError as `connected` does."""

    def client(service: str) -> Any:
        return aws.client(service, endpoint_url=endpoint_url, region=region)

    return board_of(client, aws.outputs(client("cloudformation"), environment))


def board_of(client: Callable[[str], Any], outputs: Mapping[str, str]) -> Board:
    """client: a service's, by its name. outputs: of the deployment's stack."""
    from functions.adapters.dynamodb.desks import Desks
    from functions.adapters.dynamodb.markers import Markers
    from functions.adapters.sns import AlarmsTopic

    table, name = client("dynamodb"), outputs["StateTable"]
    return Board(
        Markers(table, name),
        Desks(table, name),
        AlarmsTopic(client("sns"), outputs["AlarmsTopicArn"]),
    )


def connected(environment: str, endpoint_url: str | None, region: str | None) -> Deployment:
    """Raises PaywatchError where there are no credentials, no region or no such deployment."""

    def client(service: str) -> Any:
        return aws.client(service, endpoint_url=endpoint_url, region=region)

    return deployment_of(client, aws.outputs(client("cloudformation"), environment))


def tallies(environment: str, endpoint_url: str | None, region: str | None) -> TalliesStream:
    """The stream of which detect hears. Raises PaywatchError as `connected` does."""

    def client(service: str) -> Any:
        return aws.client(service, endpoint_url=endpoint_url, region=region)

    return tallies_of(client, aws.outputs(client("cloudformation"), environment))


def tallies_of(client: Callable[[str], Any], outputs: Mapping[str, str]) -> TalliesStream:
    """client: a service's, by its name. outputs: of the deployment's stack."""
    from functions.adapters.kinesis.tallies_stream import TalliesStream

    return TalliesStream(client("kinesis"), outputs["TalliesStream"])


def deployment_of(client: Callable[[str], Any], outputs: Mapping[str, str]) -> Deployment:
    """client: a service's, by its name. outputs: of the deployment's stack."""
    from functions.adapters.dynamodb.heads import Heads
    from functions.adapters.dynamodb.journal import Journal
    from functions.adapters.dynamodb.troubles import TroubleRecords
    from functions.adapters.sns import AlarmsTopic
    from functions.settings.thresholds import thresholds

    table, name = client("dynamodb"), outputs["StateTable"]
    return Deployment(
        TroubleRecords(table, name),
        Heads(table, name),
        Journal(table, name),
        AlarmsTopic(client("sns"), outputs["AlarmsTopicArn"]),
        # A release before this one put none out.
        thresholds(outputs.get("Thresholds", "")),
    )
