"""Secrets Manager: what each channel needs to be let in. Values are never logged nor told in errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import ClientError

from functions.adapters.aws import calling, error_code
from functions.core.errors import SettingsError

MAX_AGE: Final = 60
"""Seconds that a secret is kept: shorter than five tries of a page last, so that a new one serves
before the page is given up."""
EVENTS_API: Final = "https://events.pagerduty.com/v2/enqueue"

_TOKEN: Final = re.compile(r"[!-~]+")
_CHANNEL: Final = re.compile(r"[CGD][A-Z0-9]{2,}")
_ROUTING_KEY: Final = re.compile(r"[0-9A-Za-z]{32}")
_CERTIFICATE: Final = re.compile(r"\s*-----BEGIN CERTIFICATE-----.*", re.DOTALL)
_ADVICE: Final = {
    "AccessDeniedException": "let the function's role read it, and use the key it is under",
    "DecryptionFailure": "let the function's role use the key that it is under",
    "InvalidRequestException": "restore it: it is to be deleted",
    "ResourceNotFoundException": "make it, in this account and region",
}


@dataclass(frozen=True)
class SlackAccess:
    """Either a bot's token and a channel's ID, or the address of an incoming webhook."""

    bot_token: str = field(default="", repr=False)
    channel: str = ""
    webhook_url: str = field(default="", repr=False)


@dataclass(frozen=True)
class PagerDutyAccess:
    routing_key: str = field(repr=False)
    endpoint: str = EVENTS_API


@dataclass(frozen=True)
class WebhookAccess:
    """ca_certificate: in PEM, of whoever signed the receiver's certificate, where that is private."""

    url: str = field(repr=False)
    bearer_token: str = field(default="", repr=False)
    ca_certificate: str = field(default="", repr=False)


_T = TypeVar("_T")


class Secret(Generic[_T]):
    """A secret as `read` understands it, kept for MAX_AGE."""

    def __init__(
        self,
        client: Any,
        name: str,
        read: Callable[[str], _T],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._name = name
        self._read = read
        self._clock = clock
        self._kept: tuple[float, _T] | None = None

    def __call__(self) -> _T:
        """Raises Transient when Secrets Manager does not answer; SettingsError with all faults."""
        if self._kept and self._clock() - self._kept[0] < MAX_AGE:
            return self._kept[1]
        try:
            with calling("read a channel's secret"):
                answer = self._client.get_secret_value(SecretId=self._name)
        except ClientError as error:
            advice = _ADVICE.get(error_code(error))
            if advice is None:
                raise
            raise SettingsError([f"the secret {self._name} cannot be read: {advice}"]) from None
        value = self._read(answer.get("SecretString", ""))
        self._kept = (self._clock(), value)
        return value


def slack_access(text: str) -> SlackAccess:
    given, faults = _fields("slack", text, ("bot_token", "channel", "webhook_url"))
    if "webhook_url" in given and {"bot_token", "channel"} & given.keys():
        faults.append("has webhook_url beside bot_token and channel: keep one way")
    elif "webhook_url" in given:
        _check_url(given, "webhook_url", faults)
    else:
        _check(given, "bot_token", _TOKEN, "is no token", faults)
        _check(given, "channel", _CHANNEL, "is no channel's ID such as C0123456789", faults)
    _refuse("slack", faults)
    return SlackAccess(**given)


def pagerduty_access(text: str) -> PagerDutyAccess:
    given, faults = _fields("pagerduty", text, ("routing_key", "endpoint"))
    _check(given, "routing_key", _ROUTING_KEY, "has not 32 letters and digits", faults)
    if "endpoint" in given:
        _check_url(given, "endpoint", faults)
    _refuse("pagerduty", faults)
    return PagerDutyAccess(**given)


def webhook_access(text: str) -> WebhookAccess:
    given, faults = _fields("webhook", text, ("url", "bearer_token", "ca_certificate"))
    _check_url(given, "url", faults)
    if "bearer_token" in given:
        _check(given, "bearer_token", _TOKEN, "is no token", faults)
    if "ca_certificate" in given:
        _check(given, "ca_certificate", _CERTIFICATE, "is no certificate in PEM", faults)
    _refuse("webhook", faults)
    return WebhookAccess(**given)


def _fields(channel: str, text: str, known: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """The known fields that are texts, and what is wrong so far. Not even the names of unknown
    ones are told: somebody may have put the value where the name belongs."""
    try:
        given = msgspec.json.decode(text)
    except msgspec.DecodeError:
        given = None
    if not isinstance(given, dict):
        raise SettingsError([f"the {channel} secret is no JSON object with {', '.join(known)}"])
    faults = []
    if unknown := given.keys() - set(known):
        faults.append(f"has {len(unknown)} unknown fields; known: {', '.join(known)}")
    faults += [f"{name} is no text" for name in known if not isinstance(given.get(name, ""), str)]
    return {name: given[name] for name in known if isinstance(given.get(name), str)}, faults


def _check(
    given: Mapping[str, str], name: str, pattern: re.Pattern[str], fault: str, faults: list[str]
) -> None:
    if name not in given:
        faults.append(f"{name} is missing")
    elif not pattern.fullmatch(given[name]):
        faults.append(f"{name} {fault}")


def _check_url(given: Mapping[str, str], name: str, faults: list[str]) -> None:
    _check(given, name, _TOKEN, "is no address", faults)
    try:
        parts = urlsplit(given.get(name, "https://absent"))
        is_good = parts.scheme == "https" and parts.hostname and (parts.port is None or parts.port)
    except ValueError:
        is_good = False
    if not is_good:
        faults.append(f"{name} is no https:// address")
    elif parts.username or parts.password:
        faults.append(f"{name} has a user or a password in it: use a token")


def _refuse(channel: str, faults: list[str]) -> None:
    if faults:
        raise SettingsError([f"the {channel} secret: {fault}" for fault in faults])
