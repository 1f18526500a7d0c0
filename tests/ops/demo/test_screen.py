"""What the demo shows while it runs."""

from __future__ import annotations

import pytest
from rich.console import Console, RenderableType
from syrupy.assertion import SnapshotAssertion

from functions.core.troubles.head import Head
from ops.demo.screen import line, live_panel, page_panel
from ops.demo.seen import Seen
from tests.builders import NOW, incident


def seen(**fields: object) -> Seen:
    whole = Seen(
        sent=12_400,
        head=Head(payments=12_300, late=12, score=98.7, learning=False, incidents=(incident(),)),
        red={"paywatch-dev-FailureRate-critical", "paywatch-dev-AnomalyScore-warning"},
        phase="it is over",
    )
    whole.rates.extend((0.1, 1.4, 5.25))
    for name, value in fields.items():
        setattr(whole, name, value)
    return whole


def shown(what: RenderableType, *, coloured: bool = False) -> str:
    console = Console(
        width=80, color_system="standard" if coloured else None, force_terminal=coloured
    )
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_the_panel_in_trouble(snapshot: SnapshotAssertion) -> None:
    assert shown(live_panel(seen())) == snapshot


def test_the_panel_at_the_start(snapshot: SnapshotAssertion) -> None:
    assert shown(live_panel(Seen(phase="all is well"))) == snapshot


def test_a_wave_of_customers_is_shown_as_customer_side() -> None:
    wave = incident(signal="customer", severity="info", causes={"customer": 900})
    assert not wave.pages
    assert "customer-side" in shown(live_panel(seen(head=Head(incidents=(wave,)))))


@pytest.mark.parametrize(
    ("rate", "colour"), [(0.9, "\x1b[32m"), (1.0, "\x1b[33m"), (2.0, "\x1b[31m")]
)
def test_the_failure_rate_is_coloured_as_the_alarms_threshold_it(rate: float, colour: str) -> None:
    lines = shown(live_panel(seen(rates=[rate])), coloured=True).splitlines()
    (told,) = (line for line in lines if "failure rate" in line)
    assert f"{colour}{rate:.2f} %" in told


def test_the_line_for_what_is_no_terminal() -> None:
    assert line(seen(), 31.6) == "  32 s  sent 12,400  counted 12,312  failing 5.25 %  red 2"
    assert line(Seen(), 0.0) == "   0 s  sent 0  counted 0  failing 0.00 %  red 0  learning"


def test_a_page_is_shown_as_an_e_mail(snapshot: SnapshotAssertion) -> None:
    assert shown(page_panel(NOW, "CRITICAL: HDFC", "CRITICAL: 56 % fail\n\nSince: now")) == snapshot


def test_bad_news_are_red_and_good_news_green() -> None:
    assert "\x1b[31m╭" in shown(page_panel(NOW, "s", "CRITICAL: x"), coloured=True)
    assert "\x1b[32m╭" in shown(page_panel(NOW, "s", "OK: x"), coloured=True)
