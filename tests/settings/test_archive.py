"""What archive is told."""

from __future__ import annotations

from functions.settings.archive import ArchiveSettings
from functions.settings.tally import TallySettings

TALLY = {"TALLIES_STREAM": "tallies", "STATE_TABLE": "state", "QUARANTINE_BUCKET": "parked"}


def test_what_tally_would_park_is_not_archived_by_default() -> None:
    assert ArchiveSettings.from_env({}).bounds == TallySettings.from_env(TALLY).bounds
