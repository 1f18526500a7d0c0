"""Deployments, as EventBridge tells of them, are markers; nothing that comes raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.troubles.deployments import (
    CLOUDFORMATION,
    CODEDEPLOY,
    DEPLOYMENT_STATES,
    KINDS,
    STACK_STATUSES,
    marker_of,
)
from functions.core.troubles.markers import Marker
from tests.builders import NOW


def of_codedeploy(**detail: Any) -> dict[str, Any]:
    """In the shape of the user guide's sample; own values."""
    whole = {
        "instanceGroupId": "9fd2fbef-2157-40d8-91e7-6845af69e2d2",
        "region": "eu-central-1",
        "application": "router",
        "deploymentId": "d-ABC123DEF",
        "state": "SUCCESS",
        "deploymentGroup": "prod",
        **detail,
    }
    return _event(CODEDEPLOY, whole)


def of_stack(status: str, arn: str = "stack/router-prod/51af3dc0-da77-11e4") -> dict[str, Any]:
    detail = {
        "stack-id": f"arn:aws:cloudformation:eu-central-1:123456789012:{arn}",
        "status-details": {"status": status, "status-reason": ""},
        "client-request-token": "",
    }
    return _event(CLOUDFORMATION, detail)


def _event(source: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "c071bfbf-83c4-49ca-a6ff-3df053957145",
        "detail-type": KINDS[source],
        "source": source,
        "account": "123456789012",
        "time": "2025-11-20T13:43:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def test_a_deployment_of_codedeploy_is_a_marker() -> None:
    assert marker_of(of_codedeploy()) == Marker("router/prod: deployed, by CodeDeploy", NOW)


@pytest.mark.parametrize("state", DEPLOYMENT_STATES)
def test_every_state_that_changes_something_is_in_words(state: str) -> None:
    made = marker_of(of_codedeploy(state=state))
    assert made is not None
    assert DEPLOYMENT_STATES[state] in made.text


@pytest.mark.parametrize("status", STACK_STATUSES)
def test_a_stack_is_told_by_its_name(status: str) -> None:
    made = marker_of(of_stack(status))
    assert made == Marker(f"stack router-prod: {STACK_STATUSES[status]}", NOW)


@pytest.mark.parametrize(
    "event",
    [
        of_codedeploy(state="READY"),
        of_stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        {**of_codedeploy(), "source": "aws.ec2"},
        {**of_codedeploy(), "detail-type": "CodeDeploy Instance State-change Notification"},
        {**of_codedeploy(), "detail": None},
        {**of_codedeploy(), "time": "yesterday"},
        {**of_codedeploy(), "source": ["aws.codedeploy"]},
        of_codedeploy(application=7),
        {},
    ],
)
def test_what_tells_of_no_deployment_is_no_marker(event: dict[str, Any]) -> None:
    assert marker_of(event) is None


def test_a_hostile_name_is_cleaned() -> None:
    made = marker_of(of_codedeploy(application="a\nFirst: pay evil", deploymentGroup=""))
    assert made == Marker("a First: pay evil: deployed, by CodeDeploy", NOW)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(KINDS)), _json, _json)
def test_no_event_raises(source: str, detail: Any, at: Any) -> None:
    event = {"source": source, "detail-type": KINDS[source], "detail": detail, "time": at}
    marker_of(event)
