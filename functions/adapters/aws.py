"""How every adapter gets its client and says which faults may pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

from functions.core.errors import Transient

_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4}
)

_PASSING: Final = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
    }
)


def client(service: str) -> Any:
    """A client with bounded waits; botocore itself retries three times with jitter."""
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Turn faults that may pass into Transient, naming what was tried; let all others through."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if error_code(error) in _PASSING or status >= 500:
            raise Transient(f"{what}: {error}") from error
        raise
    except (NoCredentialsError, ParamValidationError):
        raise
    except BotoCoreError as error:
        raise Transient(f"{what}: {error}") from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
