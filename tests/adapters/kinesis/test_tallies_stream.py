"""That partials reach the tallies stream."""

from __future__ import annotations

from typing import Any

from functions.adapters.kinesis.tallies_stream import TalliesStream
from functions.core.counting.partial import decode
from tests.adapters.kinesis.streams import everything_on
from tests.builders import NOW, approved, partial


def test_partials_arrive_on_the_tallies_stream_in_order(kinesis: Any) -> None:
    kinesis.create_stream(StreamName="tallies", ShardCount=1)
    sent = [partial(number, approved(NOW, number)) for number in range(1, 5)]
    TalliesStream(kinesis, "tallies").send(sent)
    [arrived] = everything_on(kinesis, "tallies").values()
    assert [decode(data) for data in arrived] == sent
