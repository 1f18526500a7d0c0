"""What tally is told."""

from __future__ import annotations

from dataclasses import dataclass

from functions.core.counting.slices import DEFAULT_SLICING, Slicing, parse_slicing
from functions.core.payments.mapping import EventMapping
from functions.settings.bounds import Bounded
from functions.settings.environment import FromEnvironment, setting, text, whole
from functions.settings.mapping import mapping


@dataclass(frozen=True, kw_only=True)
class TallySettings(FromEnvironment, Bounded):
    """tables and buckets by name; skew and oldest_days bound the event time (seconds, days).
    mapping: how other systems' events are read."""

    tallies_stream: str = setting(text)
    state_table: str = setting(text)
    quarantine_bucket: str = setting(text)
    slicing: Slicing = setting(parse_slicing, DEFAULT_SLICING)
    skew_seconds: int = setting(whole(0, 3600), 60)
    oldest_days: int = setting(whole(1, 3650), 30)
    mapping: EventMapping | None = setting(mapping, None)
