"""Which part of a slice its failures are about: by the failures themselves, and on whole streams."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.counting.counts import attempts
from functions.core.counting.partial import Partial
from functions.core.counting.slices import DEFAULT_SLICING, Slice, crossing, dimensions, slice_key
from functions.core.counting.tally import Tally
from functions.core.detection.budget import Budget
from functions.core.detection.explanation import Suspect
from functions.core.detection.leaves import Finer, Within, finer
from functions.core.detection.normals import Memory
from functions.core.detection.state import Rules, initial
from functions.core.detection.step import step
from functions.core.detection.tuning import LeafTuning
from functions.core.detection.usual import Leaves, Usual
from functions.core.troubles.incident import OPENED, Incident
from tests.builders import FIRST_SEQUENCE, NOW, SHARD, payment

GATEWAYS: Final = ("G1", "G2", "G3", "G4")
MERCHANTS: Final = ("M1", "M2", "M3", "M4")
SHARE: Final = 0.25
"""Of each gateway and merchant."""


def leaves(each: float, more: Mapping[Slice, float] = {}) -> Leaves:
    """So many failures in every leaf of merchant G2 × merchant, and so many more in some."""
    inside = [f"gateway=G2&merchant={merchant}" for merchant in MERCHANTS]
    return {leaf: each + more.get(leaf, 0.0) for leaf in inside if each or leaf in more}


def suspect(now: Leaves, expected: float) -> Suspect:
    """Gateway G2, of 400 attempts."""
    events = round(sum(now.values()))
    return Suspect("gateway=G2", "failed", 400, events, expected, 50.0, 3.0)


def part_of(key: Slice, value: Slice) -> Within:
    return Within(SHARE)


VALUES: Final = {"gateway": 4, "merchant": 4}
USUAL: Final = Usual(leaves(10.0), leaves(80.0))


def found(now: Leaves, expected: float, usually: Usual = USUAL) -> Finer | None:
    return finer(suspect(now, expected), now, usually, part_of, VALUES)


def test_one_merchant_that_fails_alone_on_a_gateway_is_named_with_it() -> None:
    part = found(leaves(1.0, {"gateway=G2&merchant=M3": 30.0}), 4.0)
    assert part is not None
    assert part.slice == "gateway=G2&merchant=M3"
    assert (part.events, part.attempts) == (31, 100)
    assert part.expected == pytest.approx(1.0)
    assert part.share == pytest.approx(SHARE)


def test_a_gateway_that_fails_for_all_merchants_alike_has_no_finer_name() -> None:
    assert found(leaves(9.0), 4.0) is None


def test_what_another_trouble_leaves_of_a_slice_is_no_finer_name() -> None:
    """Three merchants of four are another trouble's: all that is left are the payments of the fourth."""
    left = Within(SHARE, left=SHARE)
    now, usually = ({"gateway=G2&merchant=M3": n} for n in (30.0, 10.0))
    own = Usual(usually, usually)
    assert finer(suspect(now, 1.0), now, own, lambda *_: left, VALUES) is None
    assert finer(suspect(now, 1.0), now, USUAL, part_of, VALUES) is not None


def test_while_few_have_failed_it_is_not_clear_which_part_does() -> None:
    assert found(leaves(0.0, {"gateway=G2&merchant=M3": 4.0}), 1.0) is None


def test_two_merchants_that_fail_on_a_gateway_are_the_gateway() -> None:
    now = leaves(1.0, {"gateway=G2&merchant=M3": 30.0, "gateway=G2&merchant=M4": 25.0})
    assert found(now, 4.0) is None


def test_one_that_fails_most_is_no_finer_name_where_the_others_fail_more_too() -> None:
    now = leaves(12.0, {"gateway=G2&merchant=M3": 200.0})
    assert found(now, 4.0) is None


def test_a_merchant_with_most_of_what_usually_fails_is_not_named_for_it() -> None:
    usually = Usual(leaves(2.0, {"gateway=G2&merchant=M3": 60.0}), leaves(80.0))
    assert found(leaves(1.0, {"gateway=G2&merchant=M3": 30.0}), 4.0, usually) is None


def test_where_nothing_is_known_of_how_payments_are_spread_it_takes_more_to_tell() -> None:
    now = leaves(0.0, {"gateway=G2&merchant=M3": 8.0})
    assert found(now, 0.5) is not None
    assert found(now, 0.5, Usual({}, {})) is None


def test_failures_that_are_not_known_by_leaf_tell_nothing() -> None:
    now = leaves(1.0, {"gateway=G2&merchant=M3": 30.0})
    whole = Suspect("gateway=G2", "failed", 400, 60, 4.0, 50.0, 3.0)
    assert finer(whole, now, USUAL, part_of, VALUES) is None


def test_a_value_that_stands_for_many_is_no_name() -> None:
    now = {"gateway=G2&merchant=other": 40.0}
    assert found(now, 4.0) is None


def test_values_that_hold_the_same_payments_give_the_name_that_can_be_acted_on() -> None:
    def with_country(of: Leaves) -> Leaves:
        return {crossing(leaf, f"country={leaf[-1]}"): number for leaf, number in of.items()}

    now = with_country(leaves(1.0, {"gateway=G2&merchant=M3": 30.0}))
    usually = Usual(with_country(USUAL.shown), with_country(USUAL.unhappy))
    part = finer(suspect(now, 4.0), now, usually, part_of, {**VALUES, "country": 4})
    assert part is not None
    assert part.slice == "gateway=G2&merchant=M3"


@given(st.integers(1, 60), st.integers(0, 20), st.floats(0.1, 30.0))
def test_a_finer_slice_holds_a_fair_part_and_no_more_than_there_is(
    ill: int, each: int, expected: float
) -> None:
    now = leaves(float(each), {"gateway=G2&merchant=M3": float(ill)})
    whole = suspect(now, expected)
    part = finer(whole, now, USUAL, part_of, VALUES)
    if part is not None:
        assert part.slice == "gateway=G2&merchant=M3"
        assert part.events <= whole.events
        assert part.events <= part.attempts <= whole.attempts
        assert 0.0 <= part.expected <= whole.expected
        assert part.events - part.expected >= LeafTuning().explains * (ill - 3 * expected - 4)


@dataclass(frozen=True)
class Stream:
    """Payments of every second, of which so large a share of those that are in all of `where` fails after
    the calm; its values have so large a share of the traffic each. grows: from this second on it is about all
    of its first value."""

    seed: int
    where: Sequence[str]
    share: float
    more: float
    rate: int = 25
    calm: int = 480
    grows: int = 10_000

    def seconds(self) -> Iterator[tuple[int, Tally]]:
        chance = random.Random(self.seed)
        sizes = {"gateway": 4, "merchant": 8, "issuer": 5, "network": 4, "method": 3}
        values = {name: [f"{name}{n}" for n in range(size)] for name, size in sizes.items()}
        weights: dict[str, list[float]] = {}
        for name, size in sizes.items():
            rest = [chance.uniform(0.5, 1.5) for _ in range(size - 1)]
            first = self.share if name in self.where else 1 / size
            weights[name] = [first, *((1 - first) * one / sum(rest) for one in rest)]
        for second in range(self.calm + 600):
            tally = Tally()
            where = self.where if second < self.grows else self.where[:1]
            for _ in range(self.rate):
                drawn = {name: chance.choices(values[name], weights[name])[0] for name in sizes}
                ill = second >= self.calm and all(drawn[name] == f"{name}0" for name in where)
                status, cause = _outcome(chance.random(), 0.008 + (self.more if ill else 0.0))
                paid = payment(NOW + second, status, **drawn)
                tally.add(paid, cause, DEFAULT_SLICING)
            yield second, tally

    @property
    def name(self) -> Slice:
        return slice_key({name: f"{name}0" for name in self.where})


def _outcome(draw: float, failing: float) -> tuple[str, str]:
    if draw < failing:
        return "failed", "gateway"
    return ("denied", "customer") if draw < failing + 0.06 else ("approved", "")


def told(stream: Stream, after: int = 40) -> list[Incident]:
    """The incidents as they were told, until some seconds after the first was opened."""
    state, memory, said = initial(Rules()), Memory(), list[Incident]()
    keys: tuple[str, ...] = ()
    opened = 0
    for second, tally in stream.seconds():
        number = str(FIRST_SEQUENCE + second)
        at_ms = (NOW + second) * 1000
        coming = Partial(SHARD, number, number, at_ms + 1000, at_ms, tally)
        state, _ = step(state, [coming], Rules(), keys, memory)
        keys = tuple(item.key for item in state.outbox)
        said += [item.incident for item in state.outbox]
        if any(item.transition == OPENED for item in state.outbox):
            opened = opened or second
        if opened and second >= opened + after:
            break
    return said


TROUBLES: Final = (
    (1, ("gateway", "merchant"), 0.3, 0.5),
    (2, ("gateway", "merchant"), 0.4, 0.3),
    (3, ("gateway", "merchant"), 0.2, 0.6),
    (4, ("merchant",), 0.15, 0.3),
    (5, ("merchant",), 0.4, 0.15),
    (6, ("gateway",), 0.1, 0.4),
    (7, ("gateway",), 0.4, 0.1),
    (8, ("issuer", "network", "gateway"), 0.4, 0.5),
    (9, ("issuer", "network", "gateway"), 0.35, 0.6),
)


@pytest.mark.parametrize(("seed", "where", "share", "more"), TROUBLES)
def test_a_trouble_is_told_by_all_it_is_about_and_no_more(
    seed: int, where: Sequence[str], share: float, more: float
) -> None:
    stream = Stream(seed, where, share, more)
    said = told(stream)
    assert {incident.id for incident in said} == {said[0].id}
    last = said[-1]
    assert (last.narrowed or last.slice) == stream.name
    if last.narrowed:
        added = len(where) - len(dimensions(last.slice))
        assert last.share == pytest.approx(share**added, abs=0.1)


def test_a_trouble_that_outgrows_its_name_is_told_as_the_slice_and_stays_it() -> None:
    """One incident: first of the merchant on the gateway, then of the gateway, which it is followed on."""
    said = told(Stream(2, ("gateway", "merchant"), 0.4, 0.3, grows=540), after=200)
    assert {incident.id for incident in said} == {said[0].id}
    assert [incident.narrowed for incident in said] == ["gateway=gateway0&merchant=merchant0", ""]
    assert said[-1].slice == "gateway=gateway0"


def test_what_is_kept_of_what_fails_is_bounded_however_many_merchants_there_are() -> None:
    rules = Rules(budget=Budget(learning_seconds=30))  # a cell is a minute after that
    chance, most = random.Random(10), LeafTuning().cell_leaves
    state, memory, largest = initial(rules), Memory(), 0
    for second in range(150):
        tally = Tally()
        for _ in range(25):
            merchant = f"m{chance.randrange(50_000)}"
            paid = payment(NOW + second, "failed", merchant=merchant, gateway="G")
            tally.add(paid, "gateway", DEFAULT_SLICING)
        number, at_ms = str(FIRST_SEQUENCE + second), (NOW + second) * 1000
        coming = Partial(SHARD, number, number, at_ms + 1000, at_ms, tally)
        state, _ = step(state, [coming], rules, (), memory)
        largest = max(largest, len(state.tracker.failing))
    assert 2 * most < largest <= 4 * most
    cells = [cell.failing for cell in state.tracker.baseline.cells]
    assert max(map(len, cells)) == most + 1
    failed = sum(attempts(n) for leaves in (*cells, state.tracker.failing) for n in leaves.values())
    assert failed == 25 * 150
