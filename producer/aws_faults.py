"""What AWS refuses, or what is missing to ask it, in one line that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.core.errors import PaywatchError, Transient

NO_CREDENTIALS: Final = (
    "no AWS credentials: log in (aws sso login, aws configure) or set AWS_ACCESS_KEY_ID and"
    " AWS_SECRET_ACCESS_KEY; for the emulator any value does"
)
NO_REGION: Final = "no AWS region: give --region or set AWS_REGION"
_EXPIRED: Final = "AWS does not accept the credentials ({code}): log in again"
_ADVICE: Final[Mapping[str, str]] = {
    "ResourceNotFoundException": (
        "there is no stream {stream} in this account and region:"
        " deploy first, or say which with --stream, --environment or --region"
    ),
    "AccessDeniedException": "these credentials may not put records on {stream}: {message}",
    "ExpiredTokenException": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "UnrecognizedClientException": _EXPIRED,
    "InvalidSignatureException": _EXPIRED,
    "MissingAuthenticationTokenException": NO_CREDENTIALS,
}


def explained(error: Exception, stream: str) -> PaywatchError:
    """What boto3 raised, in one line that says what to do; Transient where a retry may help."""
    from botocore import exceptions as aws

    if isinstance(error, aws.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", ""))
        if code in _ADVICE:
            advice = _ADVICE[code].format(stream=stream, code=code, message=message)
            return PaywatchError(_line(advice))
        return Transient(_line(f"{stream} did not take the records: {error}"))
    if isinstance(error, (aws.NoCredentialsError, aws.PartialCredentialsError)):
        return PaywatchError(NO_CREDENTIALS)
    if isinstance(error, aws.NoRegionError):
        return PaywatchError(NO_REGION)
    if isinstance(error, aws.EndpointConnectionError):
        url = error.kwargs.get("endpoint_url", "the endpoint")
        return Transient(
            f"nothing answers at {url}: is the emulator running, and is --endpoint-url right?"
        )
    if isinstance(error, aws.HTTPClientError):
        return Transient(_line(f"{stream} did not answer: {error}"))
    return PaywatchError(_line(f"cannot reach {stream}: {error}"))


def _line(text: str) -> str:
    return " ".join(text.split())
