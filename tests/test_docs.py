"""The documentation is a contract: what the code has, the pages explain."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from pathlib import Path

import pytest

from functions.core import errors
from functions.core.counting.signals import DEFAULT_THRESHOLDS
from functions.core.monitoring.alarms import alarms
from functions.core.monitoring.metrics import METRICS
from functions.core.payments.codec import decode
from functions.core.payments.event import ALIASES, DIMENSIONS, STATUS_SYNONYMS, Payment
from functions.core.payments.mapping import EventMapping
from functions.core.payments.providers import PROVIDERS, Provider, recognise
from infra.settings import Settings
from ops.cli import COMMANDS, loaded

ROOT = Path(__file__).parent.parent
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EVENTS = (ROOT / "docs" / "events.md").read_text()
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
BACKTEST = loaded("backtest")
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", [alarm.name for alarm in alarms(DEFAULT_THRESHOLDS)])
def test_every_alarm_is_explained(name: str) -> None:
    assert f"**{name}**" in OPERATIONS


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_explained(name: str) -> None:
    assert re.search(rf"\b{name}\b", OPERATIONS)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_every_setting_of_a_deployment_is_explained(name: str) -> None:
    assert f"`{name}`" in OPERATIONS


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            field.name
            for file in (ROOT / "functions" / "settings").glob("*.py")
            for kind in vars(importlib.import_module(f"functions.settings.{file.stem}")).values()
            if dataclasses.is_dataclass(kind)
            for field in dataclasses.fields(kind)
        }
    ),
)
def test_every_setting_of_a_function_is_explained(name: str) -> None:
    assert f"`{name}`" in OPERATIONS


@pytest.mark.parametrize(
    "option", sorted({o for p in BACKTEST.params for o in p.opts if o.startswith("--")} - {"--help"})
)  # fmt: skip
def test_every_option_of_the_backtest_is_explained(option: str) -> None:
    assert f"`{option}`" in OPERATIONS


def test_a_word_is_in_the_glossary_once() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", GLOSSARY, re.MULTILINE)
    assert len(words) == len(set(words))


PARTS_OF: dict[str, str] = {
    "Acknowledgement": "acknowledge",
    "Senders": "sender",
    "Advice": "knowledge base",
    "Affected": "harm",
    "Arrival": "archive",
    "Beginning": "marker",
    "Content": "notification",
    "Counting": "tally",
    "Decision": "desk",
    "Drop": "flow",
    "Entry": "record",
    "Finer": "finer slice",
    "Followed": "life",
    "Index": "remembered",
    "Latest": "figures",
    "Limits": "malformed",
    "Localisation": "joint causes",
    "Messages": "message",
    "Minute": "mute",
    "Model": "guess",
    "Muting": "mute",
    "Noting": "message",
    "Numbering": "dimension",
    "Odds": "merit",
    "Outcome": "archive",
    "ParkedEvent": "park",
    "Past": "baseline",
    "Pending": "outbox",
    "Told": "desk",
    "Rates": "recovery",
    "Reach": "anchor",
    "Restored": "lost",
    "Role": "message",
    "Seen": "remembered",
    "Settled": "remembered",
    "Slices": "leaf",
    "Slow": "flow",
    "Space": "leaf",
    "Stretch": "held back",
    "Table": "leaf",
    "Totals": "state",
    "Turn": "announcement",
    "Unmute": "mute",
    "Variance": "merit",
    "Well": "message",
    "Within": "finer slice",
}
"""A class that is a part of a concept, or the shape of one: the concept's row."""


def glossary() -> set[str]:
    rows: list[str] = re.findall(r"^\| ([^|]+?) \|", GLOSSARY, re.MULTILINE)
    return {word.strip() for row in rows for word in row.split(",")}


def classes_of_the_core() -> list[str]:
    """All but the errors, which operations.md explains."""
    files = (ROOT / "functions" / "core").rglob("*.py")
    found = {
        name
        for file in files
        if file.name != "errors.py"
        for name in re.findall(r"^class ([A-Z]\w+)", file.read_text(), re.MULTILINE)
    }
    return sorted(found)


@pytest.mark.parametrize("name", classes_of_the_core())
def test_every_class_of_the_core_is_a_concept_of_the_glossary_or_a_part_of_one(name: str) -> None:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    own = {words, words.split()[-1], words.split()[0]} & glossary()
    assert bool(own) != (PARTS_OF.get(name) in glossary())


def test_no_part_of_a_concept_is_listed_that_is_gone() -> None:
    assert set(PARTS_OF) <= set(classes_of_the_core())


@pytest.mark.parametrize("kind", errors.PaywatchError.__subclasses__())
def test_every_error_is_explained(kind: type[Exception]) -> None:
    assert f"`{kind.__name__}`" in OPERATIONS


@pytest.mark.parametrize("field", [*ALIASES, *(a for others in ALIASES.values() for a in others)])
def test_every_field_and_alias_is_listed(field: str) -> None:
    assert f"`{field}`" in EVENTS


@pytest.mark.parametrize("word", [*STATUS_SYNONYMS, *DIMENSIONS])
def test_every_status_and_dimension_is_listed(word: str) -> None:
    assert re.search(rf"\b{word}\b", EVENTS)


SAMPLES_SHOWN = [
    line
    for block in re.findall(r"```json\n(.*?)```", EVENTS, re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("line", SAMPLES_SHOWN)
def test_every_event_that_is_shown_is_a_payment(line: str) -> None:
    (found,) = decode(line.encode())
    assert isinstance(found, Payment)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_sample(provider: Provider) -> None:
    assert any(
        found[0] == provider.name
        for line in SAMPLES_SHOWN
        if (found := recognise(json.loads(line)))
    )


def test_the_mapping_that_is_shown_is_one() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", EVENTS, re.DOTALL)
    assert EventMapping.parse(shown).paths["error_code"] == "data.errors[0].code"


@pytest.mark.parametrize(
    "reason",
    sorted(
        {
            reason
            for file in (ROOT / "functions" / "core").rglob("*.py")
            for reason in re.findall(r'Malformed\(\s*"(\w+)"', file.read_text())
        }
        - {"bad_partial", "bad_message"}
    ),
)
def test_every_reason_for_parking_is_listed(reason: str) -> None:
    assert f"`{reason}`" in EVENTS


@pytest.mark.parametrize(
    "target", sorted({target for page in PAGES for target in re.findall(r"\bmake ([a-z][a-z-]*)\b", page.read_text())})
)  # fmt: skip
def test_every_make_target_that_the_docs_name_exists(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    "command", sorted({c for page in PAGES for c in re.findall(r"\bpaywatch ([a-z]+)\b", page.read_text())})
)  # fmt: skip
def test_every_paywatch_command_that_the_docs_name_exists(command: str) -> None:
    assert command in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_docs(command: str) -> None:
    assert any(re.search(rf"\bpaywatch {command}\b", page.read_text()) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_path_in_the_docs_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    paths = re.findall(r"\b((?:functions|infra|ops|producer|tests|benchmarks|core|handlers|adapters)/[\w/]+\.\w+)", text)  # fmt: skip
    inside = ("core/", "handlers/", "adapters/")
    missing = [link for link in links if not (page.parent / link).exists()] + [
        path
        for path in paths
        if not (ROOT / ("functions" if path.startswith(inside) else ".") / path).exists()
    ]
    assert missing == []
