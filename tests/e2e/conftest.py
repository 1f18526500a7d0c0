"""A deployment on the emulator, once for each module: real CDK app, IAM enforced, real clock."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from functions.adapters.dynamodb.heads import Heads
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules
from functions.core.troubles.head import Head
from functions.core.troubles.recovery import Patience
from infra.local import Emulator, deploy
from ops.demo.oncall import Oncall
from producer.kinesis import KinesisSink
from producer.pacing import SystemClock, Timed
from producer.run import Report, run

ROOT = Path(__file__).parent.parent.parent
CONTEXT = {
    "oncall_email": "oncall@example.com",
    "oncall_sms": "+12025550100",
    "events_shards": "2",
    "learning_seconds": "8",
    "recover_seconds": "10",
}
RULES = Rules(budget=Budget(learning_seconds=8), patience=Patience(recover_seconds=10))
"""What detect judges by there."""


@dataclass
class Deployment:
    """Paywatch on the emulator, and everything that a test looks at."""

    emulator: Emulator
    outputs: dict[str, str]
    oncall: Oncall
    heads: Heads
    pages: list[tuple[float, str, str]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def send(self, events: Iterable[Timed]) -> Report:
        """Send the events at their times, as `paywatch produce` does."""
        clock = SystemClock()
        stream = self.outputs["EventsStream"]
        sink = KinesisSink(self.client("kinesis"), stream, clock=clock, rng=random.Random(1))
        return run(events, sink, clock)

    def put(self, *records: bytes) -> None:
        """Put the records on the events stream as they are."""
        entries = [{"Data": data, "PartitionKey": str(n)} for n, data in enumerate(records)]
        answer = self.client("kinesis").put_records(
            StreamName=self.outputs["EventsStream"], Records=entries
        )
        assert answer["FailedRecordCount"] == 0

    def paywatch(self, *arguments: str) -> str:
        """What the command line prints, as whoever has credentials runs it."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("paywatch")), *arguments,
             "--region", "us-east-1", "--endpoint-url", self.emulator.endpoint],
            cwd=ROOT,
            env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def head(self) -> Head:
        return self.heads.head()

    def until(self, seen: Callable[[Head], bool], seconds: float, what: str) -> Head:
        """Wait until detect's newest step shows it; fail with what it shows after `seconds`."""
        deadline = time.monotonic() + seconds
        while not seen(head := self.head):
            if time.monotonic() > deadline:
                pytest.fail(f"not in {seconds:g} s: {what}; detect knows {head}")
            time.sleep(0.25)
        return head

    def page(self, matching: Callable[[str], bool], seconds: float, what: str) -> str:
        """Wait for a page to the on-call topic; its text."""
        deadline = time.monotonic() + seconds
        while True:
            self.pages.extend(self.oncall.new())
            for _, _, body in self.pages:
                if matching(body):
                    return body
            if time.monotonic() > deadline:
                pytest.fail(f"no page in {seconds:g} s: {what}; pages: {self.pages}")
            time.sleep(0.25)


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    pytest_socket.enable_socket()
    with Emulator() as emulator:
        outputs = deploy(emulator, CONTEXT)
        heads = Heads(emulator.client("dynamodb"), outputs["StateTable"])
        oncall = Oncall(emulator.client, outputs["OncallTopicArn"])
        yield Deployment(emulator, outputs, oncall, heads)
