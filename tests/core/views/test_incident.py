"""A trouble as anybody may read it: a golden schema, a page of the docs, and nothing of detect's insides."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from functions.core.counting.harm import Example
from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.record_notes import alarm_note
from functions.core.troubles.incident import (
    CALM,
    CLOSED,
    DRIFT,
    NORMAL,
    RECOVERED,
    SILENT,
    Incident,
    Part,
)
from functions.core.troubles.record import ALARM, Entry, TroubleRecord, noted
from functions.core.troubles.recovery import Life
from functions.core.troubles.route import ILL, UNSURE, WELL, Route
from functions.core.views.incident import (
    EntryView,
    ExampleView,
    IncidentView,
    MarkerView,
    PartView,
    RouteView,
    TroubleView,
    incident_view,
    trouble_view,
)
from tests.builders import NOW, change, incident

SCHEMA: Final[dict[str, Any]] = msgspec.json.schema(TroubleView)
VIEWS: Final = (TroubleView, EntryView, IncidentView, RouteView, PartView, ExampleView, MarkerView)
FIELDS: Final = [
    (view.__name__, name, rules)
    for view in VIEWS
    for name, rules in SCHEMA["$defs"][view.__name__]["properties"].items()
]
DOCS: Final = Path(__file__).parents[3] / "docs" / "incident-object.md"

ENDED = TroubleRecord(
    id="PW-1120-1343-4f2",
    started_at=NOW,
    rule="failed",
    title="PW-1120-1343-4f2: payments failing on issuer HDFC",
    thread="PW-1120-1343-4f2",
    severity="critical",
    incident=incident(
        closed_at=NOW + 187,
        affected=1204,
        money={"INR": 310_400.5},
        parts=(
            Part(
                slice="issuer=HDFC",
                signal="reversed",
                severity="warning",
                rate=0.021,
                normal=0.003,
                since=NOW + 9,
                until=NOW + 180,
            ),
        ),
        examples=(Example("txn_82473", "91"), Example("txn_82490")),
        routes=(
            Route("issuer=HDFC", "payu", 310, 2, WELL),
            Route("issuer=HDFC", "razorpay", 212, 123, ILL),
        ),
    ),
    entries=(Entry("k", NOW + 3, "opened", "CRITICAL: 49 % fail", "critical", paged=True),),
    pages=1,
    acknowledged_at=NOW + 30,
    acknowledged_by="asha",
    closed_at=NOW + 187,
    reason=RECOVERED,
    rating="useful",
    rated_by="asha",
    updated_at=NOW + 400,
)


def printed(view: TroubleView | IncidentView) -> dict[str, Any]:
    """The view as whoever reads it gets it."""
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(view))
    return read


def alarms_only(red: AlarmChange) -> TroubleRecord:
    return noted(None, alarm_note(red, "PW-1120-1343-aaa", NOW, None))


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


def test_the_schema_of_version_1(golden: SnapshotAssertion) -> None:
    assert golden == SCHEMA


def test_a_trouble_that_is_over(golden: SnapshotAssertion) -> None:
    assert golden == printed(trouble_view(ENDED))


def test_a_trouble_of_alarms_alone_has_no_incident() -> None:
    shown = printed(trouble_view(alarms_only(change("detect-errors"))))
    assert (shown["incident"], shown["state"], shown["rule"]) == (None, "open", "detect-errors")
    assert [entry["what"] for entry in shown["entries"]] == [ALARM]


def test_what_never_was_is_null() -> None:
    shown = printed(incident_view(incident(announced="", detected_at=0, elsewhere=None)))
    never = (
        "detected_at",
        "closed_at",
        "back_at",
        "elsewhere",
        "latest_rate",
        "latest_seconds",
        "kind",
    )
    assert {name: shown[name] for name in never} == dict.fromkeys(never)


def test_a_slice_is_told_as_a_text_and_by_dimension() -> None:
    shown = printed(incident_view(incident(slice="issuer=A%26B&network=VISA")))
    assert shown["slice"] == "issuer=A%26B&network=VISA"
    assert shown["dimensions"] == {"issuer": "A&B", "network": "VISA"}


def test_a_finer_name_is_the_slice() -> None:
    view = incident_view(
        incident(
            slice="gateway=G", narrowed="gateway=G&merchant=M", share=0.5, rate=0.2, normal=0.0
        )
    )
    assert (view.slice, view.dimensions) == (
        "gateway=G&merchant=M",
        {"gateway": "G", "merchant": "M"},
    )
    assert view.rate == 0.4


def test_it_says_whose_trouble_it_is_as_far_as_that_is_clear() -> None:
    clear = incident_view(incident())
    assert (clear.cause, clear.owner, clear.owner_name) == ("issuer", "issuer", "HDFC")
    assert 0.9 < clear.owner_sure < 1.0
    unclear = incident_view(incident(slice="", causes={}))
    assert (unclear.cause, unclear.owner, unclear.owner_name) == ("unknown", None, None)


def test_the_latest_rate_is_told_with_its_seconds() -> None:
    young = incident_view(incident(latest_rate=0.6, latest_seconds=4))
    assert (young.latest_rate, young.latest_seconds) == (0.6, 4)


@pytest.mark.parametrize("name", [*Life.__struct_fields__, "suspected_at", "life"])
def test_nothing_of_the_state_machine_is_shown(name: str) -> None:
    assert name not in {field for _, field, _ in FIELDS}


@pytest.mark.parametrize(("view", "name", "rules"), FIELDS)
def test_every_field_says_what_it_is(view: str, name: str, rules: dict[str, Any]) -> None:
    assert rules["description"].endswith((".", ")")), f"{view}.{name}"


@pytest.mark.parametrize("view", VIEWS)
def test_the_docs_list_the_fields_in_the_words_of_the_schema(view: type[msgspec.Struct]) -> None:
    properties = SCHEMA["$defs"][view.__name__]["properties"]
    expected = {
        name: (rules["description"], {f"{word}" for word in rules.get("enum", ()) if word})
        for name, rules in properties.items()
    }
    assert _documented(view.__name__) == expected


def _documented(view: str) -> dict[str, tuple[str, set[str]]]:
    """Field → description and words, of the table under the heading that names the view."""
    [section] = re.findall(rf"^## .*`{view}`$(.*?)(?=^## |\Z)", DOCS.read_text(), re.M | re.S)
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section, re.M)
    return {name: (said, set(re.findall(r"`(\w+)`", kind))) for name, kind, said in rows}


states = st.fixed_dictionaries(
    {
        "announced": st.sampled_from(("", "warning", "critical")),
        "well_since": st.sampled_from((0, NOW)),
        "closed_at": st.sampled_from((0, NOW + 9)),
        "detected_at": st.sampled_from((0, NOW + 3)),
        "severity": st.sampled_from(("info", "warning", "critical")),
        "rate": st.floats(0, 1),
        "routes": st.lists(
            st.builds(
                Route,
                st.just(""),
                st.just("payu"),
                st.integers(99, 199),
                st.integers(0, 99),
                st.sampled_from((WELL, ILL, UNSURE)),
            )
        ).map(tuple),
        "kind": st.sampled_from(("", DRIFT)),
        "causes": st.dictionaries(
            st.sampled_from(("issuer", "fraud", "timeout")), st.integers(0, 99)
        ),
    }
)
incidents = states.map(lambda fields: incident(**fields))
reasons = st.sampled_from(("", RECOVERED, CALM, SILENT, NORMAL))


@given(incidents, reasons)
def test_whatever_is_stored_is_shown_as_the_schema_says(stored: Incident, reason: str) -> None:
    closed = stored.closed_at if stored.state == CLOSED else 0
    record = msgspec.structs.replace(ENDED, incident=stored, reason=reason, closed_at=closed)
    view = trouble_view(record)
    encoded = msgspec.json.encode(view)
    assert msgspec.json.decode(encoded, type=TroubleView) == view
    _conforms(msgspec.json.decode(encoded), SCHEMA)


def _conforms(value: Any, rules: dict[str, Any]) -> None:
    """Whether a value is what the rules say: of the keywords, those that our schema uses."""
    if "$ref" in rules:
        rules = SCHEMA["$defs"][rules["$ref"].rpartition("/")[2]]
    if "enum" in rules:
        assert value in rules["enum"]
    if "anyOf" in rules:
        [rules] = [one for one in rules["anyOf"] if (one.get("type") == "null") == (value is None)]
        _conforms(value, rules)
    elif rules.get("type") == "object" and "properties" in rules:
        assert set(value) == set(rules["properties"]) == set(rules["required"])
        for name, inner in value.items():
            _conforms(inner, rules["properties"][name])
    elif rules.get("type") == "array":
        for item in value:
            _conforms(item, rules["items"])
