"""What the detector judges by: documented, used, and passed in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from functions.core.counting.slices import ALL
from functions.core.detection.baseline import Baseline
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Normal, needed, tolerated
from functions.core.detection.normals import Memory, Normals
from functions.core.detection.state import Rules, initial
from functions.core.detection.tuning import EvidenceTuning, NormalTuning, Tuning, VolumeTuning

CORE: Final = Path(__file__).parents[3] / "functions" / "core"
DETECTION: Final = sorted((CORE / "detection").glob("*.py"))
TROUBLES: Final = [CORE / "troubles" / name for name in ("life.py", "recovery.py", "recurrence.py")]
QUESTIONS: Final = msgspec.structs.fields(Tuning)
FIELDS: Final = [
    (question, field.name)
    for question in QUESTIONS
    for field in msgspec.structs.fields(question.type)
]

DEFINITIONS: Final = {
    "baseline.CELL_SECONDS": "a cell is a minute, as everything that is stored has it",
    "card_testing.MINUTE": "amounts are kept by the minute",
    "card_testing._A_DOUBLING": "how finely amounts are told apart",
    "card_testing.MOST_MERCHANTS": "what is stored at most",
    "card_testing.MOST_CLASSES": "what is stored at most",
    "evidence.WEEK": "the budget counts false alarms a week",
    "evidence._RAREST": "keeps a logarithm finite",
    "evidence._LONG": "infinity, for all practical purposes",
    "evidence.COLD": "evidence that has not begun",
    "explanation._MOST": "keeps a logarithm finite",
    "findings.NOT_YET": "what is not proven scores less than a warning",
    "journal.FORMAT": "the format of what is stored",
    "journal.READ": "formats of what is stored",
    "journal.SNAPSHOT_EVERY": "what a cold start costs, not what is judged",
    "journal.LARGEST_CHUNK": "what DynamoDB holds",
    "leaves._NOTHING": "a guard that keeps a logarithm finite",
    "remembered.REMEMBERED_SECONDS": "for how long a payment counts once, not what is judged",
    "remembered.MOST_MARKS": "what fits into memory",
    "remembered._BITS": "how two numbers are kept as one",
    "remembered._MASK": "the same",
    "remembered._RANK": "an order",
    "season.HOUR": "an hour",
    "season.HOURS": "a week of hours: every weekday is known",
    "span._MOST": "no logarithm of nothing",
    "state.FEWEST_USUAL": "what is shown as usual beside a threshold, not what is judged",
}
"""Constants of detection that are numbers and no choice of degree, and why."""
GUARDS: Final = {
    "recovery._LEAST": "no logarithm of nothing",
    "recovery._MOST": "no logarithm of what is left beside everything",
    "recurrence.DAY": "a day",
}


def _constants(path: Path) -> Iterator[str]:
    """Names at the top of a module whose values are written with numbers."""
    for node in _parsed(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            values = [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            if isinstance(target, ast.Name) and any(isinstance(v, int | float) for v in values):
                yield f"{path.stem}.{target.id}"


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_a_number_of_the_detector_is_tuning_or_a_definition_that_says_why() -> None:
    paths = [path for path in DETECTION if path.stem != "tuning"]
    assert sorted(name for path in paths for name in _constants(path)) == sorted(DEFINITIONS)
    assert [name for path in TROUBLES for name in _constants(path)] == list(GUARDS)


@pytest.mark.parametrize(("question", "name"), FIELDS)
def test_every_field_is_documented_and_used_where_its_question_says(
    question: Any, name: str
) -> None:
    asked, answers = _asked(question)
    assert re.search(rf"^    {name}: \w", question.type.__doc__, re.MULTILINE), asked
    texts = [
        path.read_text(encoding="utf-8") for path in (*DETECTION, *TROUBLES) if path.name in answers
    ]
    assert any(re.search(rf"\b(tuning|{question.name})\.{name}\b", text) for text in texts)


def _asked(question: Any) -> tuple[str, list[str]]:
    """What it asks, and the files that answer."""
    found = re.match(r"(W[^?]*\?)\s+\(([^)]*)\)", question.type.__doc__)
    assert found
    return found[1], re.split(r",\s+", found[2])


def test_whoever_judges_is_given_the_tuning() -> None:
    """A default is for who calls a function alone: nothing inside of detection leans on it."""
    takers = {
        node.name: [one.arg for one in node.args.args].index("tuning")
        for path in (*DETECTION, *TROUBLES)
        for node in _parsed(path).body
        if isinstance(node, ast.FunctionDef) and "tuning" in [one.arg for one in node.args.args]
    }
    assert {"steps", "tolerated", "causes", "hot", "season", "forget", "follow"} <= set(takers)
    takers["Normals"] = 2
    for path in (*DETECTION, *TROUBLES):
        for node in ast.walk(_parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                at = takers.get(node.func.id)
                assert at is None or len(node.args) > at, f"{path.name}:{node.lineno}"


def test_a_step_is_told_the_tuning_of_its_rules() -> None:
    tuning = Tuning(evidence=EvidenceTuning(fewest_nats=11.0))
    assert initial(Rules(tuning=tuning)).tracker.needed == 22.0
    assert initial(Rules()).tracker.needed == initial(Rules(tuning=Tuning())).tracker.needed
    memory, baseline, budget = Memory(), Baseline(), Budget()
    normals = memory.of(baseline, budget, tuning)
    assert normals.tuning is tuning
    assert normals.after(baseline).tuning is tuning
    assert memory.of(baseline, budget, Tuning(volume=VolumeTuning(lately_cells=9))) is not normals


def test_another_tuning_judges_otherwise() -> None:
    normal = Normal(0.1, 0.0, 1.0)
    assert tolerated(normal, 0.0, EvidenceTuning(worth=0.5)) == pytest.approx(0.15)
    assert needed(0.0, 1.0, EvidenceTuning(fewest_nats=30.0)) == 30.0
    assert Budget().drift("failed", EvidenceTuning(most_drift=0.001)) == 0.001
    unsure = Normals(Baseline(), tuning=Tuning(normal=NormalTuning(borrowed=5.0)))
    usual = Normals(Baseline()).normal(ALL, "failed")
    assert unsure.normal(ALL, "failed").error > usual.error
