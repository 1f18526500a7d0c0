"""Slack, PagerDuty and a webhook: how pages reach them, and what becomes of those that do not."""

from __future__ import annotations

import dataclasses
import importlib
import json
from typing import Any

import pytest

from functions.adapters.https import Patience
from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.errors import SettingsError
from functions.core.monitoring.alarms import alarms
from functions.core.paging.channels.delivery import CHANNELS
from functions.core.paging.page import ACKNOWLEDGE, KINDS
from functions.settings.deliver import DeliverSettings
from functions.settings.notify import NotifySettings
from infra.channels import RETRY_SECONDS, TIMEOUT_SECONDS, TRIES
from infra.settings import project_context, settings_from

from .conftest import Deployment, listed, synthesise
from .test_access import KEY_OF_ITEMS, LOGS_AND_TRACES, allowed
from .test_alarms import dashboards
from .test_data import refuses_plain_text
from .test_functions import resolved

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:paywatch/pd-AbC123"


@pytest.fixture(scope="module")
def told() -> Deployment:
    """A deployment with every channel."""
    return synthesise(slack_secret="paywatch/slack", pagerduty_secret=ARN, webhook_secret="hook")


@pytest.fixture(scope="module")
def only_slack() -> Deployment:
    return synthesise(slack_secret="paywatch/slack")


def queues(deployment: Deployment) -> dict[str, tuple[str, dict[str, Any]]]:
    """The queues by name, with their logical ids."""
    return {p["QueueName"]: (name, p) for name, p in deployment.of("AWS::SQS::Queue").items()}


def subscriptions(deployment: Deployment, protocol: str) -> list[dict[str, Any]]:
    found = deployment.of("AWS::SNS::Subscription").values()
    return [subscription for subscription in found if subscription["Protocol"] == protocol]


def functions(deployment: Deployment) -> dict[str, Any]:
    return {
        properties["FunctionName"].removeprefix("paywatch-dev-deliver-"): properties
        for properties in deployment.of("AWS::Lambda::Function").values()
        if "-deliver-" in properties["FunctionName"]
    }


def test_without_a_secret_there_is_no_channel(dev: Deployment) -> None:
    assert not dev.of("AWS::SQS::Queue")
    assert not functions(dev)
    assert not subscriptions(dev, "sqs")


def test_each_channel_has_a_queue_a_dead_letter_queue_and_a_function(told: Deployment) -> None:
    names = {f"paywatch-dev-{name}{end}" for name in CHANNELS for end in ("", "-undelivered")}
    assert set(queues(told)) == names
    assert set(functions(told)) == set(CHANNELS)


def test_only_the_channels_that_are_asked_for_are_there(only_slack: Deployment) -> None:
    assert set(functions(only_slack)) == {"slack"}
    assert len(queues(only_slack)) == 2


def test_the_on_call_topic_fills_every_queue_with_the_page_itself(told: Deployment) -> None:
    (topic,) = (n for n, p in told.of("AWS::SNS::Topic").items() if "oncall" in p["TopicName"])
    wanted = [{"Fn::GetAtt": [queues(told)[f"paywatch-dev-{name}"][0], "Arn"]} for name in CHANNELS]
    found = subscriptions(told, "sqs")
    assert [subscription["Endpoint"] for subscription in found] == wanted
    for subscription in found:
        assert subscription["TopicArn"] == {"Ref": topic}
        assert subscription["RawMessageDelivery"] is True
        assert "FilterPolicy" not in subscription


def test_what_fails_five_times_is_kept_for_two_weeks(told: Deployment) -> None:
    for name in CHANNELS:
        _, queue = queues(told)[f"paywatch-dev-{name}"]
        dead_id, dead = queues(told)[f"paywatch-dev-{name}-undelivered"]
        assert queue["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]},
            "maxReceiveCount": TRIES,
        }
        assert dead["MessageRetentionPeriod"] == queue["MessageRetentionPeriod"] == 14 * 86_400


def test_what_sns_cannot_deliver_is_kept_in_the_same_place(told: Deployment) -> None:
    for name, subscription in zip(CHANNELS, subscriptions(told, "sqs"), strict=True):
        dead_id, _ = queues(told)[f"paywatch-dev-{name}-undelivered"]
        target = subscription["RedrivePolicy"]["deadLetterTargetArn"]
        assert target == {"Fn::GetAtt": [dead_id, "Arn"]}


def test_each_function_reads_its_own_queue_one_page_at_a_time(told: Deployment) -> None:
    mappings = {
        json.dumps(p["EventSourceArn"]): p
        for p in told.of("AWS::Lambda::EventSourceMapping").values()
    }
    ids = {p["FunctionName"]: n for n, p in told.of("AWS::Lambda::Function").items()}
    for name in CHANNELS:
        queue_id, _ = queues(told)[f"paywatch-dev-{name}"]
        mapping = mappings[json.dumps({"Fn::GetAtt": [queue_id, "Arn"]})]
        assert mapping["FunctionName"] == {"Ref": ids[f"paywatch-dev-deliver-{name}"]}
        assert mapping["BatchSize"] == 1
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_post_ends_before_the_function_does_and_that_before_the_page_comes_again(
    told: Deployment,
) -> None:
    assert Patience().total < TIMEOUT_SECONDS <= RETRY_SECONDS
    for name, function in functions(told).items():
        assert function["Timeout"] == TIMEOUT_SECONDS
        assert queues(told)[f"paywatch-dev-{name}"][1]["VisibilityTimeout"] == RETRY_SECONDS


def test_pages_at_rest_are_under_our_key_which_sns_may_use_for_this_topic_only(
    told: Deployment,
) -> None:
    ((key_id, key),) = told.of("AWS::KMS::Key").items()
    for _, queue in queues(told).values():
        assert queue["KmsMasterKeyId"] == {"Fn::GetAtt": [key_id, "Arn"]}
    (statement,) = (
        s
        for s in key["KeyPolicy"]["Statement"]
        if s["Principal"] == {"Service": "sns.amazonaws.com"}
    )
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert resolved(statement["Condition"]["ArnEquals"]["aws:SourceArn"]).endswith(
        ":paywatch-dev-oncall"
    )


def test_queues_refuse_what_is_not_tls_and_take_from_the_topic_only(told: Deployment) -> None:
    for policy in told.of("AWS::SQS::QueuePolicy").values():
        assert refuses_plain_text(policy)
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Action"] == "sqs:SendMessage"
                assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
                assert list(statement["Condition"]["ArnEquals"]) == ["aws:SourceArn"]


def test_every_function_may_do_what_it_does_and_nothing_else(only_slack: Deployment) -> None:
    assert allowed(only_slack, "slack") == {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
    }


def test_each_function_may_read_its_own_secret_only(told: Deployment) -> None:
    read = {
        role["Ref"]: [
            resolved(resource)
            for statement in policy["PolicyDocument"]["Statement"]
            if "secretsmanager:GetSecretValue" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]
        for policy in told.of("AWS::IAM::Policy").values()
        for role in policy["Roles"]
    }
    found = {
        name: read[properties["Role"]["Fn::GetAtt"][0]]
        for name, properties in functions(told).items()
    }
    assert found["pagerduty"] == [ARN]
    assert [name.rsplit(":", 1)[-1] for name in found["slack"]] == ["paywatch/slack-??????"]
    assert [name.rsplit(":", 1)[-1] for name in found["webhook"]] == ["hook-??????"]


def test_every_function_finds_its_handler_and_its_settings(told: Deployment) -> None:
    for name, properties in functions(told).items():
        module, _, attribute = properties["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute))
        variables = {k: resolved(v) for k, v in properties["Environment"]["Variables"].items()}
        assert DeliverSettings.from_env(variables).channel == name
        known = {field.name.upper() for field in dataclasses.fields(DeliverSettings)}
        assert {key for key in variables if not key.startswith("POWERTOOLS_")} == known


def test_no_secrets_value_is_in_the_template(told: Deployment) -> None:
    assert "resolve:secretsmanager" not in json.dumps(told.template)


def test_notify_knows_which_channels_have_alarms(told: Deployment, dev: Deployment) -> None:
    for deployment, channels in ((told, CHANNELS), (dev, ())):
        variables = deployment.functions()["notify"]["Environment"]["Variables"]
        read = NotifySettings.from_env({key: resolved(value) for key, value in variables.items()})
        assert read.channels == channels


def test_every_dead_letter_queue_has_an_alarm_that_reaches_people_by_the_other_channels(
    told: Deployment,
) -> None:
    created = {p["AlarmName"]: p for p in told.of("AWS::CloudWatch::Alarm").values()}
    wanted = {f"paywatch-dev-{a.name}" for a in alarms(DEFAULT_THRESHOLDS, channels=CHANNELS)}
    assert set(created) == wanted
    (topic,) = (n for n, p in told.of("AWS::SNS::Topic").items() if "alarms" in p["TopicName"])
    for name in CHANNELS:
        alarm = created[f"paywatch-dev-{name}-undelivered"]
        dead_id, _ = queues(told)[f"paywatch-dev-{name}-undelivered"]
        (dimension,) = alarm["Dimensions"]
        assert dimension == {"Name": "QueueName", "Value": {"Fn::GetAtt": [dead_id, "QueueName"]}}
        assert (alarm["Namespace"], alarm["MetricName"]) == (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
        )
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_the_dashboard_shows_the_queues_and_is_still_whole(told: Deployment) -> None:
    widgets = dashboards(told)["Paywatch-dev-pipeline"]
    assert "Pages undelivered" in {widget["properties"]["title"] for widget in widgets}
    cells = [
        (x, y)
        for w in widgets
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (1 + max(y for _, y in cells))


def test_email_and_sms_are_not_told_who_took_it_over_but_all_that_has_no_kind(
    dev: Deployment,
) -> None:
    news = [*(kind for kind in KINDS if kind != ACKNOWLEDGE), {"exists": False}]
    (email,), (sms,) = subscriptions(dev, "email"), subscriptions(dev, "sms")
    assert email["FilterPolicy"] == {"kind": news}
    assert sms["FilterPolicy"] == {"kind": news, "severity": ["critical", {"exists": False}]}


def test_what_notify_fails_on_reaches_people_with_attributes_so_that_filters_let_it_through(
    dev: Deployment,
) -> None:
    """SNS: `exists: false` matches no message that has no attributes at all. Of what Lambda sends
    on, a dead letter has some (RequestID, ErrorCode, ErrorMessage), a destination's record none."""
    (topic,) = (n for n, p in dev.of("AWS::SNS::Topic").items() if "oncall" in p["TopicName"])
    assert dev.functions()["notify"]["DeadLetterConfig"] == {"TargetArn": {"Ref": topic}}


@pytest.mark.parametrize(
    "value", ["paywatch/slack", "hook", ARN, ARN.replace("aws:", "aws-us-gov:", 1), ""]
)
def test_a_secret_is_given_by_name_or_by_its_whole_arn(value: str) -> None:
    settings = settings_from({**project_context(), "slack_secret": value})
    assert settings.channels == ({"slack": value} if value else {})


@pytest.mark.parametrize(
    "value", ["two words", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x", "a;b"]
)
def test_what_names_no_secret_is_a_fault(value: str) -> None:
    with pytest.raises(SettingsError, match="neither the name nor the whole ARN"):
        settings_from({**project_context(), "pagerduty_secret": value})


@pytest.mark.parametrize(
    "value",
    ["xoxb-1-hidden", "https://hooks.slack.com/services/hidden", "0123456789abcdef" * 2],
)
def test_a_secrets_value_in_the_place_of_its_name_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(SettingsError, match="looks like the secret's value") as caught:
        settings_from({**project_context(), "webhook_secret": value})
    assert value not in str(caught.value)
