"""What archive is told."""

from __future__ import annotations

from functions.settings.archive import ArchiveSettings
from functions.settings.tally import TallySettings

TALLY = {"TALLIES_STREAM": "tallies", "STATE_TABLE": "state", "QUARANTINE_BUCKET": "parked"}


def test_what_tally_would_park_is_not_archived_by_default() -> None:
    assert ArchiveSettings.from_env({}).bounds == TallySettings.from_env(TALLY).bounds


def test_fields_that_are_not_known_are_archived_unless_it_is_forbidden() -> None:
    assert ArchiveSettings.from_env({}).archive_unknown_fields is True
    told = {"ARCHIVE_UNKNOWN_FIELDS": "false"}
    assert ArchiveSettings.from_env(told).archive_unknown_fields is False
