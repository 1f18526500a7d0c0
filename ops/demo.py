"""`paywatch demo`: the whole path on this machine, from cdk deploy to the page and the recovery.

Heavy imports (the CDK, boto3) stand inside of functions: the other commands share this process.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from functions.core.errors import PaywatchError
from functions.core.paging.page import ACKNOWLEDGE, Page
from functions.core.troubles.response import Acknowledgement
from ops.demo_view import Seen, line, live_panel, page_panel
from ops.deployment import Deployment, deployment_of
from producer.kinesis import KinesisSink
from producer.pacing import SystemClock, Timed
from producer.run import Progress, Report, run
from producer.scenario import SCENARIOS, Outage, Scenario
from producer.traffic import traffic

if TYPE_CHECKING:
    from infra.local import Emulator

RATE: Final = 400.0
CALM_SECONDS: Final = 25.0
RECOVERY_SECONDS: Final = 70.0
"""At most: the demo ends as soon as the recovery is told and every payment is counted."""
SETTLE_SECONDS: Final = 30.0
"""How long the last payments may take to be counted."""
SEED: Final = 7
ONCALL: Final = "you"
"""Who takes the demo's incident over."""


class Breakage(StrEnum):
    ROUTE = "route"
    GATEWAY = "gateway"
    FUNDS = "funds"


@dataclass(frozen=True)
class Act:
    """What the demo breaks, and what is to come of it. what: in words, before and while; pages: whether
    anybody is to be woken."""

    outage: Outage
    what: str
    pages: bool = True

    @property
    def seconds(self) -> float:
        return self.outage.duration_s


ACTS: Final = {
    Breakage.ROUTE: Act(
        Outage(
            slice={"issuer": "HDFC", "network": "VISA"},
            share_lost=0.6,
            start_s=CALM_SECONDS,
            duration_s=25.0,
        ),
        "60 % of the payments of issuer HDFC × network VISA fail",
    ),
    Breakage.GATEWAY: Act(
        Outage(slice={"gateway": "payu"}, share_lost=0.6, start_s=CALM_SECONDS, duration_s=25.0),
        "60 % of the payments of gateway payu fail",
    ),
    Breakage.FUNDS: Act(
        Outage(slice={}, share_lost=0.25, start_s=CALM_SECONDS, duration_s=45.0, cause="customer"),
        "25 % of all customers are without funds",
        pages=False,
    ),
}


def demo(
    breakage: Annotated[
        Breakage,
        typer.Option("--break", help="A route, a gateway, or nothing but the customers' funds."),
    ] = Breakage.ROUTE,
    stay: Annotated[bool, typer.Option("--stay", help="Keep the emulator running.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the emulator. [default: a free one]")
    ] = None,
    rate: Annotated[float, typer.Option(min=20, help="Payments a second.")] = RATE,
) -> None:
    """Deploy to an emulator here, break something, show the page and the recovery, and clean up."""
    from infra.local import Emulator

    console, act = Console(), ACTS[breakage]
    began = time.monotonic()
    console.rule("[bold]Paywatch")
    try:
        with Emulator(port=port) as emulator:
            console.print(f"AWS emulator on {emulator.endpoint}, IAM enforced")
            outputs = _deployed(console, emulator)
            oncall = Oncall(emulator, outputs["OncallTopicArn"])
            deployment = deployment_of(emulator.client, outputs)
            seen, report = _performed(console, emulator, outputs, deployment, oncall, act, rate)
            code = _summary(console, seen, report, act, deployment, time.monotonic() - began)
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
    """A real subscriber of the on-call topic: a queue in place of a person's mailbox. It gets each page
    as the channels do, and shows it as e-mail shows it.
    """

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
                told = json.loads(message["Body"])
                at = int(message["Attributes"]["SentTimestamp"]) / 1000
                page = _page(str(told["Message"]))
                if page is None:
                    pages.append((at, str(told.get("Subject", "")), str(told["Message"])))
                elif page.kind != ACKNOWLEDGE:
                    pages.append((at, page.subject, page.body))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def _page(text: str) -> Page | None:
    """The page; None for what reaches the topic raw because notify failed."""
    try:
        return msgspec.json.decode(text, type=Page)
    except msgspec.DecodeError:
        return None


def _scenario(act: Act, rate: float) -> Scenario:
    return replace(
        SCENARIOS["prime-day"],
        rate=rate,
        duration_s=CALM_SECONDS + act.seconds + RECOVERY_SECONDS,
        outages=(act.outage,),
    )


def _noting(events: Iterable[Timed], start: float, act: Act, seen: Seen) -> Iterator[Timed]:
    """The events as they are; the time of the first that the outage made fail is noted."""
    for timed in events:
        payment = timed.event
        if (
            seen.first_bad is None
            and not isinstance(payment, bytes)
            and timed.at >= CALM_SECONDS
            and payment.status == act.outage.status
            and all(getattr(payment, name) == value for name, value in act.outage.slice.items())
        ):
            seen.first_bad = start + timed.at
        yield timed


def _performed(
    console: Console,
    emulator: Emulator,
    outputs: dict[str, str],
    deployment: Deployment,
    oncall: Oncall,
    act: Act,
    rate: float,
) -> tuple[Seen, Report]:
    """Send the traffic and watch until everything is told, or the time is over."""
    seen, stop = Seen(), threading.Event()
    clock = SystemClock()
    sink = KinesisSink(
        emulator.client("kinesis"), outputs["EventsStream"], clock=clock, rng=random.Random(SEED)
    )
    start = time.time()
    made = traffic(_scenario(act, rate), seed=SEED, start_ms=int(start * 1000))
    events = _noting(made, start, act, seen)
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
        cloudwatch = emulator.client("cloudwatch")
        _watch(console, deployment, cloudwatch, oncall, act, seen, start, sender, stop)
    finally:
        stop.set()
        sender.join()
    if not reports:
        raise PaywatchError("the producer ended without a report: its fault is printed above")
    return seen, reports[0]


def _watch(
    console: Console,
    deployment: Deployment,
    cloudwatch: Any,
    oncall: Oncall,
    act: Act,
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
            seen.phase = _phase(act, elapsed)
            _look(deployment, cloudwatch, act, seen)
            for page in oncall.new():
                seen.pages.append(page)
                live.console.print(page_panel(*page))
                if len(seen.pages) == 1:
                    _take_over(deployment, live.console)
            if console.is_terminal:
                live.update(live_panel(seen), refresh=True)
            elif elapsed >= next_line:
                console.print(line(seen, elapsed))
                next_line = elapsed + 5.0
            is_over = seen.told_over if act.pages else seen.recorded_over
            if is_over:
                stop.set()
            if not sender.is_alive():
                deadline = deadline or time.time() + SETTLE_SECONDS
                if is_over and seen.counted >= seen.sent:
                    return
            time.sleep(0.5)


def _look(deployment: Deployment, cloudwatch: Any, act: Act, seen: Seen) -> None:
    head = seen.head = deployment.journal.head()
    seen.rates.append(100 * head.failed / head.attempts if head.attempts else 0.0)
    red = cloudwatch.describe_alarms(StateValue="ALARM", MaxRecords=100)["MetricAlarms"]
    seen.red = {alarm["AlarmName"] for alarm in red}
    seen.ever_red |= seen.red
    if not act.pages:
        now = int(time.time())
        seen.records = deployment.records.since(now - 3600, now)


def _take_over(deployment: Deployment, console: Console) -> None:
    """What somebody on call does first: say that it is theirs."""
    for incident in deployment.journal.head().incidents:
        if incident.is_open and incident.pages:
            at = int(time.time())
            deployment.responses.respond(
                Acknowledgement(incident.id, ONCALL, at, "looking into it")
            )
            console.print(f"[dim]$ paywatch ack {incident.id} --by {ONCALL}[/]", highlight=False)


def _phase(act: Act, elapsed: float) -> str:
    if elapsed < CALM_SECONDS:
        return f"all is well; in {CALM_SECONDS - elapsed:.0f} s {act.what}"
    if elapsed < CALM_SECONDS + act.seconds:
        return f"{act.what}" + ("" if act.pages else ": nobody is to be woken for that")
    return "it is over; waiting until the last word is said"


def _summary(
    console: Console, seen: Seen, report: Report, act: Act, deployment: Deployment, seconds: float
) -> int:
    """Print what was measured; 0 when all of it is as it should be."""
    from ops.incident_view import incident_table, timeline

    faults = []
    if seen.counted != report.payments:
        faults.append(f"sent {report.payments:,} payments, counted {seen.counted:,}")
    if report.ended == "error":
        faults.append(f"the producer stopped: {report.error}")
    if act.pages and seen.delay is None:
        faults.append("no page came")
    elif act.pages and not seen.told_over:
        faults.append("the recovery was not told")
    if not act.pages and seen.pages:
        faults.append(f"{len(seen.pages)} pages came, and nobody was to be woken")
    if not act.pages and not seen.recorded_over:
        faults.append("the wave is not on record")
    table = Table.grid(padding=(0, 2))
    table.add_row("payments sent", f"{report.payments:,}")
    table.add_row("payments counted", f"{seen.counted:,} ({seen.head.late:,} of them late)")
    if act.pages:
        delay = f"{seen.delay:.1f} s" if seen.delay is not None else "no page came"
        table.add_row("first bad payment to page", delay)
    table.add_row("alarms that went red", f"{len(seen.ever_red)}")
    table.add_row("pages, the OK included", f"{len(seen.pages)}")
    table.add_row("the demo took", f"{seconds:.0f} s")
    now = int(time.time())
    kept = deployment.records.since(now - 3600, now)
    console.rule("[bold]paywatch incidents")
    console.print(incident_table(kept, now), highlight=False)
    for record in kept[-1:]:
        console.rule(f"[bold]paywatch incidents {record.id}")
        console.print(timeline(record, now), highlight=False)
    console.rule("[bold]summary")
    console.print(table)
    for fault in faults:
        console.print(f"[bold red]wrong:[/] {fault}")
    console.print(
        "\nNext: [bold]docs/architecture.md[/] follows one payment through the code,\n"
        "[bold]docs/operations.md[/] explains every alarm, [bold]make demo DEMO=--stay[/] keeps "
        "it running,\n[bold]make demo DEMO='--break gateway'[/] and [bold]'--break funds'[/] break "
        "other things,\n[bold]README.md[/] says how to deploy to AWS."
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
        "  .venv/bin/paywatch incidents\n"
        "  .venv/bin/paywatch redrive --dry-run\n",
        soft_wrap=True,
        highlight=False,
    )
    while True:
        for page in oncall.new():
            console.print(page_panel(*page))
        time.sleep(1.0)
