"""`paywatch redrive`: what was parked, or given up by Lambda, goes back on its stream."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import typer

from functions.core.counting.parked import PREFIX, ParkedRecord
from functions.core.errors import PaywatchError
from ops import aws
from ops.options import EndpointOption, EnvironmentOption, JsonObjectOption, RegionOption
from ops.printing import say
from producer.kinesis import KinesisSink
from producer.pacing import SystemClock
from producer.sinks import Record

REDRIVEN: Final = "redriven/"


@dataclass(frozen=True)
class Waiting:
    """An object that waits to be sent again: its records, their stream, why they are there."""

    bucket: str
    key: str
    stream: str
    records: tuple[Record, ...]
    reasons: tuple[str, ...]


def redrive(
    environment: EnvironmentOption = "dev",
    reason: Annotated[
        str | None, typer.Option(help="Only events parked for this reason, such as `future`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List, send nothing.")] = False,
    as_json: JsonObjectOption = False,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
) -> None:
    """Send parked events and given-up batches again; their objects move to redriven/."""

    def client(service: str) -> Any:
        return aws.client(service, endpoint_url=endpoint_url, region=region)

    outputs = aws.outputs(client("cloudformation"), environment)
    s3 = client("s3")
    waiting = list(_waiting(s3, outputs, reason))
    count = sum(len(item.records) for item in waiting)
    reasons = Counter(word for item in waiting for word in item.reasons)
    sent = 0 if dry_run else send(s3, client("kinesis"), waiting)
    if as_json:
        typer.echo(json.dumps({"waiting": count, "sent": sent, "reasons": dict(reasons)}))
        return
    for word, events in reasons.most_common():
        say(f"{events:8,}  {word}")
    typer.echo(f"{count:,} waiting, {sent:,} sent" + (" (dry run)" if dry_run else ""))


def send(s3: Any, kinesis: Any, waiting: list[Waiting]) -> int:
    """Send each object's records, then move it; the number of records sent.

    An object is moved only after all of it was taken, so an interruption may send the records of
    one object twice, and loses none.
    """
    from rich.console import Console
    from rich.progress import track

    sinks: dict[str, KinesisSink] = {}
    sent = 0
    for item in track(waiting, "sending", console=Console(stderr=True), transient=True):
        sink = sinks.get(item.stream)
        if sink is None:
            sink = sinks[item.stream] = KinesisSink(
                kinesis, item.stream, clock=SystemClock(), rng=random.Random()
            )
        sink.put(item.records)
        s3.copy_object(
            Bucket=item.bucket,
            Key=REDRIVEN + item.key,
            CopySource={"Bucket": item.bucket, "Key": item.key},
        )
        s3.delete_object(Bucket=item.bucket, Key=item.key)
        sent += len(item.records)
    return sent


def _waiting(s3: Any, outputs: dict[str, str], reason: str | None) -> Iterator[Waiting]:
    quarantine, failures = outputs["QuarantineBucket"], outputs["FailuresBucket"]
    for key, body in _objects(s3, quarantine, PREFIX):
        item = parked(quarantine, key, body, outputs["EventsStream"], reason)
        if item.records:
            yield item
    if reason is None:
        for key, body in _objects(s3, failures, ""):
            if not key.startswith(REDRIVEN):
                yield given_up(failures, key, body)


def _objects(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            yield found["Key"], s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()


def parked(bucket: str, key: str, body: bytes, stream: str, reason: str | None) -> Waiting:
    """The events of a parked record that are kept whole: of the others too little is there to be
    sent, so an object of such alone stays. Raises PaywatchError that names an object not understood.

    With a `reason`, an object is taken only when all of its events are there for it: an object is
    sent whole or not at all.
    """
    try:
        record = msgspec.json.decode(body, type=ParkedRecord)
    except msgspec.MsgspecError as error:
        raise PaywatchError(f"s3://{bucket}/{key} is no parked record: {error}") from None
    wanted = reason is None or all(event.reason == reason for event in record.events)
    events = [event for event in record.events if wanted and not event.left_out]
    return Waiting(
        bucket,
        key,
        stream,
        tuple(Record(base64.b64decode(event.data), record.sequence_number, 1) for event in events),
        tuple(event.reason for event in events),
    )


def given_up(bucket: str, key: str, body: bytes) -> Waiting:
    """The records of a batch that Lambda gave up on, as it stores them in an on-failure bucket.

    Raises PaywatchError that names an object not understood.
    """
    try:
        told = json.loads(body)
        payload = told["payload"]
        event = json.loads(payload) if isinstance(payload, str) else payload
        stream = told["KinesisBatchInfo"]["streamArn"].split("/", 1)[1]
        records = tuple(
            Record(
                base64.b64decode(item["kinesis"]["data"]), str(item["kinesis"]["partitionKey"]), 1
            )
            for item in event["Records"]
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise PaywatchError(f"s3://{bucket}/{key} is no given-up batch: {error!r}") from None
    return Waiting(bucket, key, stream, records, ("given_up",) * len(records))
