"""A deployment on the emulator, once for each module: real CDK app, IAM enforced, real clock."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

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

Found = TypeVar("Found")
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120.0
"""Seconds within which what must come has come, on a machine that is busy with other work. Nobody waits so
long where it comes sooner."""
BUSY_SECONDS = 300.0
BUSY_AT_MOST = 4
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
            timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def head(self) -> Head:
        return self.heads.head()

    def until(self, seen: Callable[[Head], bool], what: str) -> Head:
        """Wait until detect's newest step shows it; fail with what it shows when patience is over."""

        def newest() -> Head | None:
            head = self.head
            return head if seen(head) else None

        return self.fact(newest, what, lambda: f"detect knows {self.head}")

    def page(self, matching: Callable[[str], bool], what: str) -> str:
        """Wait for a page to the on-call topic; its text."""

        def told() -> str | None:
            self.pages.extend(self.oncall.new())
            return next((body for _, _, body in self.pages if matching(body)), None)

        return self.fact(told, what, lambda: f"pages: {self.pages}")

    def fact(
        self, found: Callable[[], Found | None], what: str, otherwise: Callable[[], str]
    ) -> Found:
        """Wait until something is found; fail with what there is otherwise when patience is over."""
        deadline = time.monotonic() + PATIENCE
        while (one := found()) is None:
            if time.monotonic() > deadline:
                pytest.fail(f"not in {PATIENCE:g} s: {what}; {otherwise()}")
            time.sleep(0.25)
        return one


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Beside the test every processor has other work, for as long as the test lasts and no longer than
    BUSY_SECONDS."""
    work = (
        f"import time\nend = time.monotonic() + {BUSY_SECONDS}\nwhile time.monotonic() < end: pass"
    )
    others = [
        subprocess.Popen([sys.executable, "-c", work])
        for _ in range(min(BUSY_AT_MOST, os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for other in others:
            other.terminate()
            other.wait()


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    pytest_socket.enable_socket()
    with Emulator() as emulator:
        outputs = deploy(emulator, CONTEXT)
        heads = Heads(emulator.client("dynamodb"), outputs["StateTable"])
        oncall = Oncall(emulator.client, outputs["OncallTopicArn"])
        yield Deployment(emulator, outputs, oncall, heads)
