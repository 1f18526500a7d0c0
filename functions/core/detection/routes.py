"""How the payments that a cause is about do by each gateway that carries them."""

from __future__ import annotations

from functions.core.counting.counts import attempts, blamed
from functions.core.counting.slices import OTHER, Slice, crossing, slice_values
from functions.core.detection.span import Moment, Span
from functions.core.troubles.route import Route, judged, most_telling, segments
from functions.core.troubles.severity import Verdict


def routes(moment: Moment, found: Verdict, began: int) -> tuple[Route, ...]:
    """The routes of the slice's segment since `began`, in the window; none where the routes of no
    segment that tells of it are counted."""
    span = moment.since(max(began, moment.window.start))
    failing = slice_values(found.slice).get("gateway", "")
    for part in segments(found.slice):
        carried = {
            _route(span, part, key, found.signal): moment.normals.tolerated(key, found.signal)
            for gateway in moment.parts.get("gateway", ())
            if (key := crossing(part, gateway)) in moment.tracker.known
            if slice_values(key)["gateway"] != OTHER
        }
        if carried:
            return most_telling(judged(carried, failing))
    return ()


def _route(span: Span, part: Slice, key: Slice, signal: str) -> Route:
    counts = span.counts(key)
    return Route(part, slice_values(key)["gateway"], attempts(counts), blamed(counts, signal))
