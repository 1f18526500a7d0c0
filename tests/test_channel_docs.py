"""docs/channels.md shows what is really sent, and secrets that are really taken."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.adapters.secrets import pagerduty_access, slack_access, webhook_access
from functions.core.paging.channels import alertmanager, pagerduty, slack
from functions.core.paging.channels.delivery import CHANNELS
from infra.channels import KEEP_DAYS, TRIES
from tests.channel_pages import ALARM, TRIGGERED

CHANNELS_PAGE = (Path(__file__).parent.parent / "docs" / "channels.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)\n```$", CHANNELS_PAGE, re.MULTILINE | re.DOTALL)


def test_the_payloads_that_are_shown_are_those_that_are_sent() -> None:
    assert [json.loads(block) for block in blocks("json")] == [
        slack.message(TRIGGERED),
        pagerduty.event(TRIGGERED, "paywatch-prod"),
        alertmanager.notification(ALARM),
    ]


def test_the_texts_that_are_shown_are_those_of_the_page() -> None:
    assert blocks("text") == [f"Subject: {TRIGGERED.subject}\n\n{TRIGGERED.body}", TRIGGERED.sms]


def test_every_secret_that_is_shown_is_taken() -> None:
    shown = re.findall(r"create-secret --name paywatch/(\w+) .*?--secret-string '(.*?)'", CHANNELS_PAGE, re.DOTALL)  # fmt: skip
    readers = {"slack": slack_access, "pagerduty": pagerduty_access, "webhook": webhook_access}
    assert {channel for channel, _ in shown} == set(CHANNELS)
    for channel, text in shown:
        readers[channel](text)


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_is_switched_on_by_a_command_that_is_shown(channel: str) -> None:
    assert f"cdk deploy -c {channel}_secret=paywatch/{channel}" in CHANNELS_PAGE


def test_the_figures_are_those_of_the_deployment() -> None:
    assert (TRIES, KEEP_DAYS) == (5, 14)
    assert "After\nfive times, about five minutes" in CHANNELS_PAGE
    assert "kept for 14 days" in CHANNELS_PAGE
