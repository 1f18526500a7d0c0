"""The secrets of the channels: read, kept for a minute, checked whole, and never told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.adapters.secrets import (
    EVENTS_API,
    MAX_AGE,
    Secret,
    pagerduty_access,
    slack_access,
    webhook_access,
)
from functions.core.errors import SettingsError, Transient
from tests.https_server import certificates

from .conftest import client

TOKEN = "xoxb-1234567890-abcdefghij"
HOOK = "https://hooks.slack.com/services/T000/B000/XXXXsecret"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
SLACK = json.dumps({"bot_token": TOKEN, "channel": "C0123456789"})

Read = Callable[[str], object]


@dataclass
class Time:
    now: float = 0.0

    def clock(self) -> float:
        return self.now


@pytest.fixture
def manager() -> Any:
    made = client("secretsmanager")
    made.create_secret(Name="paywatch/slack", SecretString=SLACK)
    return made


def test_a_secret_is_read_by_its_name(manager: Any) -> None:
    access = Secret(manager, "paywatch/slack", slack_access)()
    assert (access.bot_token, access.channel) == (TOKEN, "C0123456789")


def test_a_secret_is_kept_for_a_while_and_then_read_again(manager: Any) -> None:
    time = Time()
    secret = Secret(manager, "paywatch/slack", slack_access, time.clock)
    assert secret().webhook_url == ""
    manager.put_secret_value(
        SecretId="paywatch/slack", SecretString=json.dumps({"webhook_url": HOOK})
    )
    time.now = MAX_AGE - 1
    assert secret().webhook_url == ""
    time.now = MAX_AGE
    assert secret().webhook_url == HOOK


def test_a_secret_that_is_not_there_is_told_by_name_with_what_to_do(manager: Any) -> None:
    with pytest.raises(SettingsError, match="paywatch/other cannot be read: make it"):
        Secret(manager, "paywatch/other", slack_access)()


def test_a_secret_that_may_not_be_read_says_what_to_allow(
    refused: Callable[[str, str, str, int], Any],
) -> None:
    service = refused("secretsmanager", "get_secret_value", "AccessDeniedException", 400)
    with pytest.raises(SettingsError, match="let the function's role read it"):
        Secret(service, "paywatch/slack", slack_access)()


def test_a_secrets_manager_that_does_not_answer_is_asked_again_later(
    refused: Callable[[str, str, str, int], Any],
) -> None:
    service = refused("secretsmanager", "get_secret_value", "InternalServiceError", 500)
    with pytest.raises(Transient):
        Secret(service, "paywatch/slack", slack_access)()


def test_what_nobody_foresaw_is_let_through(refused: Callable[[str, str, str, int], Any]) -> None:
    service = refused("secretsmanager", "get_secret_value", "InvalidParameterException", 400)
    with pytest.raises(ClientError):
        Secret(service, "paywatch/slack", slack_access)()


def test_a_secret_that_is_mended_serves_at_the_next_try(manager: Any) -> None:
    manager.put_secret_value(SecretId="paywatch/slack", SecretString="{}")
    secret = Secret(manager, "paywatch/slack", slack_access)
    with pytest.raises(SettingsError):
        secret()
    manager.put_secret_value(SecretId="paywatch/slack", SecretString=SLACK)
    assert secret().bot_token == TOKEN


def test_pagerduty_has_its_usual_address_unless_another_is_given() -> None:
    eu = "https://events.eu.pagerduty.com/v2/enqueue"
    assert pagerduty_access(json.dumps({"routing_key": ROUTING_KEY})).endpoint == EVENTS_API
    given = json.dumps({"routing_key": ROUTING_KEY, "endpoint": eu})
    assert pagerduty_access(given).endpoint == eu


def test_a_webhook_may_have_a_token_and_a_certificate_of_its_own() -> None:
    ca = certificates().authority
    given = {"url": "https://example.com/hook", "bearer_token": "t", "ca_certificate": ca}
    access = webhook_access(json.dumps(given))
    assert (access.url, access.bearer_token, access.ca_certificate) == tuple(given.values())


FAULTS: list[tuple[Read, dict[str, Any], list[str]]] = [
    (slack_access, {}, ["bot_token is missing", "channel is missing"]),
    (
        slack_access,
        {"bot_token": "", "channel": "#payments"},
        ["bot_token is no token", "channel is no channel's ID"],
    ),
    (slack_access, {"webhook_url": HOOK, "bot_token": TOKEN}, ["keep one way"]),
    (slack_access, {"webhook_url": HOOK.replace("https", "http")}, ["webhook_url is no https"]),
    (slack_access, {"bot_token": 7, "channel": "C01234"}, ["bot_token is no text", "is missing"]),
    (
        pagerduty_access,
        {"routing_key": "short", "endpoint": "http://x", "key": "y"},
        ["routing_key has not 32", "endpoint is no https", "1 unknown fields"],
    ),
    (webhook_access, {}, ["url is missing"]),
    (webhook_access, {"url": "https://me:pw@example.com"}, ["use a token"]),
    (webhook_access, {"url": "https://example.com:99999"}, ["url is no https"]),
    (
        webhook_access,
        {"url": "https://", "bearer_token": "a b", "ca_certificate": "x"},
        ["url is no https", "bearer_token is no token", "ca_certificate is no certificate"],
    ),
]


@pytest.mark.parametrize(("read", "given", "told"), FAULTS)
def test_all_faults_of_a_secret_are_told_at_once(
    read: Read, given: dict[str, Any], told: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(json.dumps(given))
    for words in told:
        assert any(words in fault for fault in caught.value.faults), words


@pytest.mark.parametrize("read", [slack_access, pagerduty_access, webhook_access])
@pytest.mark.parametrize("text", ["", "xoxb-secret", "[1]", '"x"', '{"a":', "null"])
def test_what_is_no_object_is_told(read: Read, text: str) -> None:
    with pytest.raises(SettingsError, match="is no JSON object"):
        read(text)


@pytest.mark.parametrize("read", [slack_access, pagerduty_access, webhook_access])
def test_no_value_and_no_unknown_name_is_in_an_error(read: Read) -> None:
    known = (
        "bot_token",
        "channel",
        "webhook_url",
        "routing_key",
        "endpoint",
        "url",
        "bearer_token",
    )
    given = {**dict.fromkeys(known, "hidden value"), "hidden name": 1}
    with pytest.raises(SettingsError) as caught:
        read(json.dumps(given))
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (slack_access, json.dumps({"bot_token": "hidden", "channel": "C0123456789"})),
        (slack_access, json.dumps({"webhook_url": "https://example.com/hidden"})),
        (pagerduty_access, json.dumps({"routing_key": "hidden".ljust(32, "0")})),
        (webhook_access, json.dumps({"url": "https://x/hidden", "bearer_token": "hidden"})),
    ],
)
def test_what_was_read_does_not_show_its_secrets(read: Read, text: str) -> None:
    assert "hidden" not in repr(read(text))
