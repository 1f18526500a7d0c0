"""How deliver is fed, what it is told and what it may do."""

from __future__ import annotations

import dataclasses
import importlib
import json

from functions.adapters.https import Patience
from functions.core.paging.channels.delivery import CHANNELS
from functions.settings.deliver import DeliverSettings
from infra.channels import RETRY_SECONDS
from infra.functions.deliver import TIMEOUT_SECONDS
from tests.infra.actions import KEY_OF_ITEMS, LOGS_AND_TRACES, allowed
from tests.infra.conftest import SECRET_ARN, Deployment, channel_functions, listed, queues, resolved


def test_each_function_reads_its_own_queue_one_page_at_a_time(with_channels: Deployment) -> None:
    mappings = {
        json.dumps(p["EventSourceArn"]): p
        for p in with_channels.of("AWS::Lambda::EventSourceMapping").values()
    }
    ids = {p["FunctionName"]: n for n, p in with_channels.of("AWS::Lambda::Function").items()}
    for name in CHANNELS:
        queue_id, _ = queues(with_channels)[f"paywatch-dev-{name}"]
        mapping = mappings[json.dumps({"Fn::GetAtt": [queue_id, "Arn"]})]
        assert mapping["FunctionName"] == {"Ref": ids[f"paywatch-dev-deliver-{name}"]}
        assert mapping["BatchSize"] == 1
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_post_ends_before_the_function_does_and_that_before_the_page_comes_again(
    with_channels: Deployment,
) -> None:
    assert Patience().total < TIMEOUT_SECONDS <= RETRY_SECONDS
    for name, function in channel_functions(with_channels).items():
        assert function["Timeout"] == TIMEOUT_SECONDS
        assert (
            queues(with_channels)[f"paywatch-dev-{name}"][1]["VisibilityTimeout"] == RETRY_SECONDS
        )


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


def test_each_function_may_read_its_own_secret_only(with_channels: Deployment) -> None:
    read = {
        role["Ref"]: [
            resolved(resource)
            for statement in policy["PolicyDocument"]["Statement"]
            if "secretsmanager:GetSecretValue" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        ]
        for policy in with_channels.of("AWS::IAM::Policy").values()
        for role in policy["Roles"]
    }
    found = {
        name: read[properties["Role"]["Fn::GetAtt"][0]]
        for name, properties in channel_functions(with_channels).items()
    }
    assert found["pagerduty"] == [SECRET_ARN]
    assert [name.rsplit(":", 1)[-1] for name in found["slack"]] == ["paywatch/slack-??????"]
    assert [name.rsplit(":", 1)[-1] for name in found["webhook"]] == ["hook-??????"]


def test_every_function_finds_its_handler_and_its_settings(with_channels: Deployment) -> None:
    for name, properties in channel_functions(with_channels).items():
        module, _, attribute = properties["Handler"].rpartition(".")
        assert callable(getattr(importlib.import_module(module), attribute))
        variables = {k: resolved(v) for k, v in properties["Environment"]["Variables"].items()}
        assert DeliverSettings.from_env(variables).channel == name
        known = {field.name.upper() for field in dataclasses.fields(DeliverSettings)}
        assert {key for key in variables if not key.startswith("POWERTOOLS_")} == known
