"""`paywatch demo`: the whole path on this machine, from cdk deploy to the page and the recovery.

The CDK and boto3 are imported inside of functions: `paywatch demo --help` needs neither.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from ops.demo.acts import ACTS, Act, Breakage
from ops.demo.oncall import Oncall
from ops.demo.screen import page_panel
from ops.demo.seen import Seen
from ops.demo.sending import SEED, Sending
from ops.demo.summary import faults, measured, show_incidents, show_summary
from ops.demo.watching import Stage, watch
from ops.deployment import deployment_of
from producer.kinesis import KinesisSink
from producer.pacing import SystemClock
from producer.run import Report

if TYPE_CHECKING:
    from infra.local import Emulator

RATE: Final = 400.0
_BREAKS: Final = (
    "A route (an issuer on one gateway), a segment on all gateways, a gateway, or nothing but the"
    " customers' funds."
)


def demo(
    breakage: Annotated[
        Breakage,
        typer.Option("--break", help=_BREAKS),
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
            oncall = Oncall(emulator.client, outputs["OncallTopicArn"])
            deployment = deployment_of(emulator.client, outputs)
            stage = Stage(console, deployment, emulator.client("cloudwatch"), oncall)
            seen, report = _performed(emulator, outputs["EventsStream"], stage, act, rate)
            code = told(stage, act, seen, report, time.monotonic() - began)
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


def _performed(
    emulator: Emulator, stream: str, stage: Stage, act: Act, rate: float
) -> tuple[Seen, Report]:
    """Send the traffic and watch until everything is told, or the time is over."""
    seen, clock = Seen(), SystemClock()
    sink = KinesisSink(emulator.client("kinesis"), stream, clock=clock, rng=random.Random(SEED))
    with Sending(act, rate, time.time(), sink, clock, seen) as sending:
        watch(stage, act, sending, seen)
    return seen, sending.report()


def told(stage: Stage, act: Act, seen: Seen, report: Report, seconds: float) -> int:
    """Print what was measured; 0 when all of it is as it should be."""
    now, wrong = int(time.time()), faults(seen, report, act)
    show_incidents(stage.console, stage.deployment.records.since(now - 3600, now), now)
    show_summary(stage.console, measured(seen, report, act, seconds), wrong)
    return 1 if wrong else 0


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
