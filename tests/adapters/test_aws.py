"""Which faults may pass, for every adapter alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from functions.adapters.aws import calling
from functions.adapters.cloudwatch import Gauges
from functions.adapters.dynamodb.desks import Desks
from functions.adapters.dynamodb.heads import Heads
from functions.adapters.dynamodb.journal import Journal
from functions.adapters.dynamodb.ledgers import Ledgers
from functions.adapters.kinesis.events_stream import EventsStream
from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.adapters.s3 import Quarantine
from functions.adapters.sns import AlarmsTopic, OncallTopic
from functions.core.counting.ledger import Ledger
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.errors import Malformed, Transient
from functions.core.paging.desk import Desk
from functions.core.paging.incident_page import incident_page
from tests.builders import DASHBOARD, NOW, SHARD, announcement, approved, partial, record

STATE, DELTA = step(initial(Rules()), [partial(1, approved(NOW))], Rules())
REFUSED = [(record(1), [Malformed("bad_json", "x", b"x")])]
PAGE = incident_page(announcement(), DASHBOARD)
CALLS: list[tuple[str, str, Callable[[Any], object]]] = [
    ("dynamodb", "get_item", lambda c: Ledgers(c, "t").read(SHARD)),
    ("dynamodb", "put_item", lambda c: Ledgers(c, "t").write(SHARD, Ledger(1, (1,)))),
    ("dynamodb", "put_item", lambda c: Journal(c, "t").append(DELTA, STATE)),
    ("dynamodb", "put_item", lambda c: Journal(c, "t").write_snapshot(STATE)),
    ("dynamodb", "query", lambda c: Journal(c, "t").load(STATE, Rules())),
    ("dynamodb", "query", lambda c: Heads(c, "t").head()),
    ("dynamodb", "get_item", lambda c: Desks(c, "t").read()),
    ("dynamodb", "put_item", lambda c: Desks(c, "t").write(Desk(), 0)),
    ("kinesis", "put_record", lambda c: TalliesStream(c, "s").send([partial(1)])),
    ("kinesis", "list_shards", lambda c: EventsStream(c, "s").tick()),
    ("s3", "put_object", lambda c: Quarantine(c, "b").park(REFUSED)),
    ("sns", "publish", lambda c: AlarmsTopic(c, "arn").announce(announcement())),
    ("sns", "publish", lambda c: OncallTopic(c, "arn").send(PAGE)),
    ("cloudwatch", "put_metric_data", lambda c: Gauges(c, "n").put({"Parked": 1.0}, NOW)),
]
NAMES = [f"{service} {operation} {number}" for number, (service, operation, _) in enumerate(CALLS)]


Refused = Callable[[str, str, str, int], Any]


@pytest.mark.parametrize(("service", "operation", "call"), CALLS, ids=NAMES)
def test_a_call_that_is_throttled_may_be_made_again(
    service: str, operation: str, call: Callable[[Any], object], refused: Refused
) -> None:
    with pytest.raises(Transient):
        call(refused(service, operation, "ThrottlingException", 400))


@pytest.mark.parametrize(("service", "operation", "call"), CALLS, ids=NAMES)
def test_a_call_that_is_not_permitted_fails_loudly(
    service: str, operation: str, call: Callable[[Any], object], refused: Refused
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        call(refused(service, operation, "AccessDeniedException", 403))


def client_error(code: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "r",
                "HostId": "h",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "PutItem",
    )


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException", 400),
        client_error("SlowDown", 503),
        client_error("AnythingElse", 500),
        ConnectTimeoutError(endpoint_url="https://x"),
        EndpointConnectionError(endpoint_url="https://x"),
    ],
    ids=str,
)
def test_what_may_pass_is_transient_and_names_what_was_tried(error: Exception) -> None:
    with pytest.raises(Transient, match="read the stars") as caught, calling("read the stars"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        client_error("ResourceNotFoundException", 400),
        client_error("ConditionalCheckFailedException", 400),
        NoCredentialsError(),
        ParamValidationError(report="x"),
        KeyError("x"),
    ],
    ids=repr,
)
def test_what_will_not_pass_by_itself_is_let_through(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, calling("read the stars"):
        raise error
    assert caught.value is error
