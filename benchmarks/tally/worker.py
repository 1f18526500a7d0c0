"""One contestant in a process of its own: for each line on standard input it counts all invocations
once and prints the CPU seconds. `worker.py CONTESTANT FILE`, where FILE holds the invocations as JSON.

Imports nothing of the benchmarks, so that it runs on another commit of the program as well.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

Handler = Callable[[Mapping[str, Any]], Any]

DIMENSIONS: Final = ("region", "device", "payment_method", "network", "issuer", "gateway",
                     "merchant_id", "country", "currency")  # fmt: skip
PAIRS: Final = (("gateway", "issuer"), ("gateway", "network"), ("issuer", "network"))
GOOD: Final = frozenset(("SUCCESS",))


def texts(data: bytes) -> list[bytes]:
    """A record's lines."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    elif data[:4] == b"\x28\xb5\x2f\xfd":
        data = _unzstd(data)
    elif data[:4] == b"\xf3\x89\x9a\xc2":
        from functions.core.payments import kpl

        return kpl.deaggregate(data)
    return data.splitlines()


def _unzstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.decompress(data)


def paywatch() -> Handler:
    """The function that Lambda runs, with ports that take what they are given."""
    from functions.adapters.kinesis.records import records
    from functions.core.causes.knowledge import load
    from functions.core.counting import partial
    from functions.core.counting.batch import Counting
    from functions.core.counting.bounds import Bounds
    from functions.core.counting.ledger import Ledger
    from functions.handlers.tally_function import TallyFunction

    class Ports:
        ledger = Ledger()

        def read(self, shard: str) -> Ledger:
            return self.ledger

        def write(self, shard: str, ledger: Ledger) -> None:
            self.ledger = ledger

        def park(self, parked: Any) -> None:
            pass

        def send(self, partials: Iterable[Any]) -> None:
            for each in partials:
                partial.encode(each)

    counting = Counting(load(), bounds=Bounds())

    def handle(event: Mapping[str, Any]) -> None:
        ports: Any = Ports()
        TallyFunction(ports, ports, ports, counting)(records(event))

    return handle


def _count(counts: Counter[Any], event: Mapping[str, Any]) -> None:
    second = int(datetime.fromisoformat(event["timestamp"]).timestamp())
    failed = event["payment_status"] not in GOOD
    keys: list[Any] = [""]
    keys += [f"{name}={value}" for name in DIMENSIONS if (value := event.get(name)) is not None]
    for one, two in PAIRS:
        if (a := event.get(one)) is not None and (b := event.get(two)) is not None:
            keys.append(f"{one}={a}&{two}={b}")
    for key in keys:
        counts[second, key, failed] += 1


def json_dict() -> Handler:
    """What is written in an afternoon: json and a dict, the same slices."""

    def handle(event: Mapping[str, Any]) -> None:
        counts: Counter[Any] = Counter()
        for record in event["Records"]:
            for line in texts(base64.b64decode(record["kinesis"]["data"])):
                _count(counts, json.loads(line))
        json.dumps([[*key, n] for key, n in counts.items()])

    return handle


def powertools() -> Handler:
    """AWS Lambda Powertools with a pydantic model of the event, the same slices."""
    from aws_lambda_powertools.utilities.data_classes import KinesisStreamEvent
    from pydantic import BaseModel

    class Event(BaseModel):
        transaction_id: str
        payment_status: str
        timestamp: str
        region: str | None = None
        device: str | None = None
        payment_method: str | None = None
        network: str | None = None
        issuer: str | None = None
        gateway: str | None = None
        merchant_id: str | None = None
        country: str | None = None
        currency: str | None = None
        error_code: str | None = None
        error_scheme: str | None = None
        latency_ms: float | None = None
        amount: float | None = None
        user_id: str | None = None
        correlation_id: str | None = None

    def handle(event: Mapping[str, Any]) -> None:
        counts: Counter[Any] = Counter()
        for record in KinesisStreamEvent(dict(event)).records:
            for line in texts(record.kinesis.data_as_bytes()):
                _count(counts, Event.model_validate_json(line).__dict__)
        json.dumps([[*key, n] for key, n in counts.items()])

    return handle


def floor() -> Handler:
    """base64 and msgspec into a struct with the fields that the event has, and nothing else."""
    import msgspec

    fields = ("transaction_id", "payment_status", "timestamp", *DIMENSIONS, "error_code",
              "error_scheme", "latency_ms", "amount", "user_id", "correlation_id")  # fmt: skip
    event_type = msgspec.defstruct("Event", [(name, Any, None) for name in fields], gc=False)
    decoder = msgspec.json.Decoder(event_type)

    def handle(event: Mapping[str, Any]) -> None:
        for record in event["Records"]:
            data = base64.b64decode(record["kinesis"]["data"])
            if data[:1] == b"{":
                decoder.decode_lines(data)
            else:
                decoder.decode_lines(b"\n".join(texts(data)))

    return handle


CONTESTANTS: Final[Mapping[str, Callable[[], Handler]]] = {
    "paywatch": paywatch,
    "powertools": powertools,
    "json": json_dict,
    "floor": floor,
}


def main(contestant: str, file: str) -> None:
    logging.disable()  # the answer is what is written
    handle = CONTESTANTS[contestant]()
    invocations = json.loads(Path(file).read_text(encoding="utf-8"))
    for _ in sys.stdin:
        before = time.process_time()
        for event in invocations:
            handle(event)
        sys.stdout.write(f"{time.process_time() - before}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
