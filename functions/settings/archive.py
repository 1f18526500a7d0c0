"""What archive is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.settings.bounds import Bounded
from functions.settings.environment import FromEnvironment, setting, whole, yes_or_no


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings(FromEnvironment, Bounded):
    """skew_seconds, oldest_days: as tally's, so that what tally parks is not archived.
    archive_unknown_fields: what Paywatch does not know of an event is archived, too; without, a row
    has the columns that docs/events.md lists, and nothing else."""

    skew_seconds: int = setting(whole(0, 3600), 60)
    oldest_days: int = setting(whole(1, 3650), 30)
    archive_unknown_fields: bool = setting(yes_or_no, True)
