"""Accepted findings of cdk-nag: each one, where it arises, with a reason."""

from __future__ import annotations

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from infra.nag import accept, logical_id
from tests.infra.conftest import Deployment, empty_stack

REASON = "it is made for a test, nobody publishes to it"


def test_every_accepted_risk_has_a_reason(dev: Deployment) -> None:
    for rules in dev.accepted.values():
        for reason in rules.values():
            assert len(reason) > 30
            assert "false positive" not in reason.lower()


def test_what_is_accepted_is_one_finding_and_never_a_whole_rule_of_wildcards(
    dev: Deployment,
) -> None:
    for construct, rules in dev.accepted.items():
        assert "AwsSolutions-IAM5" not in rules, construct


def test_nothing_is_accepted_for_the_whole_stack(dev: Deployment) -> None:
    assert all(construct.count("/") >= 3 for construct in dev.accepted)


def test_a_finding_that_nobody_accepted_stops_the_synthesis() -> None:
    app, _ = judged()
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_a_finding_that_is_accepted_does_not() -> None:
    app, topic = judged()
    accept(topic, "AwsSolutions-SNS3", REASON)
    app.synth()


def test_another_finding_of_the_same_construct_is_not_accepted_with_it() -> None:
    app, topic = judged()
    accept(topic, "AwsSolutions-SNS2", REASON)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_findings_are_named_after_the_resource_in_the_template() -> None:
    stack = empty_stack()
    bucket = s3.Bucket(stack, "Parked")
    assert logical_id(bucket) in cdk.assertions.Template.from_stack(stack).find_resources(
        "AWS::S3::Bucket"
    )


def judged() -> tuple[cdk.App, sns.Topic]:
    """An app that cdk-nag judges, with one fault: a topic that takes plain text."""
    app = cdk.App(analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return app, sns.Topic(cdk.Stack(app, "Test"), "Topic")
