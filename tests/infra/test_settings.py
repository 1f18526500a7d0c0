"""Settings of a deployment: defaults, overrides, and every fault at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from functions.core.counting.signals import Threshold
from functions.core.errors import SettingsError
from functions.settings.detect import DetectSettings
from functions.settings.notify import NotifySettings
from functions.settings.tally import TallySettings
from infra.settings import Settings, project_context, settings_from
from tests.infra.conftest import SECRET_ARN


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


def test_a_mapping_is_a_file_and_its_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("[columns]\nstatus = 7\n")
    (told,) = faults(mapping_file=str(tmp_path / "wrong.toml"))
    assert "[columns] status is 7" in told
    (absent,) = faults(mapping_file=str(tmp_path / "absent.toml"))
    assert "cannot be read: No such file" in absent


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


@pytest.mark.parametrize(
    "value",
    ["paywatch/slack", "hook", SECRET_ARN, SECRET_ARN.replace("aws:", "aws-us-gov:", 1), ""],
)
def test_a_secret_is_given_by_name_or_by_its_whole_arn(value: str) -> None:
    settings = settings_from({**project_context(), "slack_secret": value})
    assert settings.channels == ({"slack": value} if value else {})


@pytest.mark.parametrize(
    "value", ["two words", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x", "a;b"]
)
def test_what_names_no_secret_is_a_fault(value: str) -> None:
    with pytest.raises(SettingsError, match="neither the name nor the whole ARN"):
        settings_from({**project_context(), "pagerduty_secret": value})


@pytest.mark.parametrize(
    "value",
    ["xoxb-1-hidden", "https://hooks.slack.com/services/hidden", "0123456789abcdef" * 2],
)
def test_a_secrets_value_in_the_place_of_its_name_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(SettingsError, match="looks like the secret's value") as caught:
        settings_from({**project_context(), "webhook_secret": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("function", [TallySettings, DetectSettings, NotifySettings])
def test_what_a_function_is_set_to_is_read_as_the_function_reads_it(function: Any) -> None:
    """One default and one range, whether the deployment says it or the function is left alone."""
    deployed = {field.name: field for field in dataclasses.fields(Settings) if field.metadata}
    shared = [field for field in dataclasses.fields(function) if field.name in deployed]
    assert shared
    for field in shared:
        same = deployed[field.name]
        assert same.metadata["read"] is field.metadata["read"], field.name
        assert _default(same) == _default(field), field.name


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()
