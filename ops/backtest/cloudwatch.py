"""CloudWatch's metric alarms on a virtual clock: which would change state, and when.

The rules are those of the CloudWatch User Guide: "Alarm evaluation", "Alarm evaluation window" and
"Configuring how CloudWatch alarms treat missing data". Not modelled: the seconds until a sample can
be read, and where within its interval an alarm is evaluated (here: on the interval's multiples).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from functions.core.errors import PaywatchError
from functions.core.monitoring.metrics import METRICS
from ops.backtest.alarm_rules import BREACHES, FOLDS, AlarmRule

OK: Final = "OK"
ALARM: Final = "ALARM"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"
"""Where every alarm starts."""


_COUNTING: Final = ("SampleCount", "Average")
"""Statistics that ask how many samples there are."""


class Change(msgspec.Struct, frozen=True):
    """An alarm goes into a state. at: second of the evaluation."""

    name: str
    state: str
    at: int


@lru_cache(maxsize=4096)
def judge(periods: int, datapoints: int, missing: str, seen: int, breaching: int) -> str | None:
    """The state that an evaluation of `datapoints` of `periods` gives; None: the state stays.

    `seen` and `breaching` hold a bit for each data point of the evaluation range, the newest in
    bit 0: there is one, and it breaches. Source: "Configuring how CloudWatch alarms treat missing
    data". Of the data points that exist the newest `periods` count; only what they lack is filled
    by the treatment of missing data. Under `missing` and `ignore` nothing is filled: one that does
    not breach makes OK, and a few that all do make ALARM early under `missing` when the oldest is
    `datapoints` periods old ("Avoiding premature transitions"). For a few younger ones only the
    guide's edition of 2018 gives a state (`- - - - X`): INSUFFICIENT_DATA.
    """
    real = seen
    while real.bit_count() > periods:
        real ^= 1 << (real.bit_length() - 1)
    red = (real & breaching).bit_count()
    if missing == "breaching":
        return ALARM if red + periods - real.bit_count() >= datapoints else OK
    if red >= datapoints:
        return ALARM
    if missing == "notBreaching" or red < real.bit_count():
        return OK
    if missing == "ignore":
        return None
    return ALARM if real.bit_length() >= datapoints else INSUFFICIENT_DATA


class _Alarm:
    """A rule, its state, and the data points that its next evaluations can still see.

    A period of several intervals has as many rows of data points, used in turn, for the window
    slides: evaluations see the same data points only when a whole period lies between them.
    """

    __slots__ = ("breaches", "breaching", "mask", "rule", "seen", "state")

    def __init__(self, rule: AlarmRule, turns: int) -> None:
        self.rule = rule
        self.state = INSUFFICIENT_DATA
        self.breaches = BREACHES[rule.comparison]
        self.mask = (1 << rule.evaluation_range) - 1
        self.seen = [0] * turns
        self.breaching = [0] * turns

    def evaluate(self, turn: int, value: float | None) -> bool:
        """Take the newest data point, None if it is missing. Whether the state changes."""
        rule = self.rule
        seen = (self.seen[turn] << 1) & self.mask
        breaching = (self.breaching[turn] << 1) & self.mask
        if value is not None:
            seen |= 1
            breaching |= self.breaches(value, rule.threshold)
        self.seen[turn] = seen
        self.breaching[turn] = breaching
        state = judge(
            rule.evaluation_periods, rule.datapoints_to_alarm, rule.missing, seen, breaching
        )
        if state is None or state == self.state:
            return False
        self.state = state
        return True

    @property
    def is_calm(self) -> bool:
        """Whether every data point in sight is there and none breaches: one more changes nothing."""
        return not any(self.breaching) and all(seen == self.mask for seen in self.seen)


class _Bucket(msgspec.Struct, gc=False):
    """The samples of one interval, [index, index + 1) × the interval."""

    index: int
    folded: float
    count: int


class _Series:
    """A metric's samples under one statistic and period, for the alarms on them.

    Source of the sliding window, in which a data point's period ends at the evaluation:
    "Alarm evaluation window". Periods of 10 and 60 s thus start at their multiples.
    """

    __slots__ = (
        "alarms",
        "calm",
        "fold",
        "idle",
        "interval",
        "recent",
        "rest",
        "statistic",
        "tick",
        "waiting",
    )

    def __init__(self, watching: list[AlarmRule], since: int) -> None:
        first = watching[0]
        turns = first.period // first.interval
        self.interval = first.interval
        self.statistic = first.statistic
        self.fold = FOLDS[first.statistic]
        self.alarms = [_Alarm(rule, turns) for rule in watching]
        self.calm = False
        self.tick = since // first.interval + 1
        self.waiting: deque[_Bucket] = deque()
        self.recent: deque[_Bucket | None] = deque(maxlen=turns)
        # After as many evaluations without a sample no row holds any, and no state can change.
        self.rest = turns * (max(rule.evaluation_range for rule in watching) + 1)
        self.idle = self.rest - turns

    def put(self, value: float, at_second: int) -> None:
        index = at_second // self.interval
        earliest = self.tick - 1
        if self.waiting:
            newest = self.waiting[-1]
            if newest.index == index:
                newest.folded = self.fold(newest.folded, value)
                newest.count += 1
                return
            earliest = newest.index
        if index < earliest:
            raise PaywatchError(
                f"a sample at second {at_second} comes too late: it is before second "
                f"{earliest * self.interval}"
            )
        self.waiting.append(_Bucket(index, value, 1))

    def advance(self, second: int, changes: list[Change]) -> int:
        """Evaluate until `second`, adding to `changes`. The second of the next evaluation."""
        last = second // self.interval
        waiting = self.waiting
        while self.tick <= last:
            if self.idle >= self.rest:
                self.tick = min(waiting[0].index + 1 if waiting else last + 1, last + 1)
                if self.tick > last:
                    break
            bucket = None
            self.idle += 1
            if waiting and waiting[0].index < self.tick:
                bucket = waiting.popleft()
                self.idle = 0
            self.recent.append(bucket)
            value = self._value()
            if self.calm and value is not None and not self._breaches(value):
                self.tick += 1
                continue
            turn = self.tick % (self.recent.maxlen or 1)
            for alarm in self.alarms:
                if alarm.evaluate(turn, value):
                    changes.append(Change(alarm.rule.name, alarm.state, self.tick * self.interval))
            self.calm = all(alarm.is_calm for alarm in self.alarms)
            self.tick += 1
        return self.tick * self.interval

    def _breaches(self, value: float) -> bool:
        return any(alarm.breaches(value, alarm.rule.threshold) for alarm in self.alarms)

    def _value(self) -> float | None:
        """The data point of the period that ends now; None without a sample."""
        if len(self.recent) == 1 and self.statistic not in _COUNTING:
            only = self.recent[0]
            return only.folded if only is not None else None
        folded = 0.0
        count = 0
        for bucket in self.recent:
            if bucket is not None:
                folded = self.fold(folded, bucket.folded) if count else bucket.folded
                count += bucket.count
        if not count:
            return None
        if self.statistic == "SampleCount":
            return float(count)
        return folded / count if self.statistic == "Average" else folded


class Alarms:
    """The alarms of `rules` that the metrics `metrics` can judge; `unjudged` are the others.

    Judged are alarms on a deployment's own metrics, without dimensions. `since` is the second in
    which the alarms are created: the first evaluations come after it.
    """

    def __init__(
        self, rules: Iterable[AlarmRule], *, since: int, metrics: Collection[str] = METRICS
    ) -> None:
        self.unjudged: list[AlarmRule] = []
        self._order: dict[str, int] = {}
        watching: dict[tuple[str, str, int], list[AlarmRule]] = {}
        for rule in rules:
            if rule.own and rule.metric in metrics:
                self._order[rule.name] = len(self._order)
                watching.setdefault((rule.metric, rule.statistic, rule.period), []).append(rule)
            else:
                self.unjudged.append(rule)
        self._series: dict[str, list[_Series]] = {}
        for (metric, _, _), watchers in watching.items():
            self._series.setdefault(metric, []).append(_Series(watchers, since))
        self._every = [series for found in self._series.values() for series in found]
        self._next = since

    def put(self, metric: str, value: float, at_second: int) -> None:
        """A sample of high resolution; a metric that no alarm watches is passed over.

        Raises PaywatchError when it belongs to a period before that of the metric's last sample,
        or to one that was evaluated.
        """
        for series in self._series.get(metric, ()):
            series.put(value, at_second)

    def put_all(self, values: Mapping[str, float], at_second: int) -> None:
        """A sample of each metric, as `put`."""
        for metric, watching in self._series.items():
            value = values.get(metric)
            if value is not None:
                for series in watching:
                    series.put(value, at_second)

    def until(self, second: int) -> list[Change]:
        """Evaluate up to and including `second`. The changes by time, then in the rules' order."""
        if second < self._next:
            return []
        changes: list[Change] = []
        following = [series.advance(second, changes) for series in self._every]
        self._next = min(following, default=second + 1)
        changes.sort(key=lambda change: (change.at, self._order[change.name]))
        return changes
