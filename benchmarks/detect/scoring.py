"""Pages against labels: what was found, how late, and what paged for nothing.

A page is true when it opens in [onset, end + 120 s] of an incident and its slice is the incident's,
refines it or contains it. Further pages of a found incident are repetitions: they burden, but are
not false. So are pages of slices that merely cross the incident's, since they show its payments;
of an incident that was not found they are false. All else is false; false pages within 60 seconds
count once, as a pager that groups would send them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.detect.labels import BURST, INCIDENT, TRAPS, Label, bound_seconds
from functions.core.counting.slices import disjoint, refines

GRACE: Final = 120
"""Seconds after its end in which an incident may still be found."""
GROUPED: Final = 60
WEEK: Final = 7 * 24 * 3600
QUIET, MISPLACED = "quiet", "wrong slice"


@dataclass(frozen=True)
class Page:
    """A page that opened after `second`. settled: the slice of the last update that named one."""

    second: int
    slice: str
    settled: str | None = None


@dataclass(frozen=True)
class Found:
    """What became of an incident. delay: seconds from onset to page, None when it was missed;
    payments, before: the slice's own in that time, and without its last second. pages: all that it
    brought about. exact, settled: the page, and its last update, name the incident's slice."""

    label: Label
    bound: float | None
    delay: int | None = None
    payments: int = 0
    before: int = 0
    pages: int = 0
    exact: bool = False
    settled: bool = False

    @property
    def detectable(self) -> bool:
        return self.bound is not None

    def delay_since(self, severity: float) -> float:
        """Seconds from when so much was added to the rate, or all of it, to the page; at least 0.
        Infinite when it was missed."""
        label = self.label
        rising = label.ramp * min(1.0, severity / label.severity)
        return math.inf if self.delay is None else max(0.0, self.delay - rising)


@dataclass
class Result:
    """Of one detector over one or more streams. false: pages for nothing by where they came.
    watched, spent: seconds of traffic, seconds of computing."""

    found: list[Found] = field(default_factory=list)
    false: dict[str, int] = field(default_factory=dict)
    watched: int = 0
    spent: float = 0.0
    steps: int = 0

    def add(self, other: Result) -> None:
        self.found += other.found
        for kind, pages in other.false.items():
            self.false[kind] = self.false.get(kind, 0) + pages
        self.watched += other.watched
        self.spent += other.spent
        self.steps += other.steps

    @property
    def false_pages(self) -> int:
        return sum(self.false.values())

    @property
    def trap_pages(self) -> int:
        return sum(self.false.get(kind, 0) for kind in TRAPS)

    @property
    def false_a_week(self) -> float:
        return self.false_pages * WEEK / self.watched if self.watched else math.nan

    @property
    def caught(self) -> list[Found]:
        return [item for item in self.found if item.delay is not None]

    @property
    def precision(self) -> float:
        true = len(self.caught)
        return share(true, true + self.false_pages)

    @property
    def recall(self) -> float:
        return share(len(self.caught), len(self.found))

    @property
    def recall_detectable(self) -> float:
        return share(
            sum(item.detectable for item in self.caught),
            sum(item.detectable for item in self.found),
        )

    @property
    def f1(self) -> float:
        """Of precision and recall over the detectable incidents; 0 of who finds nothing."""
        if not self.caught:
            return 0.0
        both = self.precision + self.recall_detectable
        return 2 * self.precision * self.recall_detectable / both if both else 0.0

    @property
    def delays(self) -> list[int]:
        return sorted(item.delay for item in self.found if item.delay is not None)

    @property
    def over_bound(self) -> float:
        """The median of delay over the information bound, both in whole seconds: the finest that
        anybody sees."""
        return quantile(
            sorted(i.delay / math.ceil(i.bound) for i in self.found if i.delay and i.bound), 0.5
        )


def score(
    labels: Sequence[Label],
    pages: Iterable[Page],
    exposure: Mapping[Label, Sequence[int]],
    learned: int,
    end: int,
) -> Result:
    """`exposure`: of each incident the slice's attempts by second from its onset on. Pages before
    `learned` are nobody's: everybody is still learning."""
    incidents = [label for label in labels if label.kind == INCIDENT]
    first: dict[Label, Page] = {}
    more = dict.fromkeys(incidents, 0)
    crossing: list[tuple[Page, list[Label]]] = []
    false: list[tuple[str, Page]] = []
    for page in sorted(pages, key=lambda page: page.second):
        if page.second < learned:
            continue
        now = [label for label in incidents if _open(label, page.second)]
        related = [label for label in now if _related(page.slice, label.slice)]
        if related:
            label = min(
                related, key=lambda label: (label in first, label.slice != page.slice, label.onset)
            )
            more[label] += 1
            first.setdefault(label, page)
        elif beside := [label for label in now if not disjoint(page.slice, label.slice)]:
            crossing.append((page, beside))
        else:
            false.append((_where(page, labels), page))
    for page, beside in crossing:
        excused = next((label for label in beside if label in first), None)
        if excused is None:
            false.append((MISPLACED, page))
        else:
            more[excused] += 1
    found = [_found(label, first.get(label), more[label], exposure[label]) for label in incidents]
    return Result(found, _grouped(false), end - learned)


def _found(label: Label, page: Page | None, pages: int, exposure: Sequence[int]) -> Found:
    bound = bound_seconds(label)
    if page is None:
        return Found(label, bound)
    delay = page.second + 1 - label.onset
    return Found(
        label=label,
        bound=bound,
        delay=delay,
        payments=sum(exposure[:delay]),
        before=sum(exposure[: delay - 1]),
        pages=pages,
        exact=page.slice == label.slice,
        settled=(page.settled if page.settled is not None else page.slice) == label.slice,
    )


def _open(label: Label, second: int) -> bool:
    return label.onset <= second <= label.end + GRACE


def _related(one: str, two: str) -> bool:
    return refines(one, two) or refines(two, one)


def _where(page: Page, labels: Sequence[Label]) -> str:
    """The kind of the trap that the page fell into."""
    for label in labels:
        touched = label.kind != BURST or _related(page.slice, label.slice)
        if label.kind != INCIDENT and touched and _open(label, page.second):
            return label.kind
    return QUIET


def _grouped(false: Iterable[tuple[str, Page]]) -> dict[str, int]:
    groups: dict[str, int] = {}
    began: dict[str, int] = {}
    for kind, page in sorted(false, key=lambda item: item[1].second):
        if kind not in began or page.second - began[kind] > GROUPED:
            began[kind] = page.second
            groups[kind] = groups.get(kind, 0) + 1
    return groups


def share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def quantile(ordered: Sequence[float], q: float) -> float:
    """The smallest value that at least the share `q` of them does not exceed; NaN of none."""
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)] if ordered else math.nan


def poisson_upper(events: int, confidence: float = 0.95) -> float:
    """The mean that a Poisson count of `events` excludes to be higher: the exact one-sided bound
    (Garwood, Biometrika 28, 1936), by bisection."""
    low, high = 0.0, events + 10.0 * math.sqrt(events + 1.0) + 10.0
    while high - low > 1e-9 * high:
        mean = (low + high) / 2
        terms = (
            math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1)
        )
        if sum(terms) > 1.0 - confidence:
            low = mean
        else:
            high = mean
    return high
