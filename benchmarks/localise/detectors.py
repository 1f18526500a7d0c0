"""Who is measured, in the order of the tables."""

from __future__ import annotations

from typing import Final

from benchmarks.localise import adtributor, impaptr, paywatch, riskloc, robustspot
from benchmarks.localise.case import Detector

DETECTORS: Final[tuple[Detector, ...]] = (
    paywatch.DETECTOR,
    robustspot.DETECTOR,
    *riskloc.DETECTORS,
    impaptr.DETECTOR,
    *adtributor.DETECTORS,
)
