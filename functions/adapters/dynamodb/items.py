"""Items of the state table: their keys, when they expire, writes over a known version, and what is said
of what another release stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from functions.adapters.aws import calling, error_code
from functions.core.errors import StateConflict

_logger: Final = logging.getLogger(__name__)
Clock = Callable[[], float]


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def expiry(clock: Clock, days: int) -> dict[str, str]:
    return {"N": str(int(clock()) + days * 86_400)}


def put_over(client: Any, table: str, item: dict[str, Any], version: int) -> None:
    """Put the item if the stored one is of `version`; 0 means that there is none."""
    condition: dict[str, Any] = (
        {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(version)}},
        }
        if version
        else {"ConditionExpression": "attribute_not_exists(pk)"}
    )
    what = f"{item['pk']['S']} {item['sk']['S']}"
    try:
        with calling(f"write {what}"):
            client.put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        raise conflict(error, f"{what} is no longer at version {version}") from error


def conflict(error: ClientError, message: str) -> Exception:
    if error_code(error) == "ConditionalCheckFailedException":
        return StateConflict(message)
    return error


def paged(client: Any, request: dict[str, Any], what: str) -> Iterator[dict[str, Any]]:
    """The items that a query finds, over all pages; `what` is being done, in an error's words."""
    while True:
        with calling(what):
            answer = client.query(**request, ConsistentRead=True)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def say_lost(what: str, lost: Sequence[str]) -> None:
    """Log which parts of what is stored could not be read, if any."""
    if lost:
        _logger.error(
            "%s was stored by another release; gone on without its %s", what, ", ".join(lost)
        )
