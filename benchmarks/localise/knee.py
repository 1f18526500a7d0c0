"""The knee of a concave rising curve: Kneedle (Satopää et al., ICDCSW 2011)."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np

from benchmarks.localise.arrays import Floats

DEGREE: Final = 7


def knee(x: Floats, y: Floats, sensitivity: float) -> float | None:
    """The x of the first knee, the curve smoothed by a polynomial of degree 7; None without one.
    `x` ascends."""
    if len(x) < 3 or x[-1] <= x[0]:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.RankWarning)
        smooth = np.polyval(np.polyfit(x, y, DEGREE), x)
    if smooth.max() <= smooth.min():
        return None
    across = (x - x[0]) / (x[-1] - x[0])
    away = (smooth - smooth.min()) / (smooth.max() - smooth.min()) - across
    peaks = [at for at in range(1, len(x) - 1) if away[at - 1] < away[at] >= away[at + 1]]
    step = sensitivity * float(np.abs(np.diff(across)).mean())
    for at, until in zip(peaks, (*peaks[1:], len(x)), strict=bool(peaks)):
        if (away[at:until] < away[at] - step).any():
            return float(x[at])
    return None
