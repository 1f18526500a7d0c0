"""The report of a backtest: the words at its head, its data, and what is escaped in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from functions.core.counting.slices import ALL
from functions.core.errors import PaywatchError
from ops.backtest.recorder import MOST_POINTS, MOST_SLICES, Recorder
from ops.backtest.report import IncidentLine, PageLine, Report, headline, render

START = 1_762_128_000
DAY = 86_400

INCIDENT = IncidentLine(
    id="PW-1103-1000-4f2",
    opened_at="2025-11-03T10:00:00Z",
    detected_at="2025-11-03T10:00:07Z",
    closed_at=None,
    severity="critical",
    score=87.5,
    signal="failed",
    slice={"issuer": "HDFC", "network": "VISA"},
    cause="issuer",
    observed_rate=0.31,
    baseline_rate=0.02,
    attempts=412,
)


def report(**changes: Any) -> Report:
    return msgspec.structs.replace(
        Report(title="a.csv", start=START, end=START + DAY, payments=9, wall_seconds=1.5), **changes
    )


def embedded(page: str) -> Any:
    """The data inside a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def page_of(**changes: Any) -> str:
    return render(report(**changes))


def pages(*states: str) -> list[PageLine]:
    return [PageLine("2025-11-03T10:00:07Z", "AnomalyScore-critical", state) for state in states]


@pytest.mark.parametrize(
    ("states", "seconds", "words"),
    [
        (["ALARM", "OK"] * 3, 30 * DAY, "Paywatch would have paged 3 times in 30 days"),
        (["ALARM", "ALARM"], 2 * DAY, "Paywatch would have paged twice in 2 days"),
        (["ALARM"], DAY, "Paywatch would have paged once in 1 day"),
        ([], 9 * DAY + DAY // 2, "Paywatch would not have paged in 9.5 days"),
        ([], 30 * 3600, "Paywatch would not have paged in 30 hours"),
        ([], 45, "Paywatch would not have paged in 45 seconds"),
        ([], 0, "Paywatch would not have paged in 0 seconds"),
    ],
)
def test_the_headline_says_how_often_it_would_have_paged(
    states: list[str], seconds: int, words: str
) -> None:
    line = report(pages=pages(*states), end=START + seconds)
    assert headline(line) == words
    assert f"<h1>{words}</h1>" in render(line)


def test_the_lines_are_what_the_backtest_prints() -> None:
    line = json.loads(msgspec.json.encode(INCIDENT))
    assert line["type"] == "incident"
    assert msgspec.convert(line, IncidentLine) == INCIDENT
    page = pages("ALARM")[0]
    assert json.loads(msgspec.json.encode(page)) == {
        "type": "page",
        "at": page.at,
        "alarm": page.alarm,
        "state": page.state,
    }


def test_an_incident_is_told_with_its_slice_in_words() -> None:
    (line,) = embedded(page_of(incidents=[INCIDENT]))["incidents"]
    assert line["slice"] == "issuer=HDFC&network=VISA"
    assert line["words"] == "issuer HDFC × network VISA"


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--", 'A & B "quoted"', "Süd-Ost ₹ 東京"]
)
def test_a_name_stays_a_name(name: str) -> None:
    plain = page_of()
    named = msgspec.structs.replace(INCIDENT, slice={"merchant": name})
    page = page_of(incidents=[named], title=name, warnings=[name], settings=[(name, name)])
    data = embedded(page)
    assert data["incidents"][0]["words"] == f"merchant {name}"
    assert (data["title"], data["warnings"], data["settings"]) == (name, [name], [[name, name]])
    assert page.count("<script") == plain.count("<script")
    assert page.count("</script") == plain.count("</script")
    assert page.count("<!--") == plain.count("<!--")


def test_a_name_that_looks_like_a_place_in_the_template_stays_a_name() -> None:
    page = page_of(title="@@data@@", warnings=["@@uplot_js@@"])
    assert "<title>Paywatch backtest: @@data@@</title>" in page
    assert embedded(page)["warnings"] == ["@@uplot_js@@"]


def test_a_file_name_that_is_no_text_is_still_shown() -> None:
    assert embedded(page_of(title="caf\udce9.csv"))["title"] == "caf?.csv"


def test_series_are_packed_as_differences() -> None:
    recorder = Recorder()
    for minute, normal in ((0, None), (1, 0.02), (3, 0.0201)):
        tolerated = None if normal is None else normal + 0.01
        recorder.record(START + 60 * minute, 60, ALL, "failed", 100, 2, normal, tolerated, 12.34)
    (packed,) = embedded(page_of(series=recorder.series()))["series"]
    assert packed["starts"] == [START // 60, 1, 2]
    assert packed["normal"] == [None, 2000, 10]
    assert packed["tolerated"] == [None, 3000, 10]
    assert packed["score"] == [123, 123, 123]


def test_the_largest_report_stays_below_15_megabytes() -> None:
    recorder = Recorder()
    for minute in range(MOST_POINTS):
        wave = minute * 7919 % 1000
        recorder.record(
            START + 60 * minute,
            60,
            ALL,
            "failed",
            5000 + wave,
            100 + wave,
            0.02 + wave / 100_000,
            0.03 + wave / 100_000,
            wave / 10,
        )
    one = len(page_of(series=recorder.series())) - len(page_of())
    assert one * MOST_SLICES + len(page_of()) < 15_000_000


def test_the_page_asks_no_network() -> None:
    page = page_of(incidents=[INCIDENT], pages=pages("ALARM"))
    assert "default-src 'none'" in page
    assert re.findall(r"""(?:src|href|action)=["'](?!#|data:)[^"']*""", page) == []
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket", page) == []


def test_the_page_carries_the_licence_of_what_draws_it() -> None:
    assert "The MIT License (MIT)" in page_of()
    assert "Leon Sorokin" in page_of()


def test_without_the_charting_library_the_setup_is_named(
    tmp_path: Path,
) -> None:
    with pytest.raises(PaywatchError, match="make setup"):
        render(report(), uplot=tmp_path)


def test_the_page_knows_how_finely_times_are_known() -> None:
    assert embedded(page_of())["resolution"] == 1
    assert embedded(page_of(resolution=60))["resolution"] == 60


def test_no_name_in_it_is_markup_or_turns_the_page_around() -> None:
    hostile = "a</script><img src=x>\u202e\x1b[31m\u2028b"
    page = page_of(
        title=hostile, incidents=[msgspec.structs.replace(INCIDENT, slice={"issuer": hostile})]
    )
    assert "<img" not in page
    assert "\u202e" not in page.partition('id="data"')[0]
    [shown] = embedded(page)["incidents"]
    assert shown["words"] == "issuer a</script><img src=x> [31m b"
    assert embedded(page)["title"] == "a</script><img src=x> [31m b"
