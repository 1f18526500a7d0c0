"""`paywatch backtest`: whom Paywatch would have paged, told from a file of past payments."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from functions.core.causes.knowledge import load
from functions.core.counting.signals import FLOW, SIGNALS
from functions.core.counting.slices import DEFAULT_SLICING, Slicing, parse_slicing, slice_key, words
from functions.core.detection.budget import Budget
from functions.core.detection.state import Rules
from functions.core.errors import Malformed, PaywatchError, SettingsError
from functions.core.payments.event import parse_timestamp
from functions.core.troubles.incident import WORSE
from functions.settings.environment import positive, whole
from functions.settings.thresholds import thresholds
from ops.backtest.alarm_rules import AlarmRule, default_rules, rules
from ops.backtest.incident_lines import iso
from ops.backtest.recorder import Recorder
from ops.backtest.report import IncidentLine, PartLine, Report, headline, render
from ops.backtest.resolution import clock, duration, unit, when
from ops.backtest.sweep import proposal, sweep_table, trials
from ops.backtest.trial import Trial, summary, warnings, with_thresholds
from ops.bad_rows import BadRows
from ops.printing import say, say_json
from ops.reading import Reading, Span, reading
from producer.format import Format
from producer.opening import STDIN
from producer.second import Second
from producer.tallies import tallies

_SHOWN_INCIDENTS: Final = 40


def backtest(
    file: Annotated[
        Path,
        typer.Argument(
            help="Past payments: CSV, JSON or JSON Lines, also packed by gzip or zstd; - reads"
            " standard input."
        ),
    ],
    format_file: Annotated[
        Path | None,
        typer.Option(
            "--format", help="TOML that says what the columns mean; without it that is guessed."
        ),
    ] = None,
    write_format: Annotated[
        Path | None,
        typer.Option("--write-format", help="Write down how the file was read, as such a TOML."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON Lines: incidents, pages, a summary.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a page to look at, such as out.html.")
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Try other settings too, and propose some.")
    ] = False,
    thresholds_: Annotated[
        str, typer.Option("--thresholds", help="Such as failed=0.01/0.02,denied=0.1/0.15.")
    ] = "",
    false_alarms_per_week: Annotated[
        str, typer.Option(help="The false-alarm budget, shared over all slices.")
    ] = "1",
    now: Annotated[
        str,
        typer.Option(
            help="What lies more than a day after this time is no payment.  [default: now]"
        ),
    ] = "",
    learning_seconds: Annotated[
        str, typer.Option(help="How long all traffic is only learned.")
    ] = "300",
    slices: Annotated[
        str, typer.Option(help="Dimensions to watch, such as issuer,issuer*network.")
    ] = "",
    template: Annotated[
        Path | None,
        typer.Option(
            help="A synthesised template to read the alarms from, not the default one; its"
            " thresholds hold unless --thresholds are given."
        ),
    ] = None,
) -> None:
    """Tell whom Paywatch would have paged, and when, from a file of past payments.

    The same code as in Lambda runs on a virtual clock, with CloudWatch's alarms as the template
    has them. Nothing is deployed, and nothing leaves this machine.
    """
    faults: list[str] = []
    judged = _rules(thresholds_, false_alarms_per_week, learning_seconds, faults)
    slicing = _slicing(slices, faults)
    form = _format(format_file, faults)
    now_ms = _now_ms(now, faults)
    alarm_rules = _alarm_rules(template, faults)
    if file != STDIN and not file.is_file():
        faults.append(f"there is no file {file}")
    if report is not None and not report.parent.is_dir():
        faults.append(f"cannot write {report}: there is no folder {report.parent}")
    if faults:
        raise SettingsError(faults)
    if template is None or thresholds_:
        alarm_rules = with_thresholds(alarm_rules, judged.budget.thresholds)
    with reading(file, form, now_ms=now_ms, write=write_format) as found:
        for line in found.said:
            typer.echo(line, err=True)
        _backtest(
            found, file, judged, alarm_rules, slicing, report=report, sweep=sweep, as_json=as_json
        )


def _backtest(
    found: Reading,
    file: Path,
    judged: Rules,
    alarm_rules: list[AlarmRule],
    slicing: Slicing,
    *,
    report: Path | None,
    sweep: bool,
    as_json: bool,
) -> None:
    spread_s = found.form.spread_s if found.form is not None else 0
    first = Trial(judged, alarm_rules, Recorder() if report is not None else None, spread_s)
    tried = [first, *(trials(judged, alarm_rules, spread_s) if sweep else ())]
    bad = BadRows(found.word)
    span = Span(found)
    began = time.perf_counter()
    # Millions of small objects and no cycles among them: collecting less often saves a tenth.
    gc.set_threshold(100_000, 50, 100)
    seconds = tallies(found.path, found.form, knowledge=load(), slicing=slicing, on_bad=bad)
    with _progress(found.path) as show:
        for number, second in enumerate(filter(span.take, seconds)):
            for trial in tried:
                trial.second(second)
            if number % 256 == 0:
                show(second, first.rows)
    wall = time.perf_counter() - began
    if fault := span.fault():
        bad.tell()
        raise PaywatchError(f"{file}: {fault}")
    if not first.rows:
        bad.tell()
        raise PaywatchError(f"{file} has no payments: {bad.count} bad rows")
    for trial in tried:
        trial.end()
    bad.tell(notes=False)
    if report is not None:
        _write(report, render(_report(first, file.name, wall)))
    notes = [*span.notes(bad.count), *bad.notes()]
    _print(first, tried[1:], bad.count, wall, notes, as_json=as_json)


def _rules(limits: str, per_week: str, learning: str, faults: list[str]) -> Rules:
    def read(option: str, value: str, reader: Callable[[str], Any], default: Any) -> Any:
        try:
            return reader(value)
        except ValueError as error:
            faults.append(f"{option} {value!r}: {error}")
            return default

    usual = Budget()
    return Rules(
        budget=Budget(
            thresholds=read("--thresholds", limits, thresholds, usual.thresholds),
            per_week=read("--false-alarms-per-week", per_week, positive, usual.per_week),
            learning_seconds=read(
                "--learning-seconds", learning, whole(0, 86_400), usual.learning_seconds
            ),
        )
    )


def _now_ms(text: str, faults: list[str]) -> int:
    try:
        return parse_timestamp(text) if text else time.time_ns() // 1_000_000
    except Malformed as error:
        faults.append(f"--now: {error.detail}")
        return 0


def _slicing(text: str, faults: list[str]) -> Slicing:
    try:
        return parse_slicing(text) if text else DEFAULT_SLICING
    except ValueError as error:
        faults.append(f"--slices: {error}")
        return DEFAULT_SLICING


def _format(format_file: Path | None, faults: list[str]) -> Format | None:
    if format_file is None:
        return None
    try:
        return Format.load(format_file)
    except SettingsError as error:
        faults += error.faults
    except PaywatchError as error:
        faults.append(str(error))
    return None


def _alarm_rules(template: Path | None, faults: list[str]) -> list[AlarmRule]:
    if template is None:
        return default_rules()
    try:
        read = msgspec.json.decode(template.read_bytes(), type=dict[str, Any])
        if found := rules({"Resources": {}, **read}):
            return found
        faults.append(f"{template} has no alarms: is it a template?")
    except OSError as error:
        faults.append(f"cannot read {template}: {error.strerror}")
    except msgspec.DecodeError as error:
        faults.append(f"{template} is no template: {error}")
    except PaywatchError as error:
        faults.append(str(error))
    return []


@contextlib.contextmanager
def _progress(file: Path) -> Iterator[Callable[[Second, int], None]]:
    if not sys.stderr.isatty():
        yield lambda _second, _rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=_estimated_rows(file))

        def show(second: Second, rows: int) -> None:
            bar.update(task, completed=rows, description=iso(second.second))

        yield show


def _estimated_rows(file: Path) -> float:
    """From the length of the first rows."""
    with file.open("rb") as opened:
        begin = opened.read(1 << 20)
    return file.stat().st_size * begin.count(b"\n") / max(1, len(begin))


def _report(trial: Trial, title: str, wall: float) -> Report:
    budget = trial.rules.budget
    return Report(
        title=title,
        start=trial.start,
        end=trial.clock,
        payments=trial.payments,
        wall_seconds=wall,
        resolution=trial.resolution,
        settings=(
            *(
                (f"{name} threshold", f"{100 * t.warning:g} % / {100 * t.critical:g} %")
                for name, t in budget.thresholds.items()
            ),
            ("false alarms a week", f"{budget.per_week:g}"),
            ("learning", f"{budget.learning_seconds} s"),
        ),
        warnings=warnings(trial),
        incidents=trial.incidents,
        pages=trial.pages,
        series=trial.recorder.series() if trial.recorder is not None else (),
    )


def _write(report: Path, page: str) -> None:
    try:
        report.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PaywatchError(f"cannot write {report}: {error.strerror}") from error


def _print(
    trial: Trial,
    others: list[Trial],
    bad_rows: int,
    wall: float,
    notes: list[str],
    *,
    as_json: bool,
) -> None:
    told = summary(trial, bad_rows, wall)
    told["warnings"] = [*notes, *told["warnings"]]
    if others:
        told["sweep"] = sweep_table(trial, others)
        told["proposal"] = proposal(trial, others)
    if as_json:
        for line in (*trial.incidents, *trial.waves, *trial.pages):
            say_json(msgspec.json.encode(line).decode())
        say_json(msgspec.json.encode(told).decode())
        return
    say(_words(trial, told))


def _words(trial: Trial, told: dict[str, Any]) -> str:
    lines = [
        f"{headline(_report(trial, '', told['wall_seconds']))}: {told['from']} to {told['until']}",
        "",
    ]
    lines += [_incident_words(line) for line in trial.incidents[:_SHOWN_INCIDENTS]]
    if len(trial.incidents) > _SHOWN_INCIDENTS:
        lines.append(f"… and {len(trial.incidents) - _SHOWN_INCIDENTS} more (--json lists all)")
    if trial.waves:
        lines += ["", f"on the customers' side, paging nobody: {len(trial.waves)}"]
        lines += [_incident_words(line) for line in trial.waves[:_SHOWN_INCIDENTS]]
    others = [page for page in trial.pages if page.alarm != "incident" and page.state != "OK"]
    lines += [f"{page.at}  alarm {page.alarm}" for page in others[:_SHOWN_INCIDENTS]]
    if trial.resolution > 1:
        lines += ["", f"times are known to the {unit(trial.resolution)}: the history says no more"]
    if told["warnings"]:
        lines += ["", *(f"note: {warning}" for warning in told["warnings"])]
    if "sweep" in told:
        lines += ["", *_sweep_words(told)]
    lines += [
        "",
        f"{told['payments']:,} payments in {told['rows']:,} rows, {told['bad_rows']:,} bad rows,"
        f" {told['late']:,} too late{_beside_words(told)}; {told['slices']:,} slices;"
        f" {told['wall_seconds']:.1f} s, {told['rows_per_second']:,} rows a second",
    ]
    return "\n".join(lines)


def _beside_words(told: dict[str, Any]) -> str:
    """What came beside first tries of payments, as far as there is any."""
    beside = {
        "retries": "retries",
        "repeats": "repeats or later states",
        "further_words": "further words, such as refunds",
        "test_payments": "of a test system",
    }
    return "".join(f", {told[name]:,} {words}" for name, words in beside.items() if told[name])


def _incident_words(line: IncidentLine) -> str:
    resolution = line.resolution_seconds
    until = clock(line.closed_at, max(60, resolution)) if line.closed_at else "still open"
    where = words(slice_key(line.slice))
    also = "".join(f", also {words(slice_key(other))}" for other in line.also)
    told = [f"with {_shown_words(part)}" for part in line.parts]
    told += ["looks like card testing"] if line.pattern else []
    told += [f"comes and goes, {line.times} times"] if line.times > 1 else []
    told += [f"{worse} worse"] if (worse := _times(line, WORSE)) else []
    return (
        f"{when(line.detected_at, resolution)}  {line.severity:<8} {line.score:5.1f}  {where}{also}:"
        f" {_shown_words(line)}, {line.cause}, since {clock(line.opened_at, resolution)}, until {until}"
        f"{'; ' if told else ''}{', '.join(told)}"
    )


def _shown_words(shown: IncidentLine | PartLine) -> str:
    """`failed 55 % (normally 0.08 %)`."""
    of = f" {SIGNALS[shown.signal].says}" if SIGNALS[shown.signal].kind == FLOW else ""
    normally = _percent(shown.baseline_rate or 0.0)
    return f"{shown.signal} {_percent(shown.observed_rate)}{of} (normally {normally})"


def _percent(share: float) -> str:
    """Two digits at least; never 1e+02 %."""
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 99.5 else f"{percent:.2g} %"


def _times(line: IncidentLine, transition: str) -> str:
    """`once`, `3 times`; empty where that never was."""
    number = sum(told.transition == transition for told in line.transitions)
    return {0: "", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _sweep_words(told: dict[str, Any]) -> list[str]:
    lines = ["thresholds   false alarms/week   incidents   pages   a week   median delay"]
    lines += [
        f"{row['thresholds']:<12} {row['false_alarms_per_week']:>17g} {row['incidents']:>11}"
        f" {row['pages']:>7} {row['pages_per_week']:>8.1f}"
        f" {duration(row['median_delay_seconds'], told['resolution_seconds']):>14}"
        for row in told["sweep"]
    ]
    found = told["proposal"]
    return [*lines, f"proposed: {found['settings']}", f"because {found['because']}"]
