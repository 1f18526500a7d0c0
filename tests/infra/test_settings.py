"""Settings of a deployment: defaults, overrides, and every fault at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from functions.core.counting.signals import Threshold
from functions.core.errors import SettingsError
from infra import emulated
from infra.settings import ROOT, project_context, settings_from


def faults(**given: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        settings_from({**project_context(), **given})
    return caught.value.faults


def test_an_environment_starts_from_its_defaults_in_cdk_json() -> None:
    context = project_context()
    assert not settings_from(context).keep_data
    assert settings_from({**context, "environment": "prod"}).keep_data


def test_what_is_given_wins_over_the_defaults() -> None:
    settings = settings_from(
        {
            **project_context(),
            "events_shards": "8",
            "oncall_email": "a@example.org, b@example.org",
            "oncall_sms": "+14155550100",
            "thresholds": "failed=0.02/0.05",
            "slicing": "issuer*network",
        }
    )
    assert settings.events_shards == 8
    assert settings.oncall_email == ("a@example.org", "b@example.org")
    assert settings.oncall_sms == ("+14155550100",)
    assert settings.thresholds["failed"] == Threshold(0.02, 0.05)
    assert settings.slicing == (("issuer", "network"),)


def test_all_faults_are_reported_at_once() -> None:
    told = faults(
        environment="staging",
        oncall_email="nobody",
        oncall_sms="555-0100",
        events_shards="none",
        log_retention_days="8",
        keep_data="perhaps",
        thresholds="failed=0.5/0.1",
    )
    assert len(told) == 7
    for name in ("staging", "nobody", "555-0100", "none", "'8'", "perhaps", "0.5/0.1"):
        assert any(name in fault for fault in told), name


def test_an_unknown_setting_is_a_fault_that_names_the_known_ones() -> None:
    (fault,) = faults(oncall_mail="a@example.org")
    assert fault.startswith("oncall_mail is no setting; known: environment, oncall_email")


def test_an_unknown_environment_is_a_fault_that_names_the_known_ones() -> None:
    (fault,) = faults(environment="staging")
    assert fault.endswith("known: dev, prod")


def test_the_context_keys_of_cdk_are_not_ours() -> None:
    context = {**project_context(), "@aws-cdk/core:x": True, "aws:cdk:y": 1, "az:account=1": "z"}
    assert settings_from(context).environment == "dev"


@pytest.mark.parametrize("phone", ["14155550100", "+0415555010", "+1415555010012345", "+1 415"])
def test_a_phone_number_must_be_in_e164_form(phone: str) -> None:
    (fault,) = faults(oncall_sms=phone)
    assert "E.164" in fault


def test_a_wrong_setting_ends_the_synth_with_a_message_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps({"oncall_email": "nobody"})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("settings are wrong:\n  - oncall_email='nobody'")
    assert "Traceback" not in done.stderr


def test_what_is_left_out_must_stand_in_the_table() -> None:
    with pytest.raises(KeyError, match="tls-only"):
        emulated.has(settings_from(project_context()), "tls")
