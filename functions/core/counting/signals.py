"""The signals that are no rate: what they say is not how payments end, but whether and when."""

from __future__ import annotations

VOLUME, LATENCY = "volume", "latency"
