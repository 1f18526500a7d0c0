"""The deployment that the commands ask. moto stands for AWS."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.troubles import TroubleRecords
from functions.adapters.sns import AlarmsTopic
from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.paging.record_notes import response_note
from functions.core.troubles.response import Response
from ops.deployment import Deployment
from tests.builders import NOW
from tests.state_table import TABLE, create_state_table


class Phoned(AlarmsTopic):
    """An alarms topic whose responses notify takes at once."""

    def __init__(self, client: Any, arn: str, records: TroubleRecords) -> None:
        super().__init__(client, arn)
        self.records = records

    def respond(self, response: Response) -> None:
        super().respond(response)
        self.records.note(response_note(response))


@pytest.fixture
def deployment(services: None) -> Deployment:
    dynamodb = boto3.client("dynamodb")
    create_state_table(dynamodb)
    sns = boto3.client("sns")
    arn = sns.create_topic(Name="paywatch-dev-alarms")["TopicArn"]
    records = TroubleRecords(dynamodb, TABLE, clock=lambda: NOW)
    return Deployment(
        records,
        Heads(dynamodb, TABLE),
        Journal(dynamodb, TABLE),
        Phoned(sns, arn, records),
        DEFAULT_THRESHOLDS,
    )
