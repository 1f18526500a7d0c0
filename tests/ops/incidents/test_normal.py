"""`paywatch normal`: a person's word travels to detect as what was counted does. moto stands for AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.core.counting.partial import decode, encode, word
from functions.core.detection.state import State
from functions.core.detection.step import step
from functions.core.errors import PaywatchError
from functions.core.paging.record_notes import alarm_note
from functions.core.troubles.incident import Incident
from ops.deployment import Deployment, tallies_of
from ops.incidents.normal import TAKEN_SECONDS, made_normal, still_open
from tests.adapters.kinesis.streams import everything_on
from tests.builders import NOW, change, incident, partial
from tests.ops.incidents.story import ID, note
from tests.steady_traffic import RULES, changed, seen, whole

CALM = whole(A=seen(50), B=seen(50))
ILL = changed(CALM, whole(A=seen(50, 0.5), B=seen(50)), 30)
AT_MS = (NOW + 500) * 1000


class Detect:
    """detect, which takes a word when the command waits for it."""

    def __init__(self, deployment: Deployment, kinesis: Any, state: State) -> None:
        self.deployment, self.kinesis, self.state = deployment, kinesis, state
        self.waited = 0.0

    def store(self, data: list[bytes]) -> None:
        self.state, delta = step(self.state, [decode(one) for one in data], RULES)
        self.deployment.journal.append(delta, self.state)

    def __call__(self, seconds: float) -> None:
        self.waited += seconds
        [data] = everything_on(self.kinesis, "tallies").values()
        self.store(data)


@pytest.fixture
def kinesis(services: None) -> Any:
    client = boto3.client("kinesis")
    client.create_stream(StreamName="tallies", ShardCount=1)
    return client


def opened() -> Incident:
    [found] = [one for one in ILL.incidents if one.is_open]
    return found


def detecting(deployment: Deployment, kinesis: Any) -> Detect:
    detect = Detect(deployment, kinesis, ILL)
    detect.deployment.records.note(note(id=opened().id, started_at=opened().started_at))
    detect.store([encode(partial(9_999, second=ILL.window.clock))])
    return detect


def test_an_open_incident_is_closed_before_the_command_ends(
    deployment: Deployment, kinesis: Any
) -> None:
    detect = detecting(deployment, kinesis)
    found = still_open(deployment, opened().id, NOW)
    words = made_normal(deployment, TalliesStream(kinesis, "tallies"), found, AT_MS, detect)
    assert words.startswith(f"{found.id} is closed: what issuer A shows now is normal")
    assert detect.waited == 0.5
    assert not [one for one in detect.state.incidents if one.id == found.id]
    with pytest.raises(PaywatchError, match="is over already"):
        still_open(deployment, found.id, NOW)


def test_the_word_names_the_incident_and_nothing_else(deployment: Deployment, kinesis: Any) -> None:
    detect = detecting(deployment, kinesis)
    made_normal(deployment, TalliesStream(kinesis, "tallies"), opened(), AT_MS, detect)
    [[data]] = everything_on(kinesis, "tallies").values()
    assert decode(data) == word(opened().id, AT_MS)


def test_a_word_that_detect_does_not_take_is_said_to_be_on_its_way(
    deployment: Deployment, kinesis: Any
) -> None:
    detecting(deployment, kinesis)
    pauses: list[float] = []
    ignored: Callable[[float], None] = pauses.append
    words = made_normal(deployment, TalliesStream(kinesis, "tallies"), opened(), AT_MS, ignored)
    assert "see whether detect works" in words
    assert sum(pauses) == TAKEN_SECONDS


def test_a_name_that_nothing_has_is_told_with_what_to_do(deployment: Deployment) -> None:
    with pytest.raises(PaywatchError, match="`paywatch incidents` lists them"):
        still_open(deployment, "PW-1120-1343-fff", NOW)


def test_an_incident_that_is_over_cannot_become_normal(deployment: Deployment) -> None:
    deployment.records.note(note(closed_at=NOW + 60))
    with pytest.raises(PaywatchError, match=f"`paywatch rate {ID} noise`"):
        still_open(deployment, ID, NOW)


def test_alarms_without_an_incident_cannot_become_normal(deployment: Deployment) -> None:
    deployment.records.note(alarm_note(change(at=NOW), ID, NOW, None))
    with pytest.raises(PaywatchError, match="alarms alone"):
        still_open(deployment, ID, NOW)


def test_the_tallies_stream_is_that_of_the_deployment(kinesis: Any) -> None:
    stream = tallies_of(lambda _: kinesis, {"TalliesStream": "tallies"})
    stream.send([word(incident().id, AT_MS)])
    [[data]] = everything_on(kinesis, "tallies").values()
    assert decode(data).normal == (incident().id,)
