"""One frozen Settings per function, read once when the function starts; every fault is reported.

A field `events_stream` is read from the variable `EVENTS_STREAM`. infra writes the same names
(tests/infra/test_contracts.py builds each Settings from the synthesised template).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from functions.core.counting.batch import Bounds
from functions.core.counting.slices import DEFAULT_SLICING, Slicing, format_slicing, parse_slicing
from functions.core.detection.state import Rules
from functions.core.detection.tracker import Budget
from functions.core.errors import SettingsError
from functions.core.paging.channels.delivery import CHANNELS
from functions.core.troubles.life import Patience
from functions.core.troubles.severity import DEFAULT_THRESHOLDS, Threshold


def text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """A reader of whole numbers from minimum to maximum."""

    def read(value: str) -> int:
        number = int(value)
        if not minimum <= number <= maximum:
            raise ValueError(f"is not between {minimum} and {maximum}")
        return number

    return read


def share(value: str) -> float:
    number = float(value)
    if not 0 < number < 1:
        raise ValueError("is not between 0 and 1, both excluded")
    return number


def positive(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError("is not above 0")
    return number


def one_channel(value: str) -> str:
    if value not in CHANNELS:
        raise ValueError(f"is no channel; known: {', '.join(CHANNELS)}")
    return value


def channels(value: str) -> tuple[str, ...]:
    """`slack,webhook` as the names of channels."""
    return tuple(one_channel(name.strip()) for name in value.split(",") if name.strip())


def thresholds(value: str) -> Mapping[str, Threshold]:
    """`failed=0.01/0.02,denied=0.1/0.15` as thresholds; signals not named keep their defaults."""
    read = dict(DEFAULT_THRESHOLDS)
    for item in filter(None, value.split(",")):
        signal, _, levels = item.partition("=")
        warning, _, critical = levels.partition("/")
        if signal not in read:
            raise ValueError(f"names {signal!r}; known signals: {', '.join(read)}")
        try:
            read[signal] = Threshold(share(warning), share(critical))
        except ValueError as error:
            raise ValueError(
                f"has {item!r}, want SIGNAL=WARNING/CRITICAL as shares: {error}"
            ) from None
        if not read[signal].warning < read[signal].critical:
            raise ValueError(f"has {item!r}: warning must be below critical")
    return read


def format_thresholds(value: Mapping[str, Threshold]) -> str:
    return ",".join(f"{name}={t.warning:g}/{t.critical:g}" for name, t in value.items())


def _setting(read: Callable[[str], Any], default: Any = dataclasses.MISSING) -> Any:
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: default, metadata={"read": read})
    return dataclasses.field(default=default, metadata={"read": read})


@dataclass(frozen=True, kw_only=True)
class _FromEnv:
    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """The settings from environment variables. Raises SettingsError that lists every fault."""
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in dataclasses.fields(cls):
            name = field.name.upper()
            if name not in env:
                if field.default is field.default_factory is dataclasses.MISSING:
                    faults.append(f"{name} is missing")
                continue
            try:
                values[field.name] = field.metadata["read"](env[name])
            except ValueError as error:
                faults.append(f"{name}={env[name]!r}: {error}")
        if faults:
            raise SettingsError(faults)
        return cls(**values)


class _Bounded:
    """With these two settings, the bounds of the event time: tally parks what lies outside, and it
    is not archived."""

    skew_seconds: int
    oldest_days: int

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.skew_seconds * 1000, self.oldest_days * 86_400_000)


@dataclass(frozen=True, kw_only=True)
class TallySettings(_FromEnv, _Bounded):
    """tables and buckets by name; skew and oldest_days bound the event time (seconds, days)."""

    tallies_stream: str = _setting(text)
    state_table: str = _setting(text)
    quarantine_bucket: str = _setting(text)
    slicing: Slicing = _setting(parse_slicing, DEFAULT_SLICING)
    skew_seconds: int = _setting(whole(0, 3600), 60)
    oldest_days: int = _setting(whole(1, 3650), 30)


@dataclass(frozen=True, kw_only=True)
class ArchiveSettings(_FromEnv, _Bounded):
    """skew_seconds, oldest_days: as tally's, so that what tally parks is not archived."""

    skew_seconds: int = _setting(whole(0, 3600), 60)
    oldest_days: int = _setting(whole(1, 3650), 30)


@dataclass(frozen=True, kw_only=True)
class DetectSettings(_FromEnv):
    """namespace: of the metrics. publish_seconds: at most one set of metrics in so many seconds."""

    state_table: str = _setting(text)
    alarms_topic_arn: str = _setting(text)
    namespace: str = _setting(text)
    thresholds: Mapping[str, Threshold] = _setting(thresholds, DEFAULT_THRESHOLDS)
    false_alarms_per_week: float = _setting(positive, 1.0)
    learning_seconds: int = _setting(whole(0, 86_400), 300)
    lateness_seconds: int = _setting(whole(0, 3600), 60)
    confirm_seconds: int = _setting(whole(0, 600), 0)
    recover_seconds: int = _setting(whole(1, 3600), 30)
    publish_seconds: int = _setting(whole(1, 60), 5)

    @property
    def rules(self) -> Rules:
        return Rules(
            budget=Budget(
                thresholds=self.thresholds,
                per_week=self.false_alarms_per_week,
                learning_seconds=self.learning_seconds,
            ),
            lateness=self.lateness_seconds,
            patience=Patience(self.confirm_seconds, self.recover_seconds),
        )


@dataclass(frozen=True, kw_only=True)
class NotifySettings(_FromEnv):
    """dashboard_url: where the page sends its reader. channels: those that have alarms, too.
    cooldown_seconds: news that is no worse is told at most so often."""

    state_table: str = _setting(text)
    oncall_topic_arn: str = _setting(text)
    environment: str = _setting(text)
    dashboard_url: str = _setting(text)
    thresholds: Mapping[str, Threshold] = _setting(thresholds, DEFAULT_THRESHOLDS)
    channels: tuple[str, ...] = _setting(channels, ())
    cooldown_seconds: int = _setting(whole(0, 86_400), 600)


@dataclass(frozen=True, kw_only=True)
class DeliverSettings(_FromEnv):
    """channel: whose queue it reads. secret_arn: the ARN or the name of what lets it in."""

    channel: str = _setting(one_channel)
    secret_arn: str = _setting(text)
    state_table: str = _setting(text)
    environment: str = _setting(text)
    dashboard_url: str = _setting(text)


@dataclass(frozen=True, kw_only=True)
class TickSettings(_FromEnv):
    events_stream: str = _setting(text)


__all__ = [
    "ArchiveSettings",
    "DeliverSettings",
    "DetectSettings",
    "NotifySettings",
    "TallySettings",
    "TickSettings",
    "format_slicing",
    "format_thresholds",
]
