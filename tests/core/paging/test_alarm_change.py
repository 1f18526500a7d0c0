"""What a change of an alarm is about, and how long it waits for detect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.paging.alarm_change import (
    AlarmChange,
    decided,
    is_excused,
    joins_incidents,
    paging,
)
from functions.core.troubles.head import SILENCE, Head
from tests.builders import NOW, alarm, change, incident
from tests.core.paging.hearing import GREEN, RED


@pytest.mark.parametrize(
    ("head", "waited", "is_decided"),
    [
        (Head(clock=NOW), 0, False),
        (Head(clock=NOW), 4, False),
        (Head(clock=NOW), 5, True),
        (Head(clock=NOW, incidents=(incident(announced=""),)), 9, False),
        (Head(clock=NOW, incidents=(incident(announced=""),)), 10, True),
        (Head(clock=NOW, incidents=(incident(),)), 0, True),
        (Head(clock=NOW - 91), 0, True),
    ],
    ids=[
        "detect may notice yet",
        "it may notice still",
        "it noticed nothing",
        "it suspects something",
        "it could not decide",
        "it has opened an incident",
        "it is down",
    ],
)
def test_an_alarm_on_payments_lets_detect_decide_first(
    head: Head, waited: int, is_decided: bool
) -> None:
    assert decided(RED, head, waited, NOW) == is_decided


@pytest.mark.parametrize("message", [GREEN, change("NoTraffic"), change("detect-errors")])
def test_what_detect_does_not_speak_of_waits_for_nothing(message: AlarmChange) -> None:
    assert decided(message, Head(clock=NOW), 0, NOW)


heads = st.builds(
    Head,
    clock=st.integers(NOW - 200, NOW),
    incidents=st.lists(
        st.builds(
            incident,
            announced=st.sampled_from(("", "critical")),
            severity=st.sampled_from(("info", "warning", "critical")),
        ),
        max_size=3,
    ).map(tuple),
)


@given(heads)
def test_nothing_waits_for_longer_than_ten_seconds(head: Head) -> None:
    assert decided(RED, head, 10, NOW)


@given(heads, st.integers(0, 9))
def test_what_is_decided_stays_so_while_detect_says_nothing_new(head: Head, waited: int) -> None:
    assert decided(RED, head, waited, NOW) <= decided(RED, head, waited + 1, NOW)


def test_an_incident_that_pages_nobody_decides_nothing() -> None:
    wave = incident(severity="info", signal="customer")
    assert not decided(RED, Head(clock=NOW, incidents=(wave,)), 0, NOW)
    assert paging(Head(incidents=(wave, incident()))) == [incident()]


@pytest.mark.parametrize(
    "name", ["FailureRate-warning", "DeniedRate-critical", "AnomalyScore-critical"]
)
def test_an_alarm_on_failing_payments_joins_incidents(name: str) -> None:
    assert joins_incidents(alarm(name))


@pytest.mark.parametrize("name", ["NoTraffic", "detect-errors", "tally-lag"])
def test_an_alarm_on_silence_or_on_the_pipeline_joins_none(name: str) -> None:
    assert not joins_incidents(alarm(name))


@pytest.mark.parametrize(
    ("name", "excused", "is_silent"),
    [
        ("FailureRate-critical", "failed", True),
        ("FailureRate-critical", "denied", False),
        ("DeniedRate-warning", "denied", True),
        ("NoTraffic", SILENCE, True),
        ("NoTraffic", "failed", False),
        ("detect-errors", SILENCE, False),
        ("AnomalyScore-critical", "failed", False),
    ],
)
def test_an_alarm_is_excused_by_what_it_is_about(name: str, excused: str, is_silent: bool) -> None:
    assert is_excused(alarm(name), Head(clock=NOW, excused=(excused,)), NOW) == is_silent


def test_the_word_of_a_detect_that_is_down_excuses_nothing() -> None:
    head = Head(clock=NOW, excused=("failed",))
    assert is_excused(alarm("FailureRate-critical"), head, NOW + 90)
    assert not is_excused(alarm("FailureRate-critical"), head, NOW + 91)


def test_a_change_that_comes_again_has_the_same_key_and_another_one_another() -> None:
    assert change(at=NOW).key == change(at=NOW).key
    assert len({change(at=NOW).key, change(at=NOW + 1).key, change(state="OK").key}) == 3
