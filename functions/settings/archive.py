"""What archive is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core.payments.mapping import EventMapping
from functions.settings.bounds import Bounded
from functions.settings.environment import FromEnvironment, setting, whole, yes_or_no
from functions.settings.mapping import mapping


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings(FromEnvironment, Bounded):
    """skew_seconds, oldest_days: as tally's, so that what tally parks is not archived. mapping: as
    tally's, so that what it counts is. archive_unknown_fields: what Paywatch does not know of an event
    is archived, too; without, a row has the columns that docs/events.md lists, and nothing else."""

    skew_seconds: int = setting(whole(0, 3600), 60)
    oldest_days: int = setting(whole(1, 3650), 30)
    mapping: EventMapping | None = setting(mapping, None)
    archive_unknown_fields: bool = setting(yes_or_no, True)
