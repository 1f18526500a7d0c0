"""Slack, PagerDuty and a webhook: how pages reach them, and what becomes of those that do not."""

from __future__ import annotations

import json

from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import alarms
from functions.core.paging.channels.delivery import CHANNELS
from infra.channels import TRIES
from tests.infra.conftest import (
    Deployment,
    channel_functions,
    queues,
    resolved,
    subscriptions,
)
from tests.infra.test_data import refuses_plain_text


def test_without_a_secret_there_is_no_channel(dev: Deployment) -> None:
    assert not dev.of("AWS::SQS::Queue")
    assert not channel_functions(dev)
    assert not subscriptions(dev, "sqs")


def test_each_channel_has_a_queue_a_dead_letter_queue_and_a_function(
    with_channels: Deployment,
) -> None:
    names = {f"paywatch-dev-{name}{end}" for name in CHANNELS for end in ("", "-undelivered")}
    assert set(queues(with_channels)) == names
    assert set(channel_functions(with_channels)) == set(CHANNELS)


def test_only_the_channels_that_are_asked_for_are_there(only_slack: Deployment) -> None:
    assert set(channel_functions(only_slack)) == {"slack"}
    assert len(queues(only_slack)) == 2


def test_the_on_call_topic_fills_every_queue_with_the_page_itself(
    with_channels: Deployment,
) -> None:
    (topic,) = (
        n for n, p in with_channels.of("AWS::SNS::Topic").items() if "oncall" in p["TopicName"]
    )
    wanted = [
        {"Fn::GetAtt": [queues(with_channels)[f"paywatch-dev-{name}"][0], "Arn"]}
        for name in CHANNELS
    ]
    found = subscriptions(with_channels, "sqs")
    assert [subscription["Endpoint"] for subscription in found] == wanted
    for subscription in found:
        assert subscription["TopicArn"] == {"Ref": topic}
        assert subscription["RawMessageDelivery"] is True
        assert "FilterPolicy" not in subscription


def test_what_fails_five_times_is_kept_for_two_weeks(with_channels: Deployment) -> None:
    for name in CHANNELS:
        _, queue = queues(with_channels)[f"paywatch-dev-{name}"]
        dead_id, dead = queues(with_channels)[f"paywatch-dev-{name}-undelivered"]
        assert queue["RedrivePolicy"] == {
            "deadLetterTargetArn": {"Fn::GetAtt": [dead_id, "Arn"]},
            "maxReceiveCount": TRIES,
        }
        assert dead["MessageRetentionPeriod"] == queue["MessageRetentionPeriod"] == 14 * 86_400


def test_what_sns_cannot_deliver_is_kept_in_the_same_place(with_channels: Deployment) -> None:
    for name, subscription in zip(CHANNELS, subscriptions(with_channels, "sqs"), strict=True):
        dead_id, _ = queues(with_channels)[f"paywatch-dev-{name}-undelivered"]
        target = subscription["RedrivePolicy"]["deadLetterTargetArn"]
        assert target == {"Fn::GetAtt": [dead_id, "Arn"]}


def test_pages_at_rest_are_under_our_key_which_sns_may_use_for_this_topic_only(
    with_channels: Deployment,
) -> None:
    ((key_id, key),) = with_channels.of("AWS::KMS::Key").items()
    for _, queue in queues(with_channels).values():
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


def test_queues_refuse_what_is_not_tls_and_take_from_the_topic_only(
    with_channels: Deployment,
) -> None:
    for policy in with_channels.of("AWS::SQS::QueuePolicy").values():
        assert refuses_plain_text(policy)
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Action"] == "sqs:SendMessage"
                assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
                assert list(statement["Condition"]["ArnEquals"]) == ["aws:SourceArn"]


def test_no_secrets_value_is_in_the_template(with_channels: Deployment) -> None:
    assert "resolve:secretsmanager" not in json.dumps(with_channels.template)


def test_every_dead_letter_queue_has_an_alarm_that_reaches_people_by_the_other_channels(
    with_channels: Deployment,
) -> None:
    created = {p["AlarmName"]: p for p in with_channels.of("AWS::CloudWatch::Alarm").values()}
    wanted = {f"paywatch-dev-{a.name}" for a in alarms(DEFAULT_THRESHOLDS, channels=CHANNELS)}
    assert set(created) == wanted
    (topic,) = (
        n for n, p in with_channels.of("AWS::SNS::Topic").items() if "alarms" in p["TopicName"]
    )
    for name in CHANNELS:
        alarm = created[f"paywatch-dev-{name}-undelivered"]
        dead_id, _ = queues(with_channels)[f"paywatch-dev-{name}-undelivered"]
        (dimension,) = alarm["Dimensions"]
        assert dimension == {"Name": "QueueName", "Value": {"Fn::GetAtt": [dead_id, "QueueName"]}}
        assert (alarm["Namespace"], alarm["MetricName"]) == (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
        )
        assert alarm["AlarmActions"] == [{"Ref": topic}]
