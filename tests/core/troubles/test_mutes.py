"""Mutes: bounded, cleaned, and of no more than their slice."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from functions.core.troubles.incident import Part
from functions.core.troubles.mutes import (
    AHEAD_SECONDS,
    LONGEST_REASON,
    LONGEST_SECONDS,
    Mute,
    MuteEnd,
    Unmute,
    checked,
    checked_end,
    covers,
    fault,
    is_mute_name,
    mute,
    mute_id,
)
from tests.builders import NOW, incident

HOUR = 3600
MUTE = Mute("MU-1120-1343-4f2", "issuer=HDFC", NOW, NOW + HOUR, "asha", "maintenance")


def test_a_mute_of_what_somebody_typed_has_a_name() -> None:
    made = mute("issuer=hdfc", NOW, NOW + HOUR, "asha", "maintenance", NOW)
    assert is_mute_name(made.id)
    assert replace(made, id=MUTE.id) == MUTE


@pytest.mark.parametrize(
    ("since", "until", "why"),
    [
        (NOW, NOW + LONGEST_SECONDS + 1, "a week at most"),
        (NOW, NOW, "must end after it begins"),
        (NOW - HOUR, NOW, "over already"),
        (NOW + AHEAD_SECONDS + 1, NOW + AHEAD_SECONDS + 2, "within 30 days"),
    ],
)
def test_a_mute_is_bounded_in_time(since: int, until: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        mute("issuer=HDFC", since, until, "asha", "maintenance", NOW)


def test_a_mute_of_a_week_that_began_before_is_one() -> None:
    made = mute("", NOW - HOUR, NOW - HOUR + LONGEST_SECONDS, "asha", "x", NOW)
    assert fault(made, NOW) == ""
    assert fault(made, made.until) != ""


@pytest.mark.parametrize(("by", "reason"), [("", "x"), ("asha", " "), ("\u200b", "x")])
def test_somebody_mutes_for_a_reason(by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="needs a reason and who says so"):
        mute("issuer=HDFC", NOW, NOW + HOUR, by, reason, NOW)


def test_texts_of_a_mute_are_cleaned_and_bounded() -> None:
    made = checked(replace(MUTE, by="asha\u202e", reason="4111 1111 1111 1111\n" + "x" * 300))
    assert made.by == "asha"
    assert made.reason.startswith("**** **** **** 1111 x")
    assert len(made.reason) <= LONGEST_REASON


@pytest.mark.parametrize("identity", ["PW-1120-1343-4f2", "MU-1320-1343-4f2", "all", "", "MU-1120"])
def test_what_is_no_name_of_a_mute_is_refused(identity: str) -> None:
    with pytest.raises(ValueError, match="no mute is called"):
        checked(replace(MUTE, id=identity))
    with pytest.raises(ValueError, match="no mute is called"):
        checked_end(Unmute(identity, "asha", NOW))


def test_who_ends_a_mute_is_told_cleaned() -> None:
    assert checked_end(Unmute(MUTE.id, " asha\n", NOW)) == Unmute(MUTE.id, "asha", NOW)


def test_messages_about_a_mute_have_keys_of_their_own() -> None:
    keys = {MUTE.key, Unmute(MUTE.id, "asha", NOW).key, MuteEnd(MUTE.id).key}
    assert len(keys) == 3


def test_two_mutes_of_a_minute_have_two_names() -> None:
    assert len({mute_id(key, "asha", NOW) for key in ("issuer=A", "issuer=B", "issuer=C")}) == 3


@pytest.mark.parametrize(
    ("muted", "key", "is_covered"),
    [
        ("issuer=HDFC", "issuer=HDFC", True),
        ("issuer=HDFC", "issuer=HDFC&network=VISA", True),
        ("issuer=HDFC&network=VISA", "issuer=HDFC", False),
        ("issuer=HDFC", "", False),
        ("issuer=HDFC", "issuer=ICICI", False),
        ("issuer=HDFC", "gateway=payu", False),
        ("", "issuer=HDFC", True),
        ("", "", True),
    ],
)
def test_a_mute_covers_its_slice_and_narrower_ones(muted: str, key: str, is_covered: bool) -> None:
    assert covers(replace(MUTE, slice=muted), incident(slice=key)) == is_covered


def test_what_is_known_by_a_finer_name_is_covered_by_that() -> None:
    finer = incident(slice="gateway=payu", narrowed="gateway=payu&issuer=HDFC", share=0.2)
    assert covers(MUTE, finer)
    assert not covers(MUTE, incident(slice="gateway=payu"))


def test_what_lies_wholly_in_the_muted_slice_is_covered() -> None:
    assert covers(MUTE, incident(slice="gateway=G4", also=("issuer=HDFC",)))


def test_a_trouble_with_a_part_that_reaches_further_is_not_covered_while_that_lasts() -> None:
    part = Part(slice="", signal="latency", severity="warning", rate=0.1, normal=0.0, since=NOW)
    assert not covers(MUTE, incident(slice="issuer=HDFC", parts=(part,)))
    over = replace(part, until=NOW + 60)
    assert covers(MUTE, incident(slice="issuer=HDFC", parts=(over,)))
    inside = replace(part, slice="issuer=HDFC&network=VISA")
    assert covers(MUTE, incident(slice="issuer=HDFC", parts=(inside,)))
