"""tally: fed by the events, it may write tallies, its ledger and what it parks."""

from __future__ import annotations

from pathlib import Path

from functions.core.payments.mapping import EventMapping
from functions.settings.archive import ArchiveSettings
from functions.settings.tally import TallySettings
from tests.infra.actions import (
    KEY_OF_ITEMS,
    LOGS_AND_TRACES,
    PUT_OBJECTS,
    READ_A_STREAM,
    allowed,
    granted,
)
from tests.infra.conftest import Deployment, environment, resolved, synthesise


def test_it_may_do_what_it_does_and_nothing_else(dev: Deployment) -> None:
    assert allowed(dev, "tally") == {
        *LOGS_AND_TRACES,
        *KEY_OF_ITEMS,
        *READ_A_STREAM,
        *PUT_OBJECTS,
        "s3:ListBucket",
        "kinesis:PutRecord",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
    }


def test_it_writes_to_the_tallies_and_never_back_to_the_events(dev: Deployment) -> None:
    (tallies,) = (n for n, s in dev.of("AWS::Kinesis::Stream").items() if "tallies" in s["Name"])
    assert granted(dev, "tally", "kinesis:PutRecord") == [{"Fn::GetAtt": [tallies, "Arn"]}]
    assert environment(dev, "tally")["TALLIES_STREAM"] == {"Ref": tallies}


def test_it_parks_in_the_bucket_whose_name_it_is_told(dev: Deployment) -> None:
    (quarantine,) = (name for name in dev.of("AWS::S3::Bucket") if "Quarantine" in name)
    assert environment(dev, "tally")["QUARANTINE_BUCKET"] == {"Ref": quarantine}
    assert {"Fn::Join": ["", [{"Fn::GetAtt": [quarantine, "Arn"]}, "/*"]]} in granted(
        dev, "tally", "s3:PutObject"
    )


def test_it_counts_as_the_deployment_is_set() -> None:
    told = environment(
        synthesise(slicing="issuer*network", skew_seconds="7", oldest_days="3"), "tally"
    )
    assert told["SLICING"] == "issuer*network"
    assert (told["SKEW_SECONDS"], told["OLDEST_DAYS"]) == ("7", "3")


def test_it_owns_an_invocation_for_each_shard() -> None:
    deployment = synthesise(environment="prod", events_shards="5")
    assert deployment.functions()["tally"]["ReservedConcurrentExecutions"] == 5


def test_tally_and_archive_are_told_the_same_mapping(tmp_path: Path, dev: Deployment) -> None:
    text = '[columns]\ntransaction_id = "id"\ntimestamp = "at"\nstatus = "data.state"\n'
    (tmp_path / "mapping.toml").write_text(text)
    mapped = synthesise(mapping_file=str(tmp_path / "mapping.toml"))
    for name, settings in (("tally", TallySettings), ("archive", ArchiveSettings)):
        variables = {key: resolved(value) for key, value in environment(mapped, name).items()}
        assert settings.from_env(variables).mapping == EventMapping.parse(text)
        assert "MAPPING" not in environment(dev, name)
