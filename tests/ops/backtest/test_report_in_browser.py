"""The report of a backtest, opened from disk in Chromium: it draws, zooms and jumps."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from math import sin
from pathlib import Path
from typing import Any

import pytest

from functions.core.counting.slices import slice_values
from ops.backtest.recorder import Recorder
from ops.backtest.report import IncidentLine, PageLine, Report, render

CHROMIUM = os.environ.get("PAYWATCH_CHROMIUM") or shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: install it, or name it in PAYWATCH_CHROMIUM"
)

START = 1_762_128_000
"""3 November 2025, 00:00 UTC."""
HOUR = 3600
SEGMENT = "issuer=HDFC&network=VISA"
ODD = 'merchant=</script><b>Süd %26 "Ost"</b>'

Look = Callable[..., Any]

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--virtual-time-budget=10000",
    "--window-size=1440,1000",
    "--dump-dom",
]


def sample() -> Report:
    """A day with a critical incident on a segment from 10:00 to 11:00 UTC, and three slices."""
    recorder = Recorder()
    for minute in range(24 * 60):
        failing = 600 <= minute < 660
        attempts = 300 + round(100 * sin(minute / 200))
        normal = None if minute < 120 else 0.02
        tolerated = None if minute < 120 else 0.035
        for key in ("", SEGMENT, ODD):
            share, score = (0.3, 90.0) if failing and key == SEGMENT else (0.02, 5.0)
            shown = round(attempts * share)
            recorder.record(
                START + 60 * minute, 60, key, "failed", attempts, shown, normal, tolerated, score
            )
    incident = IncidentLine(
        id="PW-1103-1000-4f2",
        opened_at="2025-11-03T10:00:00Z",
        detected_at="2025-11-03T10:00:07Z",
        closed_at="2025-11-03T11:00:00Z",
        severity="critical",
        score=90.0,
        signal="failed",
        slice=dict(slice_values(SEGMENT)),
        cause="issuer",
        observed_rate=0.3,
        baseline_rate=0.02,
        attempts=300,
    )
    return Report(
        title='a "day" & <more>.csv',
        start=START,
        end=START + 24 * HOUR,
        payments=1_296_000,
        wall_seconds=12.5,
        settings=[("window", "60 s")],
        warnings=["the normal failure rate lies above the warning threshold"],
        incidents=[incident],
        pages=[
            PageLine("2025-11-03T10:00:07Z", "AnomalyScore-critical", "ALARM"),
            PageLine("2025-11-03T11:00:20Z", "AnomalyScore-critical", "OK"),
        ],
        series=recorder.series(),
    )


PROBE = Path(__file__).with_name("report_probe.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page() -> str:
    return render(sample())


@pytest.fixture
def look(page: str, tmp_path: Path) -> Look:
    """Open the page, at an address, and return what a script sees in it; no fault may occur."""

    def opened(script: str, address: str = "", *arguments: str, content: str = page) -> Any:
        assert CHROMIUM is not None
        before, _, after = content.rpartition("</body>")
        call = f"<script>probe(async () => {{ {script} }})</script>"
        probed = f"{before}{call}</body>{after}".replace(
            "<head>", f"<head><script>{PROBE}</script>", 1
        )
        file = tmp_path / "report.html"
        file.write_text(probed, encoding="utf-8")
        run = subprocess.run(
            [
                CHROMIUM,
                *QUIET,
                f"--user-data-dir={tmp_path / 'profile'}",
                *arguments,
                file.as_uri() + address,
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        facts = re.search(r'<pre id="facts">(.*?)</pre>', run.stdout, re.DOTALL)
        assert facts is not None, run.stderr
        seen = json.loads(html.unescape(facts[1]))
        assert seen["faults"] == []
        return seen["found"]

    return opened


def test_three_charts_are_drawn_of_all_traffic(look: Look) -> None:
    seen = look(
        """return {
          title: texts("#charts-title"), captions: texts(".caption h3"), ink: charts.map(ink),
          points: charts.map(chart => chart.data[0].length), scales: scales(),
          labels: all("#plots canvas").map(canvas => canvas.getAttribute("aria-label")),
        };"""
    )
    assert seen["title"] == ["All traffic"]
    assert seen["captions"] == ["Failure rate", "Score", "Volume"]
    assert min(seen["ink"]) > 10
    assert seen["points"] == [1440] * 3
    assert seen["scales"] == [[START, START + 24 * HOUR]] * 3
    assert "highest 5 at 3 Nov 2025, 00:00 – 00:01 UTC" in seen["labels"][1]


def test_the_lists_say_what_was_found(look: Look) -> None:
    seen = look(
        """return {
          head: texts("h1, .eyebrow"), incidents: texts("#incidents li"),
          pages: texts("#pages tbody td"), slices: texts("#slices .name"),
          warnings: texts("#warnings li"), settings: texts("#settings tbody tr"),
          severe: texts("#slices .peak.critical"),
        };"""
    )
    assert seen["head"][0] == 'Backtest of a "day" & <more>.csv'
    assert seen["head"][1] == "Paywatch would have paged once in 1 day"
    (incident,) = seen["incidents"]
    assert incident.startswith("▲ critical3 Nov 2025, 10:00:00 UTCissuer HDFC × network VISA")
    assert "Failure rate 30 %, normally 2.0 %; 300 attempts" in incident
    assert "1 h · cause issuer · score 90" in incident
    assert seen["pages"][:3] == ["3 Nov 2025, 10:00:07", "AnomalyScore-critical", "ALARM"]
    assert len(seen["pages"]) == 6
    assert seen["slices"] == [
        "all traffic",
        "issuer HDFC × network VISA",
        'merchant </script><b>Süd & "Ost"</b>',
    ]
    assert seen["severe"] == ["▲ 90"]
    assert seen["warnings"] == ["NoteThe normal failure rate lies above the warning threshold"]
    assert seen["settings"] == ["window60 s"]


def test_an_incident_is_shaded_in_its_slice_and_only_there(look: Look) -> None:
    seen = look(
        f"""const inside = {START + 10.4 * HOUR}, outside = {START + 14.4 * HOUR};
        const shade = () => charts.map(chart => [inside, outside].map(at => opacity(chart, at, 3)));
        const own = shade();
        show(series.find(one => one.words.startsWith("merchant")), data.start, data.end);
        await drawn();
        return {{own, other: shade()}};""",
        "#slice=issuer%3DHDFC%26network%3DVISA",
    )
    assert [outside for _, outside in seen["own"]] == [0] * 3
    assert all(inside > 0 for inside, _ in seen["own"])
    assert seen["other"] == [[0, 0]] * 3


def test_the_address_chooses_slice_and_time(look: Look) -> None:
    seen = look(
        """return {
          title: texts("#charts-title"), scales: scales(), told: texts("#range"), ink: charts.map(ink),
          chosen: texts("#slices [aria-current=true] .name"),
        };""",
        "#slice=issuer%3DHDFC%26network%3DVISA&from=2025-11-03T09:30:00Z&until=2025-11-03T11:30:00Z",
    )
    assert seen["title"] == seen["chosen"] == ["issuer HDFC × network VISA"]
    assert seen["scales"] == [[START + round(9.5 * HOUR), START + round(11.5 * HOUR)]] * 3
    assert seen["told"] == ["3 Nov 2025, 09:30:00 – 11:30:00 UTC (2 h)"]
    assert min(seen["ink"]) > 10


@pytest.mark.parametrize("gesture", ["mouse('mouse", "finger('pointer"])
def test_a_drag_zooms_all_charts_and_a_double_click_shows_the_whole_time(
    look: Look, gesture: str
) -> None:
    seen = look(
        f"""for (const [kind, at] of [["down", .25], ["move", .4], ["move", .5], ["up", .5]])
          {gesture}' + kind, charts[1], at);
        await drawn();
        const zoomed = scales(), address = location.hash;
        mouse("dblclick", charts[2], .5);
        await drawn();
        return {{zoomed, address, whole: scales()}};"""
    )
    first, *others = seen["zoomed"]
    assert others == [first, first]
    assert first == pytest.approx([START + 6 * HOUR, START + 12 * HOUR], abs=120)
    assert "from=2025-11-03T0" in seen["address"]
    assert seen["whole"] == [[START, START + 24 * HOUR]] * 3


def test_an_incident_and_a_page_jump_to_their_time(look: Look) -> None:
    seen = look(
        """const jump = async selector => {
          document.querySelector(selector).click();
          await drawn();
          return {title: texts("#charts-title")[0], range: range()};
        };
        return [await jump("#incidents button"), await jump("#pages button")];"""
    )
    assert {jump["title"] for jump in seen} == {"issuer HDFC × network VISA"}
    for jump in seen:
        assert START + 8 * HOUR <= jump["range"][0] < START + 10 * HOUR
        assert jump["range"][1] < START + 13 * HOUR


def test_what_the_mouse_points_at_is_read_out(look: Look) -> None:
    seen = look(
        f"""show(series[1], {START + 9 * HOUR}, {START + 12 * HOUR});
        await drawn();
        mouse("mousemove", charts[0], .5);
        await drawn();
        return {{reading: texts("#reading"), keys: texts(".key b")}};"""
    )
    assert seen["reading"] == ["3 Nov 2025, 10:29 – 10:30 UTC · ▲ critical PW-1103-1000-4f2"]
    assert [key.strip() for key in seen["keys"][:4]] == ["30 %", "2.0 %", "3.5 %", "90"]


def test_slices_are_searched_and_charts_moved_by_the_keyboard(look: Look) -> None:
    seen = look(
        """const search = document.getElementById("search");
        search.value = "visa HDFC";
        search.dispatchEvent(new Event("input"));
        const found = texts("#slices .name");
        const ranges = ["+", "ArrowLeft", "-", "0"].map(key => {
          byId("plots").dispatchEvent(new KeyboardEvent("keydown", {key}));
          return range();
        });
        return {found, ranges};"""
    )
    assert seen["found"] == ["issuer HDFC × network VISA"]
    hours = [[(second - START) / HOUR for second in ends] for ends in seen["ranges"]]
    assert hours == [[6, 18], [3, 15], [0, 24], [0, 24]]


def test_the_page_is_dark_where_the_reader_likes_it_dark(look: Look) -> None:
    script = """return {
      ground: getComputedStyle(document.body).backgroundColor, ink: charts.map(ink),
    };"""
    light = look(script, "", "--blink-settings=preferredColorScheme=1")
    dark = look(script, "", "--blink-settings=preferredColorScheme=0")
    assert (light["ground"], dark["ground"]) == ("rgb(245, 246, 247)", "rgb(15, 19, 24)")
    assert min(light["ink"] + dark["ink"]) > 10


def test_a_phone_need_not_scroll_sideways(look: Look, page: str) -> None:
    seen = look(
        """const wide = all("body *").filter(one => one.getBoundingClientRect().right > 390.5);
        return {wide: wide.map(one => one.outerHTML.slice(0, 90)), ink: charts.map(ink)};""",
        "",
        "--window-size=500,900",
        content=page.replace("<head>", "<head><style>html { width: 390px }</style>"),
    )
    assert seen["wide"] == []
    assert min(seen["ink"]) > 10


def test_a_report_without_payments_says_so(look: Look) -> None:
    empty = Report(title="empty.csv", start=START, end=START + HOUR, payments=0, wall_seconds=0.1)
    seen = look('return texts(".empty");', content=render(empty))
    assert seen == ["The file had no payments to draw."]
