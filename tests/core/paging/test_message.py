"""What comes over the alarms topic."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from functions.core.errors import Malformed
from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.message import MINUTE, Minute, parse, to_text
from functions.core.paging.take import Message
from functions.core.troubles.markers import Marker
from functions.core.troubles.mutes import Mute, Unmute
from functions.core.troubles.response import Acknowledgement, Rating, Response
from tests.builders import ALARMS, NOW, alarm, alarm_json, announcement, announcement_json

PREFIX = "paywatch-dev-"


def read(text: str) -> Message | Marker | Minute | None:
    return parse(text, PREFIX, ALARMS)


@pytest.mark.parametrize("state", ["ALARM", "OK"])
def test_an_alarm_of_cloudwatch_is_a_change_of_that_alarm(state: str) -> None:
    reason = "Threshold Crossed: 1 datapoint [3.1] was >= 2.0"
    change = AlarmChange(alarm("FailureRate-critical"), state, NOW, reason)
    assert read(alarm_json("FailureRate-critical", state)) == change


def test_an_announcement_arrives_as_it_was_sent() -> None:
    assert read(announcement_json(announcement())) == announcement()


@pytest.mark.parametrize(
    "response",
    [
        Acknowledgement("PW-1120-1343-4f2", "asha", NOW, "on it"),
        Rating("PW-1120-1343-4f2", "noise", "asha", NOW),
    ],
)
def test_a_response_arrives_as_it_was_sent(response: Response) -> None:
    assert read(to_text(response)) == response


def test_a_response_to_what_is_no_name_is_malformed() -> None:
    with pytest.raises(Malformed, match="no trouble is called 'all'"):
        read(to_text(Acknowledgement("all", "asha", NOW)))


def test_a_marker_arrives_cleaned_and_with_its_slice_as_counts_have_it() -> None:
    told = Marker("router 4.2\x1b[31m\ndeployed", NOW, "gateway=PayU", "asha\u202e")
    assert read(to_text(told)) == Marker("router 4.2 [31m deployed", NOW, "gateway=payu", "asha")


@pytest.mark.parametrize(
    "told", [Marker(" ", NOW), Marker("x", -1), Marker("x", 10**12), Marker("x", NOW, "colour=red")]
)
def test_a_marker_that_cannot_be_one_is_malformed(told: Marker) -> None:
    with pytest.raises(Malformed, match="bad_message"):
        read(to_text(told))


def test_a_deployment_of_eventbridge_is_a_marker_and_any_other_event_of_it_calls_nobody() -> None:
    deployed = {
        "source": "aws.codedeploy",
        "detail-type": "CodeDeploy Deployment State-change Notification",
        "time": "2025-11-20T13:43:00Z",
        "detail": {"application": "router", "deploymentGroup": "prod", "state": "SUCCESS"},
    }
    assert read(json.dumps(deployed)) == Marker("router/prod: deployed, by CodeDeploy", NOW)
    assert read(json.dumps({**deployed, "source": "aws.health"})) is None


MUTE = Mute("MU-1120-1343-4f2", "issuer=HDFC", NOW, NOW + 3600, "asha", "maintenance")


def test_a_mute_and_its_end_arrive_cleaned() -> None:
    assert read(to_text(replace(MUTE, slice="issuer=hdfc", reason="maintenance\x1b"))) == MUTE
    assert read(to_text(Unmute(MUTE.id, "asha\n", NOW))) == Unmute(MUTE.id, "asha", NOW)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (replace(MUTE, until=NOW + 7 * 86_400 + 1), "a week at most"),
        (replace(MUTE, until=NOW), "must end after it begins"),
        (replace(MUTE, reason=" "), "needs a reason"),
        (replace(MUTE, by=""), "needs a reason and who"),
        (replace(MUTE, id="PW-1120-1343-4f2"), "no mute is called"),
        (replace(MUTE, slice="colour=red"), "no part of a slice"),
        (Unmute("all", "asha", NOW), "no mute is called"),
        (Unmute(MUTE.id, " ", NOW), "nobody ends it"),
    ],
)
def test_a_mute_that_cannot_be_one_is_malformed(said: Mute | Unmute, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        read(to_text(said))


def test_that_a_minute_has_passed_is_heard() -> None:
    assert read(json.dumps({MINUTE: True})) == Minute()


def test_missing_data_calls_nobody() -> None:
    assert read(alarm_json(state="INSUFFICIENT_DATA")) is None


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        "{}",
        '"text"',
        json.dumps({"AlarmName": "paywatch-dev-FailureRate-critical"}),
        json.dumps({"AlarmName": PREFIX + "FailureRate-critical", "NewStateValue": "ALARM"}),
        json.dumps({"paywatch_announcement": {"transition": "opened"}}),
        alarm_json("NobodyKnows"),
        alarm_json(prefix="paywatch-prod-"),
    ],
)
def test_what_is_not_understood_is_malformed_so_that_it_reaches_people_raw(text: str) -> None:
    with pytest.raises(Malformed, match="bad_message") as caught:
        read(text)
    assert caught.value.data == text.encode()
