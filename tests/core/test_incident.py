"""The life of an incident, second by second, on verdicts made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.incident import (
    CLOSED,
    CLOSES_BELOW,
    OPENED,
    WORSE,
    Announcement,
    Incident,
    Patience,
    Sighting,
    follow,
    incident_id,
)
from functions.core.score import Verdict, severity
from tests.builders import NOW, announcement, verdict

PATIENCE = Patience(confirm_seconds=3, recover_seconds=5, recent_seconds=5, quiet_seconds=20)
ROUTE, ISSUER = "issuer=HDFC&network=VISA", "issuer=HDFC"


def seen(score: float, key: str = ROUTE, signal: str = "failed") -> Sighting:
    return Sighting(verdict(key, score=score, signal=signal), {"issuer": 9}, 0.003)


class Life:
    """Incidents that are followed for so many seconds at a time."""

    def __init__(self) -> None:
        self.now = NOW
        self.incidents: Sequence[Incident] = ()
        self.told: list[tuple[int, Announcement]] = []

    def go(self, seconds: int, *sightings: Sighting, recent: float = 90.0) -> Life:
        """`recent` is the score of the latest payments alone."""
        for _ in range(seconds):
            self.incidents, told = follow(
                self.incidents, sightings, lambda _: self.judged(recent), self.now, PATIENCE
            )
            self.told += [(self.now - NOW, item) for item in told]
            self.now += 1
        return self

    def judged(self, score: float) -> Verdict:
        return verdict(score=score)

    @property
    def said(self) -> list[tuple[int, str, str]]:
        return [(at, item.transition, item.incident.severity) for at, item in self.told]

    @property
    def places(self) -> list[str]:
        return [item.incident.slice for _, item in self.told]


def test_a_cause_is_announced_when_it_stood_out_for_long_enough() -> None:
    assert Life().go(3, seen(80)).said == []
    assert Life().go(9, seen(80)).said == [(3, OPENED, "critical")]


def test_a_cause_that_vanishes_before_is_forgotten() -> None:
    life = Life().go(3, seen(80)).go(1).go(3, seen(80))
    assert life.said == []
    assert len(life.incidents) == 1


def test_an_incident_began_when_it_first_stood_out() -> None:
    [(_, told)] = Life().go(9, seen(80)).told
    assert (told.incident.started_at, told.incident.detected_at) == (NOW, NOW + 3)


def test_the_page_has_the_figures_of_the_worst_moment() -> None:
    life = Life().go(2, seen(60)).go(1, seen(90)).go(6, seen(70))
    assert life.said == [(3, OPENED, "critical")]
    assert life.incidents[0].score == 90


def test_an_open_incident_that_becomes_critical_is_told_as_worse_once() -> None:
    life = Life().go(5, seen(60)).go(5, seen(80)).go(5, seen(60)).go(5, seen(90))
    assert life.said == [(3, OPENED, "warning"), (5, WORSE, "critical")]


def test_an_incident_whose_cause_reaches_further_is_told_as_worse_and_keeps_its_name() -> None:
    life = Life().go(5, seen(80)).go(1, seen(80), seen(85, ISSUER)).go(3, seen(85, ISSUER))
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (5, WORSE)]
    assert life.places == [ROUTE, ISSUER]
    assert len({told.incident.id for _, told in life.told}) == 1
    assert [incident.slice for incident in life.incidents] == [ISSUER]


def test_a_suspected_incident_does_not_widen() -> None:
    life = Life().go(2, seen(80)).go(1, seen(80), seen(85, ISSUER))
    assert sorted(incident.slice for incident in life.incidents) == [ISSUER, ROUTE]


def test_an_incident_does_not_widen_into_one_that_is_there_already() -> None:
    life = (
        Life().go(5, seen(80), seen(80, "gateway=beta")).go(5, seen(80), seen(80, "gateway=beta"))
    )
    assert len(life.incidents) == 2
    assert [what for _, what, _ in life.said] == [OPENED, OPENED]


def test_an_incident_about_another_signal_is_one_of_its_own() -> None:
    life = Life().go(5, seen(80, ""), seen(80, "", "denied"))
    assert [what for _, what, _ in life.said] == [OPENED, OPENED]
    assert len({incident.id for incident in life.incidents}) == 2


def test_an_incident_about_failures_may_turn_attributable() -> None:
    life = Life().go(5, seen(80)).go(3, seen(85, signal="attributable"))
    assert [incident.signal for incident in life.incidents] == ["attributable"]


def test_an_incident_is_closed_when_its_recent_payments_were_well_for_long_enough() -> None:
    #  0 ─ 3 opened ─ 10 well ──── 15 closed
    life = Life().go(10, seen(80)).go(8, seen(80), recent=0)
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (15, CLOSED)]


def test_payments_that_are_bad_again_start_the_recovery_anew() -> None:
    life = Life().go(10, seen(80)).go(4, recent=0).go(1, recent=60).go(8, recent=0)
    assert [(at, what) for at, what, _ in life.said] == [(3, OPENED), (20, CLOSED)]


def test_between_closing_and_opening_lies_a_band_in_which_nothing_changes() -> None:
    life = Life().go(10, seen(80)).go(30, recent=CLOSES_BELOW)
    assert [what for _, what, _ in life.said] == [OPENED]


def test_a_closed_incident_is_not_opened_again_by_its_own_old_failures() -> None:
    life = Life().go(10, seen(80)).go(25, seen(80), recent=0)
    assert [what for _, what, _ in life.said] == [OPENED, CLOSED]


def test_a_closed_incident_is_forgotten_when_its_failures_have_left_the_window() -> None:
    life = Life().go(10, seen(80)).go(30, recent=0)
    assert life.incidents == []


def test_new_failures_after_a_recovery_are_a_new_incident() -> None:
    life = Life().go(10, seen(80)).go(7, seen(80), recent=0).go(8, seen(80), recent=90)
    assert [what for _, what, _ in life.said] == [OPENED, CLOSED, OPENED]
    assert life.told[0][1].incident.id != life.told[2][1].incident.id


def test_every_transition_has_a_key_of_its_own_and_the_same_one_every_time() -> None:
    told = [
        announcement(OPENED, severity="warning"),
        announcement(WORSE),
        announcement(WORSE, slice=ISSUER),
        announcement(CLOSED),
        announcement(OPENED, id="PW-2", severity="warning"),
    ]
    assert len({item.key for item in told}) == len(told)
    assert announcement(WORSE, score=99.0, updated_at=NOW + 9).key == announcement(WORSE).key


def test_an_incidents_name_says_its_day_and_minute() -> None:
    assert incident_id(ROUTE, "failed", NOW).startswith("PW-1120-1343-")
    assert incident_id(ROUTE, "failed", NOW) == incident_id(ROUTE, "attributable", NOW)
    assert incident_id(ROUTE, "failed", NOW) != incident_id(ROUTE, "denied", NOW)


def test_severity_is_that_of_the_worst_score() -> None:
    [(_, told)] = Life().go(9, seen(80)).told
    assert told.incident.severity == severity(told.incident.score)
