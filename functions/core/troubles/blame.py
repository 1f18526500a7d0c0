"""Whose trouble an incident is: what its failures say, held against where they fall.

Two witnesses: the decline codes name a cause, and the slice names who is common to what fails. Where
only one gateway's payments fail, the same issuers do well through other gateways: whatever its codes
say, the gateway or its way to them is at fault. Where the slice names several of them, the
codes decide between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from functions.core.counting.confidence import lower_bound
from functions.core.counting.slices import slice_values
from functions.core.troubles.incident import Incident

PARTIES: Final[Sequence[str]] = ("issuer", "gateway", "merchant", "network")
"""Who may be at fault, by their dimension; an earlier one is likelier where the codes do not decide."""
CUSTOMERS, RISK_TEAM, NOBODY = "customers", "risk team", ""
_THEIRS: Final[Mapping[str, str]] = {"customer": CUSTOMERS, "fraud": RISK_TEAM}
_FITS_ANYBODY: Final = frozenset(("timeout", "unknown"))
"""Causes that do not say which hop is at fault: they fit whom the slice names."""
ERROR: Final = 0.05
"""One-sided error probability of `Blame.sure`."""


class Blame(msgspec.Struct, frozen=True):
    """cause: of most of the failures, `unknown` without any. owner: one of PARTIES, customers, risk
    team, or empty when nothing tells. name: the owner's, where the slice names one. sure: at least
    this share of the failures fits the owner (one-sided 95 % bound); 0 without an owner."""

    cause: str
    owner: str
    name: str
    sure: float

    @property
    def words(self) -> str:
        """`issuer HDFC`, `customers`, `not clear yet`."""
        return f"{self.owner} {self.name}".strip() or "not clear yet"


def blame(incident: Incident) -> Blame:
    causes, values = incident.worst.causes, slice_values(incident.slice)
    named = [party for party in PARTIES if party in values]
    cause = likely_cause(incident)
    owner = _owner(cause, named, causes)
    if not owner:
        return Blame(cause, NOBODY, "", 0.0)
    fits = sum(causes[name] for name in causes if _fits(name, owner, named))
    total = sum(causes.values())
    return Blame(cause, owner, values.get(owner, ""), lower_bound(min(fits, total), total, ERROR))


def likely_cause(incident: Incident) -> str:
    """The cause of most of the failures; `unknown` when there is none."""
    causes = incident.worst.causes
    return max(causes, key=lambda cause: causes[cause], default="unknown")


def _owner(cause: str, named: Sequence[str], causes: Mapping[str, int]) -> str:
    if cause in _THEIRS:
        return _THEIRS[cause]
    spoken = max((c for c in causes if c in PARTIES), key=lambda c: causes[c], default=NOBODY)
    if not named:
        return cause if cause in PARTIES else NOBODY
    return spoken if spoken in named else named[0]


def _fits(cause: str, owner: str, named: Sequence[str]) -> bool:
    if cause in _FITS_ANYBODY:
        return owner in named
    if cause in _THEIRS:
        return _THEIRS[cause] == owner
    # Alone in what fails, a party answers for whatever the codes say of the others.
    return cause == owner or list(named) == [owner]
