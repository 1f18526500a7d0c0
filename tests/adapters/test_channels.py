"""The channels against servers that take what the services take: what is told, once, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from functions.adapters.channels import (
    LONELY_AFTER,
    NOT_FOR_IT,
    OUTDATED,
    TOLD,
    TOLD_BEFORE,
    PagerDuty,
    Slack,
    Webhook,
)
from functions.adapters.dynamodb.channel_threads import ChannelThreads
from functions.adapters.https import Answer, Https, Patience
from functions.adapters.secrets import PagerDutyAccess, SlackAccess, WebhookAccess
from functions.core.errors import SettingsError, Transient
from functions.core.paging.channels.delivery import ChannelMemory
from functions.core.paging.page import RESOLVE, Page
from tests import channel_schemas
from tests.channel_pages import ACKNOWLEDGED, ALARM, NOW, RESOLVED, TRIGGERED, UPDATED, page
from tests.https_server import Say, Server, certificates, serving
from tests.state_table import TABLE

pytestmark = pytest.mark.enable_socket

TOKEN = "xoxb-1234567890-abcdefghij"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
ROOT = "1763646192.000100"


@dataclass
class Trusting:
    """Https that trusts the tests' authority everywhere, and does not wait."""

    https: Https = field(
        default_factory=lambda: Https(
            Patience(read=5.0), pause=lambda seconds: None, jitter=lambda: 0.0
        )
    )

    def post(
        self, url: str, payload: Any, headers: dict[str, str] | None = None, ca: str = ""
    ) -> Answer:
        return self.https.post(url, payload, headers, certificates().authority)


@dataclass
class Forgetful:
    """A state table that is down."""

    def recall(self, thread: str) -> ChannelMemory:
        raise Transient("no DynamoDB")

    def remember(self, page: Page, root: str = "") -> None:
        raise Transient("no DynamoDB")


def said(error: str = "", **more: Any) -> Say:
    """An answer of chat.postMessage's."""
    answer = {"ok": False, "error": error} if error else {"ok": True, "ts": ROOT}
    return Say(body=json.dumps({**answer, **more}).encode())


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as started:
        yield started
    assert started.complaints == []


@pytest.fixture
def slack(server: Server, dynamodb: Any) -> Slack:
    server.check, server.says = channel_schemas.slack, [said()]
    access = SlackAccess(bot_token=TOKEN, channel="C0123456789")
    memory = ChannelThreads(dynamodb, TABLE, "slack", clock=lambda: NOW)
    return Slack(lambda: access, Trusting(), memory, server.url("/api/chat.postMessage"))


@pytest.fixture
def slack_hook(server: Server, dynamodb: Any) -> Slack:
    server.check = channel_schemas.slack
    access = SlackAccess(webhook_url=server.url("/services/T0/B0/hidden"))
    return Slack(lambda: access, Trusting(), ChannelThreads(dynamodb, TABLE, "slack"))


@pytest.fixture
def pagerduty(server: Server, dynamodb: Any) -> PagerDuty:
    server.check, server.says = channel_schemas.pagerduty, [Say(202)]
    access = PagerDutyAccess(ROUTING_KEY, server.url("/v2/enqueue"))
    memory = ChannelThreads(dynamodb, TABLE, "pagerduty")
    return PagerDuty(lambda: access, Trusting(), memory, "paywatch-prod")


@pytest.fixture
def webhook(server: Server, dynamodb: Any) -> Webhook:
    server.check = channel_schemas.alertmanager
    access = WebhookAccess(server.url("/hook"), "hidden", certificates().authority)
    memory = ChannelThreads(dynamodb, TABLE, "webhook")
    return Webhook(lambda: access, Https(), memory)


def posts(server: Server) -> list[channel_schemas.SlackMessage]:
    return [channel_schemas.slack(got.body) for got in server.got]


def events(server: Server) -> list[Any]:
    return [msgspec.json.decode(got.body) for got in server.got]


def test_the_first_page_begins_a_thread_and_the_others_reply(slack: Slack, server: Server) -> None:
    for told in (TRIGGERED, UPDATED, ACKNOWLEDGED, RESOLVED):
        assert slack.tell(told, receives=1) == TOLD
    assert [post.thread_ts for post in posts(server)] == [None, ROOT, ROOT, ROOT]
    assert [post.reply_broadcast for post in posts(server)] == [False, False, False, True]
    assert {post.channel for post in posts(server)} == {"C0123456789"}
    assert {got.headers["Authorization"] for got in server.got} == {f"Bearer {TOKEN}"}


def test_a_trouble_that_comes_back_is_told_in_its_thread_and_to_the_channel(
    slack: Slack, server: Server
) -> None:
    slack.tell(TRIGGERED, 1)
    slack.tell(page(at=NOW + 900), 1)
    assert (posts(server)[1].thread_ts, posts(server)[1].reply_broadcast) == (ROOT, True)


def test_two_troubles_have_two_threads(slack: Slack, server: Server) -> None:
    slack.tell(TRIGGERED, 1)
    slack.tell(ALARM, 1)
    assert [post.thread_ts for post in posts(server)] == [None, None]


def test_a_page_that_comes_twice_is_posted_once(slack: Slack, server: Server) -> None:
    assert [slack.tell(TRIGGERED, receives) for receives in (1, 2)] == [TOLD, TOLD_BEFORE]
    assert len(server.got) == 1


def test_a_reply_waits_for_the_first_post_but_not_for_ever(slack: Slack, server: Server) -> None:
    for receives in range(1, LONELY_AFTER):
        with pytest.raises(Transient, match=f"the first post of {UPDATED.thread}"):
            slack.tell(UPDATED, receives)
    assert server.got == []
    assert slack.tell(UPDATED, LONELY_AFTER) == TOLD
    assert posts(server)[0].thread_ts is None


def test_what_followed_a_reply_that_was_posted_on_its_own_replies_to_that(
    slack: Slack, server: Server
) -> None:
    slack.tell(UPDATED, LONELY_AFTER)
    slack.tell(RESOLVED, 1)
    assert posts(server)[1].thread_ts == ROOT


@pytest.mark.parametrize("error", ["rate_limited", "internal_error"])
def test_what_slack_cannot_do_now_is_left_to_the_queue(
    slack: Slack, server: Server, error: str
) -> None:
    server.says = [said(error)]
    with pytest.raises(Transient, match=f"Slack says {error}"):
        slack.tell(TRIGGERED, 1)


def test_a_limit_that_slack_names_is_told(slack: Slack, server: Server) -> None:
    server.says = [Say(429, headers={"Retry-After": "30"})]
    with pytest.raises(Transient, match="asks to wait 30 s"):
        slack.tell(TRIGGERED, 1)


@pytest.mark.parametrize(
    ("error", "what"), [("invalid_auth", "bot_token"), ("not_in_channel", "invite the app")]
)
def test_what_slack_refuses_says_what_to_do_and_shows_no_token(
    slack: Slack, server: Server, error: str, what: str
) -> None:
    server.says = [said(error)]
    with pytest.raises(SettingsError, match=what) as caught:
        slack.tell(TRIGGERED, 1)
    assert error in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(server.got) == 1


def test_a_layout_that_slack_does_not_take_goes_as_plain_text(slack: Slack, server: Server) -> None:
    server.says = [said("invalid_blocks"), said()]
    assert slack.tell(TRIGGERED, 1) == "told, without a layout: invalid_blocks"
    assert posts(server)[1].blocks is None
    assert "Surely: more than 31 %" in posts(server)[1].text


def test_a_thread_that_is_closed_to_replies_is_left(slack: Slack, server: Server) -> None:
    slack.tell(TRIGGERED, 1)
    server.says = [said("cannot_reply_to_message"), said()]
    assert slack.tell(UPDATED, 1) == TOLD
    assert [post.thread_ts for post in posts(server)] == [None, ROOT, None]


def test_an_answer_that_is_no_json_may_be_a_proxys_and_pass(slack: Slack, server: Server) -> None:
    server.says = [Say(200, b"<html>")]
    with pytest.raises(Transient, match="no JSON"):
        slack.tell(TRIGGERED, 1)


def test_through_an_incoming_webhook_every_page_is_a_post_of_its_own(
    slack_hook: Slack, server: Server
) -> None:
    for told in (UPDATED, RESOLVED):
        assert slack_hook.tell(told, 1) == TOLD
    assert [(post.channel, post.thread_ts) for post in posts(server)] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("says", "what"),
    [
        (Say(404, b"no_service"), "no_service: make a new incoming webhook"),
        (Say(403, b"action_prohibited"), "administrator"),
        (Say(400, b"<b>hidden</b>"), "an unknown error"),
    ],
)
def test_an_incoming_webhook_that_refuses_says_what_to_do(
    slack_hook: Slack, server: Server, says: Say, what: str
) -> None:
    server.says = [says]
    with pytest.raises(SettingsError, match=what) as caught:
        slack_hook.tell(TRIGGERED, 1)
    assert "hidden" not in str(caught.value)


def test_a_trouble_is_one_alert_of_pagerdutys_from_its_beginning_to_its_end(
    pagerduty: PagerDuty, server: Server
) -> None:
    for told in (TRIGGERED, UPDATED, ACKNOWLEDGED, RESOLVED):
        assert pagerduty.tell(told, 1) == TOLD
    actions = [event["event_action"] for event in events(server)]
    assert actions == ["trigger", "trigger", "acknowledge", "resolve"]
    assert {event["dedup_key"] for event in events(server)} == {TRIGGERED.thread}
    assert {event["routing_key"] for event in events(server)} == {ROUTING_KEY}


def test_a_trigger_that_was_held_up_until_it_was_over_wakes_nobody(
    pagerduty: PagerDuty, server: Server
) -> None:
    assert pagerduty.tell(RESOLVED, 1) == TOLD
    assert pagerduty.tell(TRIGGERED, 4) == OUTDATED
    assert [event["event_action"] for event in events(server)] == ["resolve"]


def test_a_resolution_that_was_held_up_does_not_end_what_came_back(
    pagerduty: PagerDuty, server: Server
) -> None:
    pagerduty.tell(TRIGGERED, 1)
    pagerduty.tell(page(at=RESOLVED.at + 60), 1)
    assert pagerduty.tell(RESOLVED, 4) == OUTDATED


def test_a_page_that_comes_twice_is_sent_once(pagerduty: PagerDuty, server: Server) -> None:
    assert [pagerduty.tell(TRIGGERED, n) for n in (1, 2)] == [TOLD, TOLD_BEFORE]


def test_a_refused_event_says_where_to_look_and_shows_no_key(
    pagerduty: PagerDuty, server: Server
) -> None:
    server.says = [Say(400, f"routing_key {ROUTING_KEY} is wrong".encode())]
    with pytest.raises(SettingsError, match="routing_key") as caught:
        pagerduty.tell(TRIGGERED, 1)
    assert ROUTING_KEY not in str(caught.value)


def test_a_webhook_gets_what_alertmanager_would_send(webhook: Webhook, server: Server) -> None:
    assert [webhook.tell(told, 1) for told in (TRIGGERED, UPDATED, RESOLVED)] == [TOLD] * 3
    assert [event["status"] for event in events(server)] == ["firing", "firing", "resolved"]
    assert {got.headers["Authorization"] for got in server.got} == {"Bearer hidden"}


def test_a_webhook_without_a_token_is_sent_none(webhook: Webhook, server: Server) -> None:
    access = WebhookAccess(server.url(), ca_certificate=certificates().authority)
    Webhook(lambda: access, webhook.https, webhook.memory).tell(TRIGGERED, 1)
    assert "Authorization" not in server.got[0].headers


def test_a_webhook_is_not_told_who_took_it_over(webhook: Webhook, server: Server) -> None:
    assert webhook.tell(ACKNOWLEDGED, 1) == NOT_FOR_IT
    assert server.got == []


def test_a_webhook_is_not_told_twice_nor_that_it_fires_when_it_is_over(
    webhook: Webhook, server: Server
) -> None:
    outcomes = [webhook.tell(told, 1) for told in (RESOLVED, RESOLVED, UPDATED)]
    assert outcomes == [TOLD, TOLD_BEFORE, OUTDATED]


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_webhook_that_refuses_is_told_with_its_status_only(
    webhook: Webhook, server: Server, status: int
) -> None:
    server.says = [Say(status, b"Bearer hidden", {"Location": server.url("/other")})]
    with pytest.raises(SettingsError, match=str(status)) as caught:
        webhook.tell(TRIGGERED, 1)
    assert "hidden" not in str(caught.value)
    assert len(server.got) == 1


def test_without_its_memory_a_channel_tells_all_the_same(slack: Slack, server: Server) -> None:
    forgetful = Slack(slack.access, slack.https, Forgetful(), slack.post_message)
    assert forgetful.tell(TRIGGERED, 1) == "told, not remembered: no DynamoDB"
    assert len(server.got) == 1


def test_what_was_told_is_kept_for_a_month_under_the_channels_name(
    slack: Slack, dynamodb: Any
) -> None:
    slack.tell(TRIGGERED, 1)
    slack.tell(RESOLVED, 1)
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert (item["pk"]["S"], item["sk"]["S"]) == ("slack", TRIGGERED.thread)
    assert int(item["expires_at"]["N"]) == NOW + 30 * 86_400
    assert len(item["marks"]["SS"]) == 2
    told = ChannelThreads(dynamodb, TABLE, "slack").recall(TRIGGERED.thread)
    assert (told.begun, told.over, told.root) == (TRIGGERED.at, RESOLVED.at, ROOT)


UNTOLD = page(kind=RESOLVE, untold=True, number=9, about=TRIGGERED.thread)


def test_what_was_over_before_anybody_was_told_is_one_alert_of_pagerdutys_that_is_resolved(
    pagerduty: PagerDuty, server: Server
) -> None:
    assert [pagerduty.tell(UNTOLD, n) for n in (1, 2)] == [TOLD, TOLD_BEFORE]
    assert [event["event_action"] for event in events(server)] == ["trigger", "resolve"]


def test_what_was_over_before_anybody_was_told_is_one_post_of_slacks_at_once(
    slack: Slack, server: Server
) -> None:
    assert slack.tell(UNTOLD, 1) == TOLD
    assert [post.thread_ts for post in posts(server)] == [None]


def test_what_was_over_before_anybody_was_told_is_resolved_for_a_webhook(
    webhook: Webhook, server: Server
) -> None:
    assert webhook.tell(UNTOLD, 1) == TOLD
    [event] = events(server)
    assert event["status"] == "resolved"
    assert event["alerts"][0]["startsAt"] < event["alerts"][0]["endsAt"]


@pytest.mark.parametrize("name", ["slack", "slack_hook", "pagerduty", "webhook"])
def test_a_page_that_came_after_what_it_came_before_is_not_told(
    name: str, request: pytest.FixtureRequest, server: Server
) -> None:
    channel = request.getfixturevalue(name)
    begun = page(number=8, about=TRIGGERED.thread)
    assert [channel.tell(one, LONELY_AFTER) for one in (UNTOLD, begun)] == [TOLD, OUTDATED]
