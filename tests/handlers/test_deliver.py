"""deliver: a page that cannot be told comes again, holds up no other, and gives no secret away."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from functions.adapters.channels import PagerDuty, Slack, Webhook
from functions.adapters.https import Https, Patience
from functions.adapters.secrets import (
    PagerDutyAccess,
    WebhookAccess,
    slack_access,
)
from functions.adapters.sqs import again, queued
from functions.core.errors import SettingsError, Transient
from functions.core.paging.channels.delivery import CHANNELS, ChannelMemory, QueuedPage
from functions.core.paging.page import Page
from functions.handlers.deliver import function_of
from functions.handlers.deliver_function import DeliverFunction
from functions.handlers.deliver_function import logger as functions_logger
from functions.settings.deliver import DeliverSettings
from tests.channel_pages import ALARM, DASHBOARD, NOW, RESOLVED, TRIGGERED
from tests.https_server import HANG, Say, Server, certificates, serving

SECRET = "verysecret0000000000000000000000"  # as long as a routing key


@dataclass
class Ear:
    """A channel that hears pages, and fails for those of these threads."""

    failing: dict[str, Exception] = field(default_factory=dict)
    heard: list[tuple[Page, int]] = field(default_factory=list)

    def tell(self, page: Page, receives: int) -> str:
        if page.thread in self.failing:
            raise self.failing[page.thread]
        self.heard.append((page, receives))
        return "told"


@dataclass
class Blank:
    """Remembers nothing."""

    def recall(self, thread: str) -> ChannelMemory:
        return ChannelMemory()

    def remember(self, page: Page, root: str = "") -> None:
        return


def message(page: Page, identifier: str = "m1", receives: int = 1) -> QueuedPage:
    return QueuedPage(identifier, msgspec.json.encode(page).decode(), NOW, receives)


def delivering(channel: Any) -> DeliverFunction:
    return DeliverFunction(channel, "slack", DASHBOARD)


def test_every_page_is_told_with_how_often_it_came() -> None:
    ear = Ear()
    assert delivering(ear)([message(TRIGGERED), message(RESOLVED, "m2", 3)]) == []
    assert ear.heard == [(TRIGGERED, 1), (RESOLVED, 3)]


@pytest.mark.parametrize("error", [Transient("down"), SettingsError(["no token"])])
def test_a_page_that_fails_comes_again_and_holds_up_no_other(error: Exception) -> None:
    ear = Ear(failing={TRIGGERED.thread: error})
    assert delivering(ear)([message(TRIGGERED, "m1"), message(ALARM, "m2")]) == ["m1"]
    assert ear.heard == [(ALARM, 1)]


def test_what_is_no_page_is_told_with_the_time_that_it_was_sent() -> None:
    ear = Ear()
    assert delivering(ear)([QueuedPage("m1", "notify is gone", NOW, 1)]) == []
    ((page, _),) = ear.heard
    assert (page.at, page.url) == (NOW, DASHBOARD)


def test_a_fault_of_our_own_is_not_taken_for_the_channels() -> None:
    with pytest.raises(KeyError):
        delivering(Ear(failing={TRIGGERED.thread: KeyError("x")}))([message(TRIGGERED)])


def test_messages_are_read_as_sqs_gives_them_and_answered_as_it_wants() -> None:
    event: dict[str, Any] = {
        "Records": [
            {
                "messageId": "m1",
                "body": "text",
                "attributes": {
                    "SentTimestamp": f"{NOW}999",
                    "ApproximateReceiveCount": "2",
                },
                "messageAttributes": {"ErrorMessage": {"stringValue": "the desk moved"}},
            }
        ]
    }
    assert queued(event) == [QueuedPage("m1", "text", NOW, 2, "the desk moved")]
    del event["Records"][0]["messageAttributes"]
    assert queued(event) == [QueuedPage("m1", "text", NOW, 2)]
    assert again(["m1"]) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert again([]) == {"batchItemFailures": []}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that anybody logs at the lowest level, Powertools' logger of the function among them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, own = logging.getLogger(), logging.getLogger(functions_logger.name)
    before = root.level
    for logger in (root, own):
        logger.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    for logger in (root, own):
        logger.removeHandler(handler)


def https() -> Https:
    return Https(Patience(read=0.2, tries=2), pause=lambda seconds: None)


def slack_hook(url: str) -> Any:
    access = slack_access(json.dumps({"webhook_url": url + SECRET}))
    return Slack(lambda: access, _Trusting(), Blank())


def pagerduty(url: str) -> Any:
    return PagerDuty(lambda: PagerDutyAccess(SECRET, url), _Trusting(), Blank(), "paywatch-prod")


def webhook(url: str) -> Any:
    access = WebhookAccess(url + SECRET, SECRET, certificates().authority)
    return Webhook(lambda: access, https(), Blank())


class _Trusting:
    def post(self, url: str, payload: Any, headers: Any = None, ca: str = "") -> Any:
        return https().post(url, payload, headers, certificates().authority)


ECHO = SECRET.encode()


@pytest.mark.enable_socket
@pytest.mark.parametrize("make", [slack_hook, pagerduty, webhook])
@pytest.mark.parametrize(
    "says", [Say(500, ECHO), Say(429, ECHO, {"Retry-After": "90"}), Say(400, ECHO), Say(302, ECHO, {"Location": "https://x"}), HANG]
)  # fmt: skip
def test_no_secret_is_in_a_log_however_a_channel_fails(
    make: Callable[[str], Any], says: Say, log: io.StringIO
) -> None:
    with serving(Server(says=[says])) as server:
        assert delivering(make(server.url("/")))([message(TRIGGERED)]) == ["m1"]
    assert "not delivered" in log.getvalue()
    assert SECRET not in log.getvalue()


@pytest.mark.enable_socket
@pytest.mark.parametrize("make", [slack_hook, pagerduty, webhook])
@pytest.mark.parametrize("says", [Say(500, ECHO), Say(400, ECHO), HANG])
def test_no_secret_is_in_an_error_nor_in_its_traceback(
    make: Callable[[str], Any], says: Say
) -> None:
    with (
        serving(Server(says=[says])) as server,
        pytest.raises((Transient, SettingsError)) as caught,
    ):
        make(server.url("/")).tell(TRIGGERED, 1)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.enable_socket
def test_a_channel_that_is_down_delays_no_other() -> None:
    """Each has a queue and a function of its own: here, servers of which one never answers."""
    with serving(Server(says=[HANG])) as down, serving(Server(says=[Say(202)])) as up:
        assert delivering(webhook(down.url("/")))([message(TRIGGERED)]) == ["m1"]
        assert delivering(pagerduty(up.url("/")))([message(TRIGGERED)]) == []
    assert len(up.got) == 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_function_of_a_channel_speaks_to_that_channel(channel: str) -> None:
    settings = DeliverSettings.from_env(
        {
            "CHANNEL": channel,
            "SECRET_ARN": "paywatch/secret",
            "STATE_TABLE": "t",
            "ENVIRONMENT": "dev",
            "DASHBOARD_URL": DASHBOARD,
        }
    )
    made = function_of(settings, table=None, secrets=None)
    assert (made.name, type(made.channel).__name__.lower()) == (channel, channel)
