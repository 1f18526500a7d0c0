"""What holds for every function, and what infra and the functions must agree on."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from infra.settings import ROOT
from tests.infra.conftest import Deployment, resolved

FUNCTIONS = ("tally", "detect", "notify", "tick", "archive")


def test_there_are_these_functions_and_no_others(dev: Deployment) -> None:
    assert sorted(dev.functions()) == sorted(FUNCTIONS)


def test_every_function_has_a_log_group_that_forgets(dev: Deployment) -> None:
    groups = dev.of("AWS::Logs::LogGroup")
    assert len(groups) == len(FUNCTIONS) + 1  # Firehose's
    for properties in dev.functions().values():
        group = groups[properties["LoggingConfig"]["LogGroup"]["Ref"]]
        assert group["RetentionInDays"] == 14
        assert group["LogGroupName"] == f"/aws/lambda/{properties['FunctionName']}"


def test_every_function_runs_python_on_arm_with_a_limit_and_a_trace(dev: Deployment) -> None:
    for properties in dev.functions().values():
        assert properties["Architectures"] == ["arm64"]
        assert properties["Runtime"] == "python3.13"
        assert 0 < properties["Timeout"] <= 60
        assert properties["MemorySize"] >= 512
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert len(properties["Layers"]) == 1


def test_prod_owns_its_concurrency_and_dev_shares(dev: Deployment, prod: Deployment) -> None:
    """The archive has no limit: Firehose would store away what it does not take."""
    reserved = {
        name: properties.get("ReservedConcurrentExecutions")
        for name, properties in prod.functions().items()
    }
    assert reserved == {"tally": 2, "detect": 1, "notify": 20, "tick": 1, "archive": None}
    for properties in dev.functions().values():
        assert "ReservedConcurrentExecutions" not in properties


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_handler_is_there_and_can_be_called(dev: Deployment, name: str) -> None:
    module, _, attribute = dev.functions()[name]["Handler"].rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_finds_its_settings_in_its_environment(dev: Deployment, name: str) -> None:
    variables = dev.functions()[name]["Environment"]["Variables"]
    module = importlib.import_module(f"functions.settings.{name}")
    settings = getattr(module, f"{name.title()}Settings")
    settings.from_env({key: resolved(value) for key, value in variables.items()})
    known = {field.name.upper() for field in dataclasses.fields(settings)}
    assert {key for key in variables if not key.startswith("POWERTOOLS_")} <= known


def test_the_code_asset_is_the_functions_package_and_nothing_else(dev: Deployment) -> None:
    (code,) = {p["Code"]["S3Key"].removesuffix(".zip") for p in dev.functions().values()}
    asset = dev.folder / f"asset.{code}"
    assert [path.name for path in asset.iterdir()] == ["functions"]
    shipped = {path.relative_to(asset) for path in asset.rglob("*") if path.is_file()}
    written = {
        path.relative_to(ROOT)
        for path in (ROOT / "functions").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == written
