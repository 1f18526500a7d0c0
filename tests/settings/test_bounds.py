"""The bounds of the event time, as two settings."""

from __future__ import annotations

import pytest

from functions.core.counting.bounds import Bounds
from functions.settings.archive import ArchiveSettings
from functions.settings.tally import TallySettings

TALLY = {"TALLIES_STREAM": "tallies", "STATE_TABLE": "state", "QUARANTINE_BUCKET": "parked"}


@pytest.mark.parametrize("kind", [TallySettings, ArchiveSettings])
def test_seconds_of_skew_and_days_of_age_are_told_in_milliseconds(
    kind: type[TallySettings] | type[ArchiveSettings],
) -> None:
    settings = kind.from_env({**TALLY, "SKEW_SECONDS": "5", "OLDEST_DAYS": "2"})
    assert settings.bounds == Bounds(skew_ms=5_000, oldest_ms=2 * 86_400_000)
