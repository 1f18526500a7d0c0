"""How notify is called, what it is told and what it may do."""

from __future__ import annotations

from functions.core.paging.channels.delivery import CHANNELS
from functions.settings.notify import NotifySettings
from tests.infra.actions import KEY_OF_ITEMS, LOGS_AND_TRACES, allowed, granted
from tests.infra.conftest import Deployment, environment, resolved, subscriptions, synthesise


def test_notify_knows_which_channels_have_alarms(
    with_channels: Deployment, dev: Deployment
) -> None:
    for deployment, channels in ((with_channels, CHANNELS), (dev, ())):
        variables = deployment.functions()["notify"]["Environment"]["Variables"]
        read = NotifySettings.from_env({key: resolved(value) for key, value in variables.items()})
        assert read.channels == channels


def test_what_notify_fails_on_reaches_people_with_attributes_so_that_filters_let_it_through(
    dev: Deployment,
) -> None:
    """SNS: `exists: false` matches no message that has no attributes at all. Of what Lambda sends
    on, a dead letter has some (RequestID, ErrorCode, ErrorMessage), a destination's record none."""
    (topic,) = (n for n, p in dev.of("AWS::SNS::Topic").items() if "oncall" in p["TopicName"])
    assert dev.functions()["notify"]["DeadLetterConfig"] == {"TargetArn": {"Ref": topic}}


def test_a_message_that_notify_fails_at_is_tried_three_times(dev: Deployment) -> None:
    (config,) = dev.of("AWS::Lambda::EventInvokeConfig").values()
    assert config["MaximumRetryAttempts"] == 2
    assert "DestinationConfig" not in config


def test_it_may_do_what_it_does_and_nothing_else(dev: Deployment) -> None:
    assert allowed(dev, "notify") == {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
        "sns:Publish",
    }


def test_it_hears_the_alarms_topic_and_speaks_on_the_on_call_topic(dev: Deployment) -> None:
    ids = {t["TopicName"].rsplit("-", 1)[1]: name for name, t in dev.of("AWS::SNS::Topic").items()}
    (heard,) = subscriptions(dev, "lambda")
    assert heard["TopicArn"] == {"Ref": ids["alarms"]}
    assert heard["Endpoint"]["Fn::GetAtt"][0].startswith("FunctionsNotify")
    assert "FilterPolicy" not in heard
    assert granted(dev, "notify", "sns:Publish") == [{"Ref": ids["oncall"]}]
    assert environment(dev, "notify")["ONCALL_TOPIC_ARN"] == {"Ref": ids["oncall"]}


def test_it_tells_the_thresholds_and_keeps_the_pause_that_the_deployment_is_set_to() -> None:
    told = environment(synthesise(thresholds="failed=0.02/0.05", cooldown_seconds="60"), "notify")
    assert "failed=0.02/0.05" in told["THRESHOLDS"]
    assert told["COOLDOWN_SECONDS"] == "60"
    assert told["ENVIRONMENT"] == "dev"
