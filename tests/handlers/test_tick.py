"""tick: what Lambda calls once a minute, in an interpreter of its own and with a Kinesis in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
from types import SimpleNamespace
import boto3, moto
from functions.handlers.tick import handler
context = SimpleNamespace(
    function_name="tick", memory_limit_in_mb=128, invoked_function_arn="arn", aws_request_id="id"
)
with moto.mock_aws():
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName="events", ShardCount=3)
    handler({}, context)
    for shard in kinesis.list_shards(StreamName="events")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]:
            print(record["Data"].decode())
"""
ENVIRONMENT = {
    "EVENTS_STREAM": "events",
    "POWERTOOLS_SERVICE_NAME": "tick",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}


def test_every_shard_of_the_stream_in_the_environment_gets_a_tick_and_the_log_says_how_many() -> (
    None
):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line for line in lines if "paywatch" in line] == [{"paywatch": "tick"}] * 3
    [told] = [line for line in lines if line.get("message") == "ticked"]
    assert told["shards"] == 3
