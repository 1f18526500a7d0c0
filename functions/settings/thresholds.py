"""The thresholds of severity, as a setting: detect judges by them, CloudWatch's alarms are made of them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.counting.signals import DEFAULT_THRESHOLDS, Threshold
from functions.settings.environment import share


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
    """The inverse of `thresholds`."""
    return ",".join(f"{name}={t.warning:g}/{t.critical:g}" for name, t in value.items())
