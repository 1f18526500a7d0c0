"""How the payments that a cause is about do by each gateway that carries them."""

from __future__ import annotations

from functions.core.counting.counts import attempts, blamed
from functions.core.counting.slices import OTHER, Slice, crossing, slice_values
from functions.core.detection.evidence import tolerated
from functions.core.detection.span import Moment, Span
from functions.core.troubles.route import Route, does, most_telling, segment, segments
from functions.core.troubles.severity import Verdict


def routes(moment: Moment, found: Verdict, began: int) -> tuple[Route, ...]:
    """The routes of the slice's segment since `began`, in the window; none where the routes of no
    segment that tells of it are counted."""
    span = moment.since(max(began, moment.window.start))
    known = moment.tracker.known
    for part in segments(found.slice):
        carried = [
            key
            for gateway in moment.parts.get("gateway", ())
            if (key := crossing(part, gateway)) in known and slice_values(key)["gateway"] != OTHER
        ]
        if carried:
            return most_telling(_route(span, found, part, key) for key in carried)
    return ()


def _route(span: Span, found: Verdict, part: Slice, key: Slice) -> Route:
    """One route, held against the slice itself; or against the whole of a segment wider than the
    slice, in which what fails is diluted as it is on the route."""
    shown, total = _seen(span, key, found.signal)
    ill, whole = _seen(span, found.slice if part == segment(found.slice) else part, found.signal)
    budget, normal = span.moment.budget, span.moment.normals.normal(key, found.signal)
    limit = tolerated(normal, budget.drift(found.signal))
    return Route(
        segment=part,
        gateway=slice_values(key)["gateway"],
        attempts=total,
        rate=shown / total if total else 0.0,
        does=does(shown, total, limit, ill / whole if whole else 0.0),
    )


def _seen(span: Span, key: Slice, signal: str) -> tuple[int, int]:
    """The attempts that show the signal, and all."""
    counts = span.counts(key)
    return blamed(counts, signal), attempts(counts)
