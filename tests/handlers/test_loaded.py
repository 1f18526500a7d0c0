"""What a function loads when it starts: its own part of the core and nothing beside, for each start
of a container waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parent.parent.parent
HANDLERS = sorted(
    file.stem
    for file in (ROOT / "functions" / "handlers").glob("*.py")
    if "def handler(" in file.read_text()
)
DETECTION: Final = "functions.core.detection"
GUESSER: Final = "functions.core.causes.guess"


def loaded(handler: str) -> set[str]:
    """The modules of functions that a fresh interpreter has after importing the handler."""
    program = f"import sys, functions.handlers.{handler}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"POWERTOOLS_SERVICE_NAME": handler},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in done.stdout.split() if name.startswith("functions.")}


def within(room: str, modules: set[str]) -> set[str]:
    return {name for name in modules if name == room or name.startswith(f"{room}.")}


def test_tick_loads_next_to_nothing_of_the_core() -> None:
    assert len(within("functions.core", loaded("tick"))) <= 5


@pytest.mark.parametrize("handler", HANDLERS)
def test_detect_alone_loads_the_detector(handler: str) -> None:
    assert bool(within(DETECTION, loaded(handler))) == (handler == "detect")


@pytest.mark.parametrize("handler", HANDLERS)
def test_tally_alone_loads_the_guesser_of_causes(handler: str) -> None:
    assert bool(within(GUESSER, loaded(handler))) == (handler == "tally")


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_function_loads_the_settings_of_no_other(handler: str) -> None:
    settings = within("functions.settings", loaded(handler))
    others = {f"functions.settings.{name}" for name in HANDLERS if name != handler}
    assert f"functions.settings.{handler}" in settings
    assert settings.isdisjoint(others)
