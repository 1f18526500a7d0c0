"""Traffic made by hand, the same every second, and the state that comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from functions.core.counting.counts import NONE, Counts, attempts
from functions.core.counting.slices import ALL
from functions.core.detection.budget import Budget
from functions.core.detection.evidence import Trail
from functions.core.detection.normals import Normals
from functions.core.detection.span import Moment
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import step
from functions.core.detection.tracker import hot
from functions.core.detection.tuning import NormalTuning, Tuning
from functions.core.troubles.incident import OPENED
from tests.builders import NOW, counts, partial, tally

RULES: Final = Rules(budget=Budget(learning_seconds=30))
UNLIKE: Final = replace(RULES, tuning=Tuning(normal=NormalTuning(differ=1e6)))
"""Slices may differ as they like: what one always does is learned, and not held for broken."""
A, B, X, Y = "issuer=A", "issuer=B", "network=X", "network=Y"
CALM_SECONDS: Final = 180
SINCE: Final = NOW + CALM_SECONDS
"""When `changed` traffic changes."""

Slices = Mapping[str, Counts]


def seen(total: int, share: float = 0.0, status: str = "failed", cause: str = "gateway") -> Counts:
    """So many attempts, of which that share failed."""
    bad = round(total * share)
    return counts(**{"approved": total - bad, status: bad, cause: bad})


def whole(**parts: Counts) -> Slices:
    """All traffic and its issuers."""
    issuers = {f"issuer={name}": came for name, came in parts.items()}
    return {ALL: sum(parts.values()), **issuers}


def segments(**parts: Counts) -> Slices:
    """All traffic, its issuers and networks, and the segments `AX`, `AY`, `BX`, `BY` of both."""
    slices: dict[str, Counts] = {}
    for name, came in parts.items():
        issuer, network = f"issuer={name[0]}", f"network={name[1]}"
        for key in (ALL, issuer, network):
            slices[key] = slices.get(key, NONE) + came
        slices[f"{issuer}&{network}"] = came
    return slices


def arrived(state: State, number: int, slices: Slices, rules: Rules = RULES) -> State:
    """The state after that second since NOW, in which this came; a tick where nothing did."""
    second = NOW + number
    coming = partial(number + 1, tally({second: slices}) if slices else None, second)
    if not slices:
        coming = replace(coming, newest_ms=0)
    return step(state, [coming], rules)[0]


def after(seconds: Iterable[Slices], rules: Rules = RULES) -> State:
    """The state after these seconds, the first of which is NOW."""
    state = initial(rules)
    for number, slices in enumerate(seconds):
        state = arrived(state, number, slices, rules)
    return state


def changed(calm: Slices, then: Slices, seconds: int = 5, rules: Rules = RULES) -> State:
    """Three calm minutes, then this, for so many seconds."""
    return after([calm] * CALM_SECONDS + [then] * seconds, rules)


def normals(state: State, rules: Rules = RULES) -> Normals:
    return Normals(state.tracker.baseline, rules.budget, rules.tuning)


def moment(state: State) -> Moment:
    return Moment(state.window, state.tracker, normals(state))


def told(state: State) -> list[str]:
    """The slices that were told as new."""
    return [item.incident.slice for item in state.outbox if item.transition == OPENED]


def evidence(state: State, share: float, *keys: str, began: int = SINCE) -> State:
    """The state with so much of the needed evidence that these slices fail, gathered since that
    second, and none on others."""
    tracker = state.tracker
    trails = {signal: dict[str, Trail]() for signal in tracker.evidence}
    for key in keys:
        came = attempts(tracker.current.get(key, NONE))
        nats = share * tracker.needed
        step = tracker.steps(key, "failed", state.window.clock, normals(state))
        all_failed = nats * step.dispersion / -math.log(step.q)
        trails["failed"][key] = (came, all_failed, all_failed, began, (), nats, began)
    return replace(
        state, tracker=replace(tracker, evidence=trails, hot=hot(trails, tracker.needed))
    )
