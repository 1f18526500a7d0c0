"""The way into the archive: what Firehose is told, and what it may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.archive.rows import COLUMNS, REFUSED_MESSAGE
from tests.infra.conftest import Deployment, listed, synthesise


@pytest.fixture
def destination(dev: Deployment) -> dict[str, Any]:
    (stream,) = dev.of("AWS::KinesisFirehose::DeliveryStream").values()
    found: dict[str, Any] = stream["ExtendedS3DestinationConfiguration"]
    return found


@pytest.fixture
def table(dev: Deployment) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = dev.of("AWS::Glue::Table").values()
    return found


def allowed(deployment: Deployment) -> dict[str, str]:
    """What Firehose may do: action → the resources, as text."""
    (policy,) = (
        p for name, p in deployment.of("AWS::IAM::Policy").items() if name.startswith("Archive")
    )
    return {
        action: json.dumps(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }


def test_it_reads_the_events_stream(dev: Deployment) -> None:
    (stream,) = dev.of("AWS::KinesisFirehose::DeliveryStream").values()
    (events,) = (n for n, s in dev.of("AWS::Kinesis::Stream").items() if "events" in s["Name"])
    assert stream["DeliveryStreamType"] == "KinesisStreamAsSource"
    source = stream["KinesisStreamSourceConfiguration"]["KinesisStreamARN"]
    assert source == {"Fn::GetAtt": [events, "Arn"]}


def test_every_record_goes_through_the_archive_function_in_batches_whose_rows_fit(
    dev: Deployment, destination: dict[str, Any]
) -> None:
    processing = destination["ProcessingConfiguration"]
    (processor,) = processing["Processors"]
    told = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
    function = told["LambdaArn"]["Fn::GetAtt"][0]
    assert processing["Enabled"] is True
    assert dev.of("AWS::Lambda::Function")[function]["FunctionName"] == "paywatch-dev-archive"
    assert 0.2 <= float(told["BufferSizeInMBs"]) <= 0.5


def test_rows_become_parquet_with_the_columns_of_the_core(
    dev: Deployment, destination: dict[str, Any], table: dict[str, Any]
) -> None:
    conversion = destination["DataFormatConversionConfiguration"]
    (name,) = dev.of("AWS::Glue::Table")
    assert conversion["Enabled"] is True
    assert conversion["SchemaConfiguration"]["TableName"] == {"Ref": name}
    assert conversion["SchemaConfiguration"]["DatabaseName"] == table["DatabaseName"]
    assert "OpenXJsonSerDe" in conversion["InputFormatConfiguration"]["Deserializer"]
    assert "ParquetSerDe" in conversion["OutputFormatConfiguration"]["Serializer"]
    columns = table["TableInput"]["StorageDescriptor"]["Columns"]
    assert {column["Name"]: column["Type"] for column in columns} == dict(COLUMNS)


def test_conversion_has_the_buffer_that_it_demands_and_no_other_compression(
    destination: dict[str, Any],
) -> None:
    assert 64 <= destination["BufferingHints"]["SizeInMBs"] <= 128
    assert destination["BufferingHints"]["IntervalInSeconds"] <= 900
    assert "CompressionFormat" not in destination


def test_a_day_is_a_folder_and_the_table_finds_it_without_being_told(
    destination: dict[str, Any], table: dict[str, Any]
) -> None:
    told = table["TableInput"]["Parameters"]
    assert destination["Prefix"] == "payments/dt=!{timestamp:yyyy-MM-dd}/"
    assert table["TableInput"]["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert told["projection.enabled"] == "true"
    assert told["projection.dt.format"] == "yyyy-MM-dd"
    assert told["storage.location.template"]["Fn::Join"][1][-1] == "/payments/dt=${dt}/"


def test_the_table_reaches_back_as_far_as_the_bucket_keeps(
    dev: Deployment, table: dict[str, Any]
) -> None:
    bucket = dev.of("AWS::S3::Bucket")["Archive57A50521"]
    days = {r["Prefix"]: r["ExpirationInDays"] for r in bucket["LifecycleConfiguration"]["Rules"]}
    assert days == {"payments/": 400, "errors/": 90}
    assert table["TableInput"]["Parameters"]["projection.dt.range"] == "NOW-400DAYS,NOW"


def test_what_is_refused_is_kept_apart_from_the_payments(destination: dict[str, Any]) -> None:
    prefix = destination["ErrorOutputPrefix"]
    assert prefix == "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/"


def test_what_is_refused_by_the_function_or_by_firehose_is_counted(dev: Deployment) -> None:
    filters = list(dev.of("AWS::Logs::MetricFilter").values())
    patterns = {f["FilterPattern"] for f in filters}
    assert patterns == {"", f'{{ $.message = "{REFUSED_MESSAGE}" }}'}
    for found in filters:
        (metric,) = found["MetricTransformations"]
        assert (metric["MetricNamespace"], metric["MetricName"]) == (
            "Paywatch/dev",
            "ArchiveRefused",
        )


def test_firehose_may_do_what_it_must_and_not_delete(dev: Deployment) -> None:
    assert set(allowed(dev)) == {
        "kinesis:DescribeStream",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
        "glue:GetTable",
        "glue:GetTableVersion",
        "glue:GetTableVersions",
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:PutObject",
        "logs:PutLogEvents",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }


def test_firehose_may_put_under_its_two_prefixes_only(dev: Deployment) -> None:
    resources = json.loads(allowed(dev)["s3:PutObject"])
    suffixes = {resource["Fn::Join"][1][-1] for resource in resources}
    assert suffixes == {"/payments/*", "/errors/*"}


def test_firehose_may_do_so_before_it_starts(dev: Deployment) -> None:
    (name,) = dev.of("AWS::KinesisFirehose::DeliveryStream")
    depends = dev.template["Resources"][name]["DependsOn"]
    assert any(other.startswith("ArchivePolicy") for other in depends)


def test_only_our_own_firehose_may_take_the_role(dev: Deployment) -> None:
    (role,) = (r for n, r in dev.of("AWS::IAM::Role").items() if n.startswith("ArchiveRole"))
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "AWS::AccountId"}}}


def test_firehoses_log_forgets_as_the_functions_logs_do(dev: Deployment) -> None:
    (group,) = (
        g
        for g in dev.of("AWS::Logs::LogGroup").values()
        if g["LogGroupName"].startswith("/aws/kinesisfirehose/")
    )
    assert group["RetentionInDays"] == 14


def test_a_deployment_may_go_without_an_archive() -> None:
    without = synthesise(archive="false")
    assert not any("archive" in name.lower() for name in without.template["Resources"])
    assert not any("Archive" in name for name in without.template["Outputs"])
