"""`paywatch demo`: the whole path on this machine, from cdk deploy to the page and the recovery.

Heavy imports (the CDK, boto3) stand inside of functions: the other commands share this process.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from functions.core.errors import PaywatchError
from functions.core.slices import slice_key, words
from ops.demo_view import Seen, line, live_panel, page_panel
from producer.kinesis import KinesisSink
from producer.pacing import SystemClock, Timed
from producer.run import Progress, Report, run
from producer.scenario import SCENARIOS, Outage, Scenario
from producer.traffic import traffic

if TYPE_CHECKING:
    from functions.adapters.dynamodb import Journal
    from infra.local import Emulator

RATE: Final = 400.0
CALM_SECONDS: Final = 25.0
OUTAGE_SECONDS: Final = 25.0
RECOVERY_SECONDS: Final = 70.0
"""At most: the demo ends as soon as the recovery is told and every payment is counted."""
SETTLE_SECONDS: Final = 30.0
"""How long the last payments may take to be counted."""
BROKEN: Final = {"issuer": "HDFC", "network": "VISA"}
SEVERITY: Final = 0.6
SEED: Final = 7
ROUTE: Final = words(slice_key(BROKEN))


def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Keep the emulator running.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the emulator. [default: a free one]")
    ] = None,
    rate: Annotated[float, typer.Option(min=20, help="Payments a second.")] = RATE,
) -> None:
    """Deploy to an emulator here, break a route, show the page and the recovery, and clean up."""
    from infra.local import Emulator

    console = Console()
    began = time.monotonic()
    console.rule("[bold]Paywatch")
    try:
        with Emulator(port=port) as emulator:
            console.print(f"AWS emulator on {emulator.endpoint}, IAM enforced")
            outputs = _deployed(console, emulator)
            oncall = Oncall(emulator, outputs["OncallTopicArn"])
            seen, report = _performed(console, emulator, outputs, oncall, rate)
            code = _summary(console, seen, report, time.monotonic() - began)
            if stay:
                _stay(console, emulator, outputs, oncall)
    except KeyboardInterrupt:
        console.print("stopped; the emulator and its files are gone")
        raise typer.Exit(130) from None
    raise typer.Exit(code)


CONTEXT: Final = {
    "oncall_email": "oncall@example.com",
    "oncall_sms": "+12025550100",
    "learning_seconds": "15",
    "recover_seconds": "10",
}
"""A demo lasts a minute: it learns what is normal from a quarter of one."""


def _deployed(console: Console, emulator: Emulator) -> dict[str, str]:
    from infra.local import deploy

    began = time.monotonic()
    with console.status("cdk deploy ...") as status:
        outputs = deploy(
            emulator,
            CONTEXT,
            on_line=lambda text: status.update(Text(f"cdk deploy: {_plain(text)[:100]}")),
        )
    console.print(f"cdk deploy of the real app took {time.monotonic() - began:.0f} s")
    return outputs


def _plain(text: str) -> str:
    return Text.from_ansi(text.strip()).plain


class Oncall:
    """A real subscriber of the on-call topic: a queue in place of a person's mailbox."""

    def __init__(self, emulator: Emulator, topic_arn: str) -> None:
        self._sqs = emulator.client("sqs")
        self._url: str = self._sqs.create_queue(QueueName="oncall-person")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        emulator.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    def new(self) -> list[tuple[float, str, str]]:
        """The pages that came since: when (epoch seconds), subject, body."""
        pages: list[tuple[float, str, str]] = []
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
            )
            if not answer.get("Messages"):
                return sorted(pages)
            for message in answer["Messages"]:
                body = json.loads(message["Body"])
                at = int(message["Attributes"]["SentTimestamp"]) / 1000
                pages.append((at, str(body.get("Subject", "")), str(body["Message"])))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _scenario(rate: float) -> Scenario:
    outage = Outage(
        slice=BROKEN, severity=SEVERITY, start_s=CALM_SECONDS, duration_s=OUTAGE_SECONDS
    )
    return replace(
        SCENARIOS["prime-day"],
        rate=rate,
        duration_s=CALM_SECONDS + OUTAGE_SECONDS + RECOVERY_SECONDS,
        outages=(outage,),
    )


def _noting(events: Iterable[Timed], start: float, seen: Seen) -> Iterator[Timed]:
    """The events as they are; the time of the first that the outage made fail is noted."""
    for timed in events:
        payment = timed.event
        if (
            seen.first_bad is None
            and not isinstance(payment, bytes)
            and timed.at >= CALM_SECONDS
            and payment.status == "failed"
            and all(getattr(payment, name) == value for name, value in BROKEN.items())
        ):
            seen.first_bad = start + timed.at
        yield timed


def _performed(
    console: Console, emulator: Emulator, outputs: dict[str, str], oncall: Oncall, rate: float
) -> tuple[Seen, Report]:
    """Send the traffic and watch until everything is told, or the time is over."""
    from functions.adapters.dynamodb import Journal

    seen, stop = Seen(), threading.Event()
    journal = Journal(emulator.client("dynamodb"), outputs["StateTable"])
    clock = SystemClock()
    sink = KinesisSink(
        emulator.client("kinesis"), outputs["EventsStream"], clock=clock, rng=random.Random(SEED)
    )
    start = time.time()
    events = _noting(traffic(_scenario(rate), seed=SEED, start_ms=int(start * 1000)), start, seen)
    reports: list[Report] = []

    def progress(at: Progress) -> None:
        seen.sent = at.sent

    sender = threading.Thread(
        target=lambda: reports.append(
            run(events, sink, clock, stop=stop.is_set, on_second=progress)
        ),
        name="producer",
    )
    sender.start()
    try:
        _watch(console, emulator.client("cloudwatch"), journal, oncall, seen, start, sender, stop)
    finally:
        stop.set()
        sender.join()
    if not reports:
        raise PaywatchError("the producer ended without a report: its fault is printed above")
    return seen, reports[0]


def _watch(
    console: Console,
    cloudwatch: Any,
    journal: Journal,
    oncall: Oncall,
    seen: Seen,
    start: float,
    sender: threading.Thread,
    stop: threading.Event,
) -> None:
    deadline: float | None = None
    next_line = 0.0
    with Live(live_panel(seen), console=console, auto_refresh=False, transient=True) as live:
        while deadline is None or time.time() < deadline:
            elapsed = time.time() - start
            seen.phase = _phase(elapsed)
            _look(journal, cloudwatch, seen)
            for page in oncall.new():
                seen.pages.append(page)
                live.console.print(page_panel(*page))
            if console.is_terminal:
                live.update(live_panel(seen), refresh=True)
            elif elapsed >= next_line:
                console.print(line(seen, elapsed))
                next_line = elapsed + 5.0
            if seen.told_over:
                stop.set()
            if not sender.is_alive():
                deadline = deadline or time.time() + SETTLE_SECONDS
                if seen.told_over and seen.counted >= seen.sent:
                    return
            time.sleep(0.5)


def _look(journal: Journal, cloudwatch: Any, seen: Seen) -> None:
    head = seen.head = journal.head()
    seen.rates.append(100 * head.failed / head.attempts if head.attempts else 0.0)
    red = cloudwatch.describe_alarms(StateValue="ALARM", MaxRecords=100)["MetricAlarms"]
    seen.red = {alarm["AlarmName"] for alarm in red}
    seen.ever_red |= seen.red


def _phase(elapsed: float) -> str:
    if elapsed < CALM_SECONDS:
        return f"all is well; {ROUTE} breaks in {CALM_SECONDS - elapsed:.0f} s"
    if elapsed < CALM_SECONDS + OUTAGE_SECONDS:
        return f"{ROUTE} is broken: {100 * SEVERITY:.0f} % of its payments fail"
    return f"{ROUTE} is mended; waiting until the last alarm is green again"


def _summary(console: Console, seen: Seen, report: Report, seconds: float) -> int:
    """Print what was measured; 0 when all of it is as it should be."""
    faults = []
    if seen.counted != report.payments:
        faults.append(f"sent {report.payments:,} payments, counted {seen.counted:,}")
    if report.ended == "error":
        faults.append(f"the producer stopped: {report.error}")
    if seen.delay is None:
        faults.append("no page came")
    elif not seen.told_over:
        faults.append("the recovery was not told")
    table = Table.grid(padding=(0, 2))
    table.add_row("payments sent", f"{report.payments:,}")
    table.add_row("payments counted", f"{seen.counted:,} ({seen.head.late:,} of them late)")
    delay = f"{seen.delay:.1f} s" if seen.delay is not None else "no page came"
    table.add_row("first bad payment to page", delay)
    table.add_row("alarms that went red", f"{len(seen.ever_red)}")
    table.add_row("pages, the OK included", f"{len(seen.pages)}")
    table.add_row("the demo took", f"{seconds:.0f} s")
    console.rule("[bold]summary")
    console.print(table)
    for fault in faults:
        console.print(f"[bold red]wrong:[/] {fault}")
    console.print(
        "\nNext: [bold]docs/architecture.md[/] follows one payment through the code,\n"
        "[bold]docs/operations.md[/] explains every alarm, [bold]make demo DEMO=--stay[/] keeps "
        "it running,\n[bold]README.md[/] says how to deploy to AWS."
    )
    return 1 if faults else 0


def _stay(console: Console, emulator: Emulator, outputs: dict[str, str], oncall: Oncall) -> None:
    """Show the pages that come, whoever makes the trouble, until Ctrl-C."""
    console.rule("[bold]staying")
    console.print(
        f"The emulator stays on {emulator.endpoint} until Ctrl-C, and pages are shown here. "
        "In another terminal:\n\n"
        f"  export AWS_ENDPOINT_URL={emulator.endpoint} AWS_REGION=us-east-1 \\\n"
        "      AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n"
        f"  .venv/bin/paywatch produce --stream {outputs['EventsStream']} --duration 60 \\\n"
        "      --outage gateway=razorpay,severity=0.8\n"
        "  .venv/bin/paywatch redrive --dry-run\n",
        soft_wrap=True,
        highlight=False,
    )
    while True:
        for page in oncall.new():
            console.print(page_panel(*page))
        time.sleep(1.0)
