"""Which deployments become markers, who is called, and who may call."""

from __future__ import annotations

from typing import Any

from functions.core.troubles.deployments import DEPLOYMENT_STATES, KINDS, STACK_STATUSES
from tests.infra.conftest import Deployment, synthesise


def notify(deployment: Deployment) -> dict[str, Any]:
    (name,) = (
        name
        for name, p in deployment.of("AWS::Lambda::Function").items()
        if p["FunctionName"].endswith("-notify")
    )
    return {"Fn::GetAtt": [name, "Arn"]}


def test_notify_hears_of_what_it_makes_markers_of_and_of_nothing_else(dev: Deployment) -> None:
    rules = {p["Name"]: p for p in dev.of("AWS::Events::Rule").values()}
    assert set(rules) == {"paywatch-dev-codedeploy", "paywatch-dev-cloudformation"}
    patterns = {p["EventPattern"]["source"][0]: p["EventPattern"] for p in rules.values()}
    assert {source: p["detail-type"] for source, p in patterns.items()} == {
        source: [kind] for source, kind in KINDS.items()
    }
    assert patterns["aws.codedeploy"]["detail"] == {"state": list(DEPLOYMENT_STATES)}
    assert patterns["aws.cloudformation"]["detail"] == {
        "status-details": {"status": list(STACK_STATUSES)}
    }
    for rule in rules.values():
        assert [target["Arn"] for target in rule["Targets"]] == [notify(dev)]
        assert "EventBusName" not in rule


def test_each_rule_may_call_notify_and_no_other_event_may(dev: Deployment) -> None:
    rules = dev.of("AWS::Events::Rule")
    allowed = [
        p
        for p in dev.of("AWS::Lambda::Permission").values()
        if p["Principal"] == "events.amazonaws.com"
    ]
    sources = [p["SourceArn"]["Fn::GetAtt"][0] for p in allowed]
    assert sorted(sources) == sorted(rules)
    assert all(p["FunctionName"] == notify(dev) for p in allowed)


def test_they_can_be_switched_off() -> None:
    assert synthesise(mark_deployments="false").of("AWS::Events::Rule") == {}
