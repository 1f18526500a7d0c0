"""How records of troubles and the audit of the rules look in a terminal."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from syrupy.assertion import SnapshotAssertion

from functions.core.paging.record_notes import alarm_note
from functions.core.troubles.markers import Marker
from functions.core.troubles.record import Note, audit
from ops.incidents.tables import audit_table, incident_table, timeline
from tests.builders import NOW, change
from tests.fakes import FakeRecords
from tests.ops.incidents.story import ID, STORY, WAVE


def told(view: Any) -> str:
    from rich.console import Console

    console = Console(width=120, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def records_of(*notes: Note) -> FakeRecords:
    records = FakeRecords()
    for item in notes:
        records.note(item)
    return records


def test_the_list(snapshot: SnapshotAssertion) -> None:
    records = records_of(*STORY, WAVE).records
    assert told(incident_table([records["PW-1120-1350-abc"], records[ID]], NOW + 600)) == snapshot


def test_the_timeline_of_one(snapshot: SnapshotAssertion) -> None:
    assert told(timeline(records_of(*STORY).records[ID], NOW + 600)) == snapshot


def test_the_timeline_of_one_that_lasts(snapshot: SnapshotAssertion) -> None:
    assert told(timeline(records_of(*STORY[:3]).records[ID], NOW + 60)) == snapshot


def test_the_audit(snapshot: SnapshotAssertion) -> None:
    alarm = alarm_note(change("detect-errors"), "PW-1120-1343-aaa", NOW, None)
    rules = audit(records_of(*STORY, WAVE, alarm).records.values(), NOW + 600)
    assert told(audit_table(rules, 90)) == snapshot


def test_a_wave_of_customers_is_listed_as_customer_side() -> None:
    listed = told(incident_table(list(records_of(WAVE).records.values()), NOW + 600))
    assert "customer-side: customers" in listed
    assert "info" in listed


def test_the_timeline_says_what_was_changed_before() -> None:
    changed = replace(STORY[0], markers=(Marker("router 4.2 deployed", NOW - 190, "", "asha"),))
    shown = told(timeline(records_of(changed).records[ID], NOW + 60))
    assert "it began 3 min after: router 4.2 deployed (asha)" in shown
