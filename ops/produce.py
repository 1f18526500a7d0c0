"""`paywatch produce` and `paywatch replay`: payments from a simulation or from a file."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Literal

import typer

from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import parse_timestamp
from ops.bad_rows import BadRows
from ops.options import RegionOption
from ops.reading import reading
from producer.format import Format
from producer.history import read
from producer.history import replay as replayed
from producer.kinesis import MAX_BYTES_PER_RECORD, kinesis_sink
from producer.pacing import Clock, ScheduleClock, SystemClock, Timed
from producer.run import Progress, Report, run, silent
from producer.scenario import SCENARIOS, scenario_from
from producer.sinks import RECORD_BYTES, LinesSink, Sink
from producer.traffic import traffic

SinkName = Literal["kinesis", "file", "stdout"]
PackingName = Literal["json", "ndjson", "gzip", "zstd", "kpl"]

SinkOption = Annotated[SinkName, typer.Option("--sink", help="Where the events go.")]
OutOption = Annotated[Path | None, typer.Option(help="File of --sink file, as NDJSON.")]
StreamOption = Annotated[
    str | None, typer.Option(help="Name of the stream.  [default: paywatch-ENVIRONMENT-events]")
]
EnvironmentOption = Annotated[str, typer.Option(help="Which deployment's stream.")]
PackingOption = Annotated[PackingName, typer.Option(help="How events share a record.")]
RecordBytesOption = Annotated[
    int,
    typer.Option(min=1, max=MAX_BYTES_PER_RECORD, help="Bytes of events in one record, at most."),
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint-url", help="Another Kinesis, such as the emulator's.")
]
NoWaitOption = Annotated[
    bool, typer.Option("--no-wait", help="Write all at once; for --sink file and stdout.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")]
Share = Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Share of the events.")]


def produce(
    scenario: Annotated[str, typer.Option(help=f"One of {', '.join(SCENARIOS)}.")] = "steady",
    rate: Annotated[float | None, typer.Option(help="Payments a second.")] = None,
    duration: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    outage: Annotated[
        list[str] | None,
        typer.Option(
            help="A failing slice, such as"
            " issuer=HDFC,network=VISA,severity=0.5,start=60,duration=120,ramp=10, or a wave of"
            " customers without funds: severity=0.2,cause=customer; may be repeated."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same payments.")] = 1,
    late: Share = None,
    duplicate: Share = None,
    malformed: Share = None,
    partial: Share = None,
    sink: SinkOption = "kinesis",
    out: OutOption = None,
    stream: StreamOption = None,
    environment: EnvironmentOption = "dev",
    packing: PackingOption = "ndjson",
    record_bytes: RecordBytesOption = RECORD_BYTES,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Simulate payments, with outages, and send them."""
    flaws = {"late": late, "duplicate": duplicate, "malformed": malformed, "partial": partial}
    simulated = scenario_from(scenario, rate, duration, outage or [], flaws)
    target = Target(
        sink, out, stream, environment, packing, record_bytes, endpoint_url, region, no_wait
    )
    target.check()
    with target.open(seed) as (opened, clock):
        start_ms = time.time_ns() // 1_000_000
        events = traffic(simulated, seed=seed, start_ms=start_ms)
        report = _watched_run(events, opened, clock, simulated.duration_s)
    _tell(report, as_json=as_json, to_stderr=sink == "stdout")


def replay(
    file: Annotated[
        Path, typer.Argument(help="CSV, JSON or JSON Lines, also packed; - is standard input.")
    ],
    format_file: Annotated[
        Path | None,
        typer.Option(
            "--format", help="TOML that says what the columns mean; without it that is guessed."
        ),
    ] = None,
    speed: Annotated[float, typer.Option(help="So many times as fast as it was.")] = 1.0,
    from_time: Annotated[
        str | None, typer.Option("--from", help="Only from this time of the file on.")
    ] = None,
    until_time: Annotated[
        str | None, typer.Option("--until", help="Only before this time of the file.")
    ] = None,
    sink: SinkOption = "kinesis",
    out: OutOption = None,
    stream: StreamOption = None,
    environment: EnvironmentOption = "dev",
    packing: PackingOption = "ndjson",
    record_bytes: RecordBytesOption = RECORD_BYTES,
    endpoint_url: EndpointOption = None,
    region: RegionOption = None,
    no_wait: NoWaitOption = False,
    as_json: JsonOption = False,
) -> None:
    """Send the payments of a file as if they happened now: the first row is now, and the time
    between rows is divided by --speed."""
    if not 0.0 < speed < float("inf"):
        raise SettingsError([f"--speed is {speed:g}, want a number above 0"])
    from_ms, until_ms = _span(from_time, until_time)
    target = Target(
        sink, out, stream, environment, packing, record_bytes, endpoint_url, region, no_wait
    )
    target.check()
    form = Format.load(format_file) if format_file is not None else None
    with reading(file, form, now_ms=time.time_ns() // 1_000_000) as found:
        for line in found.said:
            typer.echo(line, err=True)
        bad = BadRows(found.word)
        payments = read(found.path, found.form, on_bad=bad, from_ms=from_ms, until_ms=until_ms)
        # The first payment is read, and the file sorted where it must be, before the clock starts.
        first = next(payments, None)
        if first is None:
            bad.tell()
            raise PaywatchError(f"{file} has no payments to send: {bad.count} bad rows")
        with target.open(seed=1) as (opened, clock):
            start_ms = time.time_ns() // 1_000_000
            events = replayed(chain([first], payments), speed=speed, start_ms=start_ms)
            report = _watched_run(events, opened, clock, None)
    bad.tell()
    _tell(report, as_json=as_json, to_stderr=sink == "stdout")


@dataclasses.dataclass(frozen=True)
class Target:
    """Where the events go, as the options say it."""

    sink: SinkName
    out: Path | None
    stream: str | None
    environment: str
    packing: PackingName
    record_bytes: int
    endpoint_url: str | None
    region: str | None
    no_wait: bool

    def check(self) -> None:
        """Raises SettingsError that lists every option that does not fit the others."""
        faults = []
        if self.sink == "file" and self.out is None:
            faults.append("--sink file needs --out FILE")
        if self.sink != "file" and self.out is not None:
            faults.append(f"--out is for --sink file, not {self.sink}")
        if self.sink == "kinesis" and self.no_wait:
            faults.append("--no-wait would send payments of the future: not for --sink kinesis")
        if self.sink != "kinesis" and self.packing != "ndjson":
            faults.append(f"--packing {self.packing} is for --sink kinesis; {self.sink} is ndjson")
        if faults:
            raise SettingsError(faults)

    @contextlib.contextmanager
    def open(self, seed: int) -> Iterator[tuple[Sink, Clock]]:
        """The sink, and the clock to send by. Raises PaywatchError when it cannot be opened."""
        clock: Clock = ScheduleClock() if self.no_wait else SystemClock()
        if self.sink == "stdout":
            yield LinesSink(sys.stdout.buffer), clock
        elif self.out is not None:
            try:
                file = self.out.open("wb")
            except OSError as error:
                raise PaywatchError(f"cannot write {self.out}: {error.strerror}") from error
            with file:
                yield LinesSink(file), clock
        else:
            yield (
                kinesis_sink(
                    self.stream or f"paywatch-{self.environment}-events",
                    clock=clock,
                    rng=random.Random(seed),
                    packing=self.packing,
                    record_bytes=self.record_bytes,
                    endpoint_url=self.endpoint_url,
                    region=self.region,
                ),
                clock,
            )


def _span(from_time: str | None, until_time: str | None) -> tuple[int | None, int | None]:
    faults: list[str] = []
    found: list[int | None] = []
    for option, text in (("--from", from_time), ("--until", until_time)):
        try:
            found.append(None if text is None else parse_timestamp(text))
        except Malformed as error:
            found.append(None)
            faults.append(f"{option}: {error.detail}")
    from_ms, until_ms = found
    if from_ms is not None and until_ms is not None and from_ms >= until_ms:
        faults.append("--from must lie before --until")
    if faults:
        raise SettingsError(faults)
    return from_ms, until_ms


def _watched_run(
    events: Iterable[Timed], sink: Sink, clock: Clock, duration_s: float | None
) -> Report:
    """Run until the end or Ctrl-C, showing progress where stderr is a terminal."""
    with _interruptible() as stop, _progress(duration_s) as show:
        return run(events, sink, clock, stop=stop, on_second=show)


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed. The second time it interrupts at once, as it always does."""
    pressed = False
    before = signal.getsignal(signal.SIGINT)

    def press(*_: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _progress(duration_s: float | None) -> Iterator[Callable[[Progress], None]]:
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=duration_s)

        def show(progress: Progress) -> None:
            words = f"{progress.sent:,} sent"
            if progress.retried or progress.failed:
                words += f", {progress.retried:,} retried, {progress.failed:,} failed"
            if progress.behind_s >= 1.0:
                words += f", {progress.behind_s:.0f} s behind"
            bar.update(task, completed=progress.at_s, description=words)

        yield show


def _tell(report: Report, *, as_json: bool, to_stderr: bool) -> None:
    """Print the report; raises PaywatchError when the run ended by an error."""
    if as_json or report.error is None or report.sent:
        typer.echo(report.json() if as_json else report.words(), err=to_stderr)
    if report.error is not None:
        raise PaywatchError(report.error)
