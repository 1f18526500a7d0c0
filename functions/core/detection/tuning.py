"""What the detector judges by beyond its budget: choices of degree, one struct a question.

None of them is a setting of a deployment. They were chosen on made-up traffic, and `benchmarks.detect`
can vary each and say what it earns. Rules carry them (functions/core/detection/state.py), so that a
step is told everything that it judges by.

What is a definition stays a constant where it is used: a minute's cell, an hour and a week, how many
slices there may be, formats of what is stored, scores at which a severity begins, and guards that keep
a logarithm finite.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from functions.core.troubles.recovery import RecoveryTuning
from functions.core.troubles.recurrence import RecurrenceTuning

Share = Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
"""Of something whole, between nothing and all of it."""
Nats = Annotated[float, msgspec.Meta(gt=0.0)]
"""Evidence: the natural logarithm of a likelihood ratio."""
Times = Annotated[float, msgspec.Meta(gt=0.0)]
"""So many times as much, or so many of them on average."""
Number = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[int, msgspec.Meta(ge=1)]


class EvidenceTuning(msgspec.Struct, frozen=True, cache_hash=True):
    """When is it proven that a slice fails more than is normal? (evidence.py,
    tracker.py, budget.py, span.py, normals.py)

    smallest_rise: the smallest rise that is looked for multiplies the odds of a failure by so much.
    sizes: alternatives that stand for all sizes of a rise in the proof of the budget, for rates of 1e-5
        and more and that smallest rise.
    between: share of its evidence that a size between two of them loses at most. Finer ones are more:
        the logarithm of their number and this loss cost least together at about this.
    errors: standard errors by which the normal rate may be higher than it seems; what is rare was seen
        a few times only.
    drift_part: how much of the drift below evidence takes for normal (share): a slow drift does not
        look like an outage.
    most_drift: a rate may drift by half of its warning threshold, and by so much at most (share of
        attempts).
    relative_drift: a rate drifts by so much of itself at least (share).
    low_drift: and by no more than so much of itself, where it is low (share).
    worth: rates wander by a share of themselves from one quarter of an hour to the next: up to it
        nothing is worth a page.
    low_worth: where the rate is low, a rise to so many times more than it surely is at most is worth a
        page.
    highest: no rate is expected to be higher (share of attempts).
    cap: how many times the needed evidence is gathered at most, so that it also falls again.
    most_starts: of a trouble that are kept of one trail at most; so many are hardly ever on the hull.
    fewest_nats: evidence that a page needs at least, however few payments there are (nats).
    suspicious: share of the needed evidence from which a slice is looked at closely.
    fewest_events: failures that a page needs at least: fewer may be one customer who tries again.
    unlearned_rate: what all traffic is held to while it is learned, and every slice before the first
        fold (share of attempts): that half of it fails is wrong anywhere.
    events_seconds: the rate of events, that the budget of false alarms is shared over, is a mean over
        about so long (seconds).
    """

    smallest_rise: Times = 1.25
    sizes: Number = 15
    between: Share = 0.04
    errors: Times = 2.0
    drift_part: Share = 0.25
    most_drift: Share = 0.02
    relative_drift: Share = 0.1
    low_drift: Share = 0.25
    worth: Share = 0.2
    low_worth: Times = 4.0
    highest: Share = 0.97
    cap: Times = 1.5
    most_starts: Number = 16
    fewest_nats: Nats = 8.0
    suspicious: Share = 0.3
    fewest_events: Number = 5
    unlearned_rate: Share = 0.4
    events_seconds: Seconds = 86_400


class NormalTuning(msgspec.Struct, frozen=True):
    """What is normal for a slice? (normals.py, folding.py, season.py, tracker.py)

    memory_seconds: what is normal now follows from so much of the past (seconds).
    guard_seconds: so long a minute waits before it becomes normal (seconds): what is found to be wrong
        by then is held back.
    past_seconds: half-life of the longer past (seconds).
    forgotten_seconds: a slice without payments for so long is forgotten (seconds).
    own_past: attempts that the longer past counts for at most, beside the memory.
    borrowed: attempts that the wider slice's rate counts for at most, and for all traffic the assumed
        one: slices of one kind differ a lot.
    differ: a slice of which nothing is known may fail so many times as much as its sister slices: their
        rate counts for fewer attempts where more would say more than that.
    first_cells: while all is learned, what came is folded so often (seconds): what sister slices show
        is all that is known then.
    dispersion_noise: standard error of a memory's mean squared residual when there is no dispersion
        (a ratio of variances): so much of a dispersion is taken for chance.
    most_dispersed: one difference's squared residual counts for so much at most (a ratio of
        variances): what lies beyond four standard deviations is no dispersion.
    most_seasonal: slices whose hours are kept.
    seasonal_attempts: attempts in an hour, for its rates to count.
    fewest_days: days on which the hour was seen, for it to be known.
    most_recurring: what recurs at an hour is normal up to so many times the slow anchor.
    seldom: what recurs comes and goes: it is held back in so many of the hours of these days at most
        (share).
    wander: rates wander: normal lies beyond the slow anchor by so much of it at any time (share).
    moves: and leaves it by so much of it more an hour (share).
    least_moves: but by so much an hour at least (share of attempts).
    most_moves: and by so much an hour at most (share of attempts).
    moved: in all, it is so many times the slow anchor at most.
    anchor_errors: standard errors of the slow anchor by which it may lie higher than it seems.
    outlying: standard deviations beyond what is normal, up to which a cell counts for the slow anchor.
    full: share of the slices that may be known, at which the smallest are let go.
    roomy: share of the slices that may be known, down to which they are.
    """

    memory_seconds: Seconds = 1800
    guard_seconds: Seconds = 120
    past_seconds: Seconds = 86_400
    forgotten_seconds: Seconds = 86_400
    own_past: Times = 300.0
    borrowed: Times = 40.0
    differ: Times = 4.0
    first_cells: Seconds = 10
    dispersion_noise: Share = 0.3
    most_dispersed: Times = 16.0
    most_seasonal: Number = 50
    seasonal_attempts: Number = 50
    fewest_days: Number = 3
    most_recurring: Times = 5.0
    seldom: Share = 0.25
    wander: Share = 0.1
    moves: Share = 0.15
    least_moves: Share = 0.0005
    most_moves: Share = 0.01
    moved: Times = 2.0
    anchor_errors: Times = 2.0
    outlying: Times = 3.0
    full: Share = 0.95
    roomy: Share = 0.8


class VolumeTuning(msgspec.Struct, frozen=True):
    """When do payments of a slice go missing? (volume.py, flow.py, surges.py, folding.py)

    fewest_expected: attempts a minute, below which a slice may well be silent.
    may_fall: share of what is expected, down to which it may fall within minutes without a word.
    left_of_all: what a collapse leaves of all traffic (share of what is expected).
    left_of_slice: what it leaves of another slice (share of what is expected). Traffic moves between
        slices, so there only near silence says something.
    lately_cells: minutes before, that it is held against.
    shortest_cell: a cell that is shorter says too little of a slice of two dimensions (seconds).
    doubtful_seconds: a drop that is not proven by then was none (seconds): payments of this slice come
        in batches.
    longest_step: a clock that jumps further missed a tick, too (seconds): payments are not missing.
    longer: so many times as long as it was ever silent by itself, a slice has to be.
    fading: share of that longest silence that is remembered from one minute to the next.
    small_part: share of what is expected, that several silent slices hold at most, to be told apart.
    surges: so many times what usually comes is a surge: when it is over, what came before is expected.
    surge_seconds: after so long it is what is usual (seconds).
    settled_seconds: so much must be known of what usually comes, before anything surges (seconds).
    """

    fewest_expected: Times = 10.0
    may_fall: Share = 0.4
    left_of_all: Share = 0.1
    left_of_slice: Share = 0.02
    lately_cells: Number = 3
    shortest_cell: Seconds = 45
    doubtful_seconds: Seconds = 1200
    longest_step: Seconds = 120
    longer: Times = 2.0
    fading: Share = 0.98
    small_part: Share = 0.8
    surges: Times = 2.5
    surge_seconds: Seconds = 86_400
    settled_seconds: Seconds = 600


class LatencyTuning(msgspec.Struct, frozen=True):
    """When are the payments of a slice slow? (latency.py, flow.py)

    usually_slower: share of payments that lie beyond what is called slow, usually: its 95th percentile.
    mildly_slower: the same of what is called mildly slow, at most: what takes twice as long shows there.
    share: alternative of the test: so much of what would be quick is slow.
    clearly_slower: share of payments beyond it that is worth a page.
    slower_by: and so many more than usual (share of payments).
    dispersion: slow payments come together: one slow hop slows many (a ratio of variances).
    fewest_timed: payments with a latency, for their share to count.
    known_timed: and those that what is usual follows from.
    lasting_seconds: after so long, latency is what it is (seconds): slow payments are usual then.
    small_part: share of the payments that several slow slices hold at most, to be told apart.
    """

    usually_slower: Share = 0.05
    mildly_slower: Share = 0.25
    share: Share = 0.3
    clearly_slower: Share = 0.2
    slower_by: Share = 0.15
    dispersion: Times = 4.0
    fewest_timed: Number = 20
    known_timed: Number = 60
    lasting_seconds: Seconds = 21_600
    small_part: Share = 0.8


class WaveTuning(msgspec.Struct, frozen=True):
    """When is it a wave of the customers' own, or of fraud? (waves.py)

    fewest: payments with that cause in a window, below which there is no wave.
    rise: a wave brings so many times the usual share at least.
    more: and adds so much to it (share of attempts).
    dispersion: customers act together: a payday, a campaign, one who tries again and again (a ratio of
        variances).
    much_more: a wider slice with so many times the excess is what the wave is about.
    small_part: share of its payments up to which slices inside of it are waves of their own.
    longer_seconds: beside the window, it is looked for over so long (seconds), of few payments a minute.
    longest_seconds: and over so long (seconds).
    every_seconds: and that so often (seconds).
    newest_seconds: where it goes on still in so much of them (seconds).
    """

    fewest: Number = 20
    rise: Times = 2.0
    more: Share = 0.02
    dispersion: Times = 4.0
    much_more: Times = 1.5
    small_part: Share = 0.5
    longer_seconds: Seconds = 300
    longest_seconds: Seconds = 900
    every_seconds: Seconds = 10
    newest_seconds: Seconds = 120


class ExplanationTuning(msgspec.Struct, frozen=True):
    """Which slices explain what stands out? (explanation.py, findings.py, span.py)

    most_causes: that are told at once.
    explains: a cause holds at least this share of the failures too many that there surely are.
    doubt: standard deviations of an excess, within which it may be more or less than it seems.
    nearly_all: share of the excess that several troubles hold together, to be told apart.
    small_part: share of the payments that they hold at most.
    clear_nats: by so much the best explanation must beat the next one that shares some payments with
        it (nats): 150 to 1. One that lies within the other may follow: the incident then reaches
        further than it seemed.
    dimension_nats: there are so many more slices of one dimension more that one of them looks better
        by chance (nats).
    pair_nats: so many more pairs are there, of which one looks better by chance (nats).
    nested_nats: by so much it should beat one that lies within it or around it (nats).
    nested_enough: with so many times the evidence that is needed, it is told all the same.
    clear_enough: with so many times the evidence that is needed, it is told even if another one comes
        close.
    fair_part: a wide slice with so much of a suspect's excess among its failures may explain it (share).
    wider_nats: by so much a wider slice must explain more than an open incident's own, to take its
        place (nats).
    shifted: from this rise of all traffic's rate on, a mix shift is reckoned with everywhere (share of
        attempts).
    lowest: normal rates below are taken for this one where explanations are compared (share of attempts).
    deeper: a slice inside of an incident's that fails so many times as much is a trouble of its own.
    clearly: standard deviations beyond that, where it is not counted by itself.
    most_paired: of so many single slices, the likeliest, two are tried as two causes at once.
    most_looked_at: slices with enough evidence that are looked at in one second.
    clear_all: as much for all traffic, which cannot become narrower again.
    part_of_all: share of all payments that two causes hold together at most: beyond, it is all traffic.
    most_of_all: one place with more of them than this (share) is held against all traffic by what comes
        beside it.
    fair_alone: share of the excess of two causes that each holds beside the other.
    guessed: standard deviations that what two slices hold in common may be more than is estimated.
    longest_seconds: a trouble beside a known one is looked for over so long at most (seconds).
    same_nats: that a slice has all of its payments in another one is told when it would be so unlikely
        by chance (nats).
    """

    most_causes: Number = 3
    explains: Share = 0.7
    doubt: Times = 1.5
    nearly_all: Share = 0.8
    small_part: Share = 0.5
    clear_nats: Nats = 5.0
    dimension_nats: Nats = 2.0
    pair_nats: Nats = 4.0
    nested_nats: Nats = 3.0
    nested_enough: Times = 1.4
    clear_enough: Times = 3.0
    fair_part: Share = 0.15
    wider_nats: Nats = 5.0
    shifted: Share = 0.001
    lowest: Share = 0.0005
    deeper: Times = 2.0
    clearly: Times = 3.0
    most_paired: Number = 12
    most_looked_at: Number = 12
    clear_all: Times = 9.0
    part_of_all: Share = 0.9
    most_of_all: Share = 0.5
    fair_alone: Share = 0.15
    guessed: Times = 1.0
    longest_seconds: Seconds = 1800
    same_nats: Nats = 10.0


class LeafTuning(msgspec.Struct, frozen=True):
    """Which part of a slice is its trouble about? (leaves.py, tracker.py, folding.py)

    explains: the part holds at least this share of the failures too many that there surely are.
    doubt: standard deviations of an excess, within which it may be more or less than it seems.
    dimension_nats: what every dimension more costs (nats), beside the logarithm of its values' number.
    clear_nats: by so much it must be likelier that the part fails alone than that all does (nats): it is
        told once and not taken back lightly.
    contending_nats: and so much likelier than another part that shares some of its payments (nats).
    tolerated: so many times what is usual may fail outside of the part.
    told_apart: share of the failures that must be known by leaf.
    borrowed: failures that the spread of payments counts for at most.
    independent: failures that it counts for where it only follows from the spread of each dimension.
    told_by: and so many more for each payment that usually did not succeed (share).
    most_values: that are looked at.
    named_seconds: so long after it began an incident can still be named more finely (seconds).
    every_seconds: how often that is tried at first (seconds).
    most_grown: times its usual share of all traffic that a value's payments are taken to be at most.
    cell_leaves: of what failed in a minute, that are told apart; in the one under way twice as many, for
        what is rare by now may not be in the end.
    """

    explains: Share = 0.7
    doubt: Times = 1.5
    dimension_nats: Nats = 2.0
    clear_nats: Nats = 4.0
    contending_nats: Nats = 3.0
    tolerated: Times = 1.2
    told_apart: Share = 0.9
    borrowed: Times = 20.0
    independent: Times = 2.0
    told_by: Share = 0.2
    most_values: Number = 16
    named_seconds: Seconds = 900
    every_seconds: Seconds = 5
    most_grown: Times = 4.0
    cell_leaves: Number = 256


class HoldingTuning(msgspec.Struct, frozen=True):
    """What is kept out of what is normal? (held_back.py, drift.py, made_normal.py)

    doubtful: share of the needed evidence from which a slice's counts are kept out.
    early: the same, where the evidence holds even if the standard error of what is normal is so many times
        as large as `unsure` says: normal may be taken that much too low.
    unsure: so many times.
    unlike: while all is learned, evidence beside what sister slices show from which nothing of a slice is
        absorbed (nats): it would be its own normal.
    gradual: so much of the rise of a drift lay in the half hour before it began (share).
    outgrown: with so many times the rise that it was told with, a drift is an outage.
    first_seconds: what begins so soon after its slice's first payment was so from the first on (seconds).
    stayed_seconds: what was so from the first on, and for so long, is how the slice is (seconds).
    suspected_seconds: so long after it began (seconds): what is not proven by then may as well be how
        the slice is.
    tainted: share of its normal failures that an incident may add to another slice's before that is
        held back too.
    low_rate: where the normal rate is lower, that share is one of this (share of attempts).
    by_chance: standard errors of a window's mix of payments, up to which it is spread as usual.
    """

    doubtful: Share = 0.5
    early: Share = 0.15
    unsure: Times = 2.0
    unlike: Nats = 1.0
    suspected_seconds: Seconds = 1200
    gradual: Share = 0.25
    outgrown: Times = 2.0
    first_seconds: Seconds = 60
    stayed_seconds: Seconds = 1800
    tainted: Share = 0.1
    low_rate: Share = 0.01
    by_chance: Times = 3.0


class CardTestingTuning(msgspec.Struct, frozen=True):
    """When does a trouble of one merchant look like card testing? (card_testing.py)

    lately_seconds: amounts of so long are held against those of before (seconds).
    guard_seconds: so long amounts wait before they are usual (seconds).
    fewest: payments that did not succeed, for their amounts to say anything.
    alike: one class of amounts holds so much of them (share).
    times: and so many times its usual share.
    small: so many of them are smaller (share)
    seldom: than all but so many usually are (share).
    issuers: they come from so many issuers at least.
    of_one: and so many of them at most from one (share).
    fading: share of what is usual that is kept from minute to minute.
    forgotten: of so few payments it is not kept.
    score: that it is told with at least, though each payment is the customer's or a rule's doing: a warning.
    """

    lately_seconds: Seconds = 300
    guard_seconds: Seconds = 900
    fewest: Number = 20
    alike: Share = 0.5
    times: Times = 3.0
    small: Share = 0.6
    seldom: Share = 0.1
    issuers: Number = 3
    of_one: Share = 0.7
    fading: Share = 0.9995
    forgotten: Times = 0.05
    score: Times = 60.0


class FiguresTuning(msgspec.Struct, frozen=True):
    """Which figures of an incident can be relied on? (findings.py, waves.py, judgement.py, state.py)

    rate_sure: error probability of the bound that severity is judged by. That there is a trouble at
        all is proven by the evidence; this says how bad it surely is.
    latest_attempts: in the latest seconds, below which their rate would say more about luck.
    uncoded: share of denials without a code, from which they may as well be the customers'.
    """

    rate_sure: Share = 0.01
    latest_attempts: Number = 20
    uncoded: Share = 0.5


class Tuning(msgspec.Struct, frozen=True):
    """All of it, by question."""

    evidence: EvidenceTuning = EvidenceTuning()
    normal: NormalTuning = NormalTuning()
    volume: VolumeTuning = VolumeTuning()
    latency: LatencyTuning = LatencyTuning()
    wave: WaveTuning = WaveTuning()
    explanation: ExplanationTuning = ExplanationTuning()
    leaf: LeafTuning = LeafTuning()
    holding: HoldingTuning = HoldingTuning()
    card_testing: CardTestingTuning = CardTestingTuning()
    figures: FiguresTuning = FiguresTuning()
    recovery: RecoveryTuning = RecoveryTuning()
    recurrence: RecurrenceTuning = RecurrenceTuning()
