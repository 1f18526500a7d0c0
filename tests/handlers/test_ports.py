"""The shapes that the functions ask for are those that the adapters have."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from functions.adapters.channels import PagerDuty, Slack, Webhook
from functions.adapters.cloudwatch import Gauges
from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.ledgers import Ledgers
from functions.adapters.dynamodb.markers import Markers
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.adapters.s3 import Quarantine
from functions.adapters.sns import AlarmsTopic, OncallTopic
from functions.handlers import ports

FILLED: list[tuple[type[Any], type[Any]]] = [
    (ports.LedgerStore, Ledgers),
    (ports.PartialSink, TalliesStream),
    (ports.ParkingPlace, Quarantine),
    (ports.JournalStore, Journal),
    (ports.Announcer, AlarmsTopic),
    (ports.GaugeSink, Gauges),
    (ports.DeskStore, Desks),
    (ports.HeadReader, Heads),
    (ports.PageSink, OncallTopic),
    (ports.RecordStore, TroubleRecords),
    (ports.MarkerStore, Markers),
    (ports.Channel, Slack),
    (ports.Channel, PagerDuty),
    (ports.Channel, Webhook),
]


def methods(kind: type[Any]) -> dict[str, list[str]]:
    """Public method → the names of its parameters."""
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(("port", "adapter"), FILLED)
def test_an_adapter_has_what_its_port_asks_for(port: type[Any], adapter: type[Any]) -> None:
    wanted = methods(port)
    assert wanted
    assert wanted.items() <= methods(adapter).items()


def test_every_port_is_filled() -> None:
    declared = {
        kind for _, kind in inspect.getmembers(ports, inspect.isclass) if kind.__module__ == ports.__name__
    }  # fmt: skip
    assert declared == {port for port, _ in FILLED}
