"""What AWS refuses is told in one line that says what to do, and whether trying again may help."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from functions.core.errors import PaywatchError, Transient
from producer.aws_faults import NO_CREDENTIALS, NO_REGION, explained

STREAM = "paywatch-test-events"


def refused(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutRecords")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), NO_CREDENTIALS),
        (PartialCredentialsError(provider="env", cred_var="x"), NO_CREDENTIALS),
        (refused("MissingAuthenticationTokenException"), NO_CREDENTIALS),
        (NoRegionError(), NO_REGION),
        (
            refused("ResourceNotFoundException"),
            "there is no stream paywatch-test-events in this account and region: deploy first,"
            " or say which with --stream, --environment or --region",
        ),
        (
            refused("AccessDeniedException", "not\nyou"),
            "these credentials may not put records on paywatch-test-events: not you",
        ),
        *(
            (refused(code), f"AWS does not accept the credentials ({code}): log in again")
            for code in ("ExpiredToken", "ExpiredTokenException", "InvalidSignatureException")
        ),
        (BotoCoreError(), "cannot reach paywatch-test-events: An unspecified error occurred"),
    ],
)
def test_what_no_retry_mends_says_what_to_do(error: Exception, words: str) -> None:
    told = explained(error, STREAM)
    assert type(told) is PaywatchError
    assert str(told) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            EndpointConnectionError(endpoint_url="http://localhost:1"),
            "nothing answers at http://localhost:1: is the emulator running, and is"
            " --endpoint-url right?",
        ),
        (
            ReadTimeoutError(endpoint_url="http://x"),
            'paywatch-test-events did not answer: Read timeout on endpoint URL: "http://x"',
        ),
        (
            refused("InternalFailure", "try\nlater"),
            "paywatch-test-events did not take the records: An error occurred (InternalFailure)"
            " when calling the PutRecords operation: try later",
        ),
    ],
)
def test_what_a_retry_may_mend_is_transient(error: Exception, words: str) -> None:
    told = explained(error, STREAM)
    assert type(told) is Transient
    assert str(told) == words
