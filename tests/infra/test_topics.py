"""The two topics: who may speak on them, and who hears what."""

from __future__ import annotations

from functions.core.paging.page import ACKNOWLEDGE, KINDS
from tests.infra.conftest import Deployment, subscriptions, synthesise


def test_email_and_sms_are_not_told_who_took_it_over_but_all_that_has_no_kind(
    dev: Deployment,
) -> None:
    news = [*(kind for kind in KINDS if kind != ACKNOWLEDGE), {"exists": False}]
    (email,), (sms,) = subscriptions(dev, "email"), subscriptions(dev, "sms")
    assert email["FilterPolicy"] == {"kind": news}
    assert sms["FilterPolicy"] == {"kind": news, "severity": ["critical", {"exists": False}]}


def test_sms_gets_critical_pages_and_those_that_have_no_severity(dev: Deployment) -> None:
    subscriptions = dev.of("AWS::SNS::Subscription").values()
    (sms,) = (p for p in subscriptions if p["Protocol"] == "sms")
    assert sms["FilterPolicy"]["severity"] == ["critical", {"exists": False}]


def test_cloudwatch_of_this_account_may_speak_on_the_alarms_topic_and_no_other_service_on_any(
    dev: Deployment,
) -> None:
    (alarms,) = (n for n, t in dev.of("AWS::SNS::Topic").items() if "alarms" in t["TopicName"])
    (allowed,) = (
        statement
        for policy in dev.of("AWS::SNS::TopicPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    )
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Resource"] == {"Ref": alarms}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_everybody_who_is_named_is_told_by_the_on_call_topic() -> None:
    deployment = synthesise(
        oncall_email="a@example.org,b@example.org", oncall_sms="+14155550100,+14155550101"
    )
    (oncall,) = (
        name for name, t in deployment.of("AWS::SNS::Topic").items() if "oncall" in t["TopicName"]
    )
    emails, phones = subscriptions(deployment, "email"), subscriptions(deployment, "sms")
    assert [s["Endpoint"] for s in emails] == ["a@example.org", "b@example.org"]
    assert [s["Endpoint"] for s in phones] == ["+14155550100", "+14155550101"]
    assert all(s["TopicArn"] == {"Ref": oncall} for s in (*emails, *phones))


def test_nobody_need_be_named() -> None:
    deployment = synthesise(oncall_email="", oncall_sms="")
    assert not subscriptions(deployment, "email")
    assert not subscriptions(deployment, "sms")
