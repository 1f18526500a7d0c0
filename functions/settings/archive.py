"""What archive is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core.payments.mapping import EventMapping
from functions.settings.bounds import Bounded
from functions.settings.environment import FromEnvironment, setting, whole
from functions.settings.mapping import mapping


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings(FromEnvironment, Bounded):
    """skew_seconds, oldest_days: as tally's, so that what tally parks is not archived. mapping: as
    tally's, so that what it counts is."""

    skew_seconds: int = setting(whole(0, 3600), 60)
    oldest_days: int = setting(whole(1, 3650), 30)
    mapping: EventMapping | None = setting(mapping, None)
