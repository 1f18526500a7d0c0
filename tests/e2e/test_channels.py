"""A page from the on-call topic to a channel on the emulator: queues, keys and IAM are the real ones."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_socket

from functions.adapters.sns import OncallTopic
from infra.local import Emulator, deploy
from tests import channel_schemas
from tests.channel_pages import ACKNOWLEDGED, RESOLVED, TRIGGERED
from tests.https_server import Server, certificates, serving

pytestmark = [pytest.mark.e2e, pytest.mark.enable_socket]

CONTEXT = {"webhook_secret": "paywatch/webhook", "pagerduty_secret": "paywatch/pagerduty"}


@dataclass
class Deployed:
    """A webhook that listens, and a PagerDuty where nobody does."""

    emulator: Emulator
    outputs: dict[str, str]
    webhook: Server

    def notifications(self, number: int, seconds: float) -> list[channel_schemas.Notification]:
        """What the webhook got, once it is so many."""
        deadline = time.monotonic() + seconds
        while len(self.webhook.got) < number:
            if time.monotonic() > deadline:
                pytest.fail(f"not in {seconds:g} s: {number} pages; came {self.webhook.got}")
            time.sleep(0.1)
        return [channel_schemas.alertmanager(got.body) for got in self.webhook.got]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    pytest_socket.enable_socket()
    with serving(Server()) as webhook, Emulator() as emulator:
        secrets: dict[str, dict[str, Any]] = {
            "paywatch/webhook": {
                "url": webhook.url("/hook"),
                "bearer_token": "hidden",
                "ca_certificate": certificates().authority,
            },
            "paywatch/pagerduty": {"routing_key": "0" * 32, "endpoint": "https://127.0.0.1:1/"},
        }
        manager = emulator.client("secretsmanager")
        for name, value in secrets.items():
            manager.create_secret(Name=name, SecretString=json.dumps(value))
        yield Deployed(emulator, deploy(emulator, CONTEXT), webhook)


def test_a_webhook_is_told_while_another_channel_is_down(deployed: Deployed) -> None:
    oncall = OncallTopic(deployed.emulator.client("sns"), deployed.outputs["OncallTopicArn"])
    oncall.send(TRIGGERED)
    (began,) = deployed.notifications(1, seconds=60)
    for page in (ACKNOWLEDGED, RESOLVED):
        oncall.send(page)
    _, over = deployed.notifications(2, seconds=60)
    assert (began.status, over.status) == ("firing", "resolved")
    assert began.alerts[0].fingerprint == over.alerts[0].fingerprint
    assert deployed.webhook.got[0].headers["Authorization"] == "Bearer hidden"


def test_a_message_that_is_no_page_is_told_in_words(deployed: Deployed) -> None:
    before = len(deployed.webhook.got)
    deployed.emulator.client("sns").publish(
        TopicArn=deployed.outputs["OncallTopicArn"],
        Message=json.dumps({"AlarmName": "paywatch-dev-NoTraffic", "NewStateValue": "ALARM"}),
    )
    told = deployed.notifications(before + 1, seconds=60)[-1]
    summary = told.alerts[0].annotations["summary"]
    assert summary == "CRITICAL, told raw: the alarm paywatch-dev-NoTraffic is ALARM"


def test_what_a_channel_that_is_down_was_to_be_told_waits_in_its_queue(deployed: Deployed) -> None:
    sqs = deployed.emulator.client("sqs")
    queue = sqs.get_queue_url(QueueName="paywatch-dev-pagerduty")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert sum(int(attributes[name]) for name in names) == 4
