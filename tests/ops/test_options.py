"""An option that several commands have is called, explained and answered alike in all of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from ops.cli import COMMANDS, loaded

OF_A_STREAM: Final = ("produce", "replay")
"""These send to a stream, which need not be of a deployment."""
ASKING_AWS: Final = {
    "incidents", "ack", "normal", "rate", "audit", "codes", "redrive", "mark", "marks", "mute",
    "mutes", "unmute",
}  # fmt: skip


def helps(option: str) -> dict[str, set[str]]:
    """Each help of an option → the commands that have it so."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in COMMANDS:
        for parameter in loaded(name).params:
            if option in parameter.opts:
                found[str(getattr(parameter, "help", ""))].add(name)
    return dict(found)


def test_what_asks_a_deployment_says_which_in_the_same_way() -> None:
    assert helps("--environment") == {
        "Which deployment.": ASKING_AWS,
        "Which deployment's stream.": set(OF_A_STREAM),
    }
    assert helps("--endpoint-url") == {
        "Such as the emulator's.": ASKING_AWS,
        "Another Kinesis, such as the emulator's.": set(OF_A_STREAM),
    }
    assert helps("--region") == {"AWS region.": {*ASKING_AWS, *OF_A_STREAM}}


def test_what_looks_back_counts_in_days() -> None:
    assert helps("--days") == {"How far back.": {"incidents", "audit", "marks"}}


def test_json_is_offered_wherever_something_is_told() -> None:
    told = {name for names in helps("--json").values() for name in names}
    assert set(COMMANDS) - told == {"demo", "ack", "normal", "rate", "mark", "mute", "unmute"}
