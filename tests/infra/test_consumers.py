"""How the functions are fed, and what happens when they fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.conftest import Deployment


@pytest.fixture
def mappings(dev: Deployment) -> dict[str, Any]:
    """The mappings by the function that they feed."""
    names = {
        logical_id: properties["FunctionName"].rsplit("-", 1)[1]
        for logical_id, properties in dev.of("AWS::Lambda::Function").items()
    }
    return {
        names[properties["FunctionName"]["Ref"]]: properties
        for properties in dev.of("AWS::Lambda::EventSourceMapping").values()
    }


def test_tally_reads_the_events_and_detect_the_tallies(
    dev: Deployment, mappings: dict[str, Any]
) -> None:
    streams = dev.of("AWS::Kinesis::Stream")
    read = {
        name: streams[properties["EventSourceArn"]["Fn::GetAtt"][0]]["Name"]
        for name, properties in mappings.items()
    }
    assert read == {"tally": "paywatch-dev-events", "detect": "paywatch-dev-tallies"}


def test_a_shard_is_read_in_order_from_its_beginning(mappings: dict[str, Any]) -> None:
    for properties in mappings.values():
        assert properties["ParallelizationFactor"] == 1
        assert properties["StartingPosition"] == "TRIM_HORIZON"


def test_a_failing_batch_is_halved_retried_and_then_stored(
    dev: Deployment, mappings: dict[str, Any]
) -> None:
    (failures,) = (name for name in dev.of("AWS::S3::Bucket") if "Failures" in name)
    for properties in mappings.values():
        assert properties["BisectBatchOnFunctionError"] is True
        assert 0 < properties["MaximumRetryAttempts"] <= 100
        assert 60 <= properties["MaximumRecordAgeInSeconds"] <= 24 * 3600
        destination = properties["DestinationConfig"]["OnFailure"]["Destination"]
        assert destination == {"Fn::GetAtt": [failures, "Arn"]}


def test_handlers_raise_for_the_whole_batch_so_no_partial_response_is_asked_for(
    mappings: dict[str, Any],
) -> None:
    for properties in mappings.values():
        assert "FunctionResponseTypes" not in properties


def test_given_up_batches_are_counted(mappings: dict[str, Any]) -> None:
    for properties in mappings.values():
        assert properties["MetricsConfig"] == {"Metrics": ["EventCount"]}
