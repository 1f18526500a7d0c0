"""The stack: its parts are put together, and its outputs tell the tools where they are."""

from __future__ import annotations

from tests.infra.conftest import Deployment, synthesise


def test_the_outputs_are_what_the_tools_look_for(dev: Deployment) -> None:
    assert set(dev.template["Outputs"]) == {
        "EventsStream",
        "TalliesStream",
        "StateTable",
        "AlarmsTopicArn",
        "OncallTopicArn",
        "QuarantineBucket",
        "FailuresBucket",
        "Namespace",
        "DashboardUrl",
        "ArchiveBucket",
        "ArchiveTable",
    }


def test_two_syntheses_give_one_template(dev: Deployment) -> None:
    assert synthesise(environment="dev").template == dev.template
