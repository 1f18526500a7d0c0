"""tests/ mirrors the program: whoever changes a file finds its specification at the same place."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parent.parent
PROGRAM: Final = ("functions", "infra", "producer", "ops")

SPECIFIED_ELSEWHERE: Final[dict[str, str]] = {
    "functions/core/counting/record.py": "tests/core/counting/test_batch.py",
    "functions/core/detection/baseline.py": "tests/core/detection/test_folding.py",
    "functions/core/troubles/head.py": "tests/core/detection/test_state.py",
    "functions/handlers/deliver_function.py": "tests/handlers/test_deliver.py",
    "functions/handlers/detect_function.py": "tests/handlers/test_detect.py",
    "functions/handlers/notify_function.py": "tests/handlers/test_notify.py",
    "functions/handlers/tally_function.py": "tests/handlers/test_tally.py",
}
"""Program file → the test file that specifies it, where a mirrored one would repeat that."""


def mirrored(file: Path) -> Path:
    """Where the tests of a program file lie: `functions/core/x.py` → `tests/core/test_x.py`."""
    inside = file.relative_to("functions") if file.parts[0] == "functions" else file
    return Path("tests") / inside.parent / f"test_{inside.name}"


def program() -> list[str]:
    files = (file for room in PROGRAM for file in (ROOT / room).rglob("*.py"))
    return sorted(str(file.relative_to(ROOT)) for file in files if _does_anything(file))


def _does_anything(file: Path) -> bool:
    """Whether there is more in it than words about it."""
    return any(not isinstance(part, ast.Expr) for part in ast.parse(file.read_text()).body)


@pytest.mark.parametrize("file", program())
def test_every_file_of_the_program_has_its_tests_at_the_mirrored_place(file: str) -> None:
    has_own = (ROOT / mirrored(Path(file))).exists()
    is_listed = file in SPECIFIED_ELSEWHERE
    assert has_own != is_listed, f"{mirrored(Path(file))}: write it, or take {file} off the list"


def test_a_file_that_is_specified_elsewhere_is_named_there() -> None:
    for file, tests in SPECIFIED_ELSEWHERE.items():
        assert _names(file, (ROOT / tests).read_text()), f"{tests} does not name {file}"


def _names(file: str, text: str) -> bool:
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    parent, _, name = module.rpartition(".")
    return f"{module} " in text or f"{module}\n" in text or f"from {parent} import {name}" in text


def test_the_list_explains_little_away() -> None:
    assert len(SPECIFIED_ELSEWHERE) <= len(program()) // 10
