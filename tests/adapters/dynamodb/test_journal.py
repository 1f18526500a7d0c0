"""detect's journal: steps are stored once, and what is read is what was written."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from functions.adapters.dynamodb.items import key
from functions.adapters.dynamodb.journal import MOST_TRIED, Journal
from functions.core.counting.messages import Noting
from functions.core.counting.partial import Partial
from functions.core.counting.window import merge_into
from functions.core.detection.journal import FORMAT, LARGEST_CHUNK, Lost, Restored
from functions.core.detection.remembered import REMEMBERED_SECONDS
from functions.core.detection.state import Rules, State, initial
from functions.core.detection.step import Delta, passed_over, replay, step
from functions.core.errors import StateConflict
from tests.builders import NOW, announcement, approved, counts, partial, payment, tally

TABLE = "paywatch-dev-state"
RULES = Rules()
START = initial(RULES)


@pytest.fixture
def journal(dynamodb: Any) -> Journal:
    return Journal(dynamodb, TABLE, clock=lambda: NOW)


def write_steps(journal: Journal, state: State, numbers: range) -> State:
    """So many steps with a payment each, stored."""
    for number in numbers:
        state, delta = step(state, [partial(number, approved(NOW + number), NOW + number)], RULES)
        journal.append(delta, state)
    return state


def test_a_journal_without_steps_gives_the_initial_state(journal: Journal) -> None:
    assert journal.load(START, RULES) == Restored(START)


def test_the_state_is_what_the_steps_made_of_it(journal: Journal) -> None:
    state = write_steps(journal, START, range(1, 6))
    assert journal.load(START, RULES) == Restored(state)


def test_a_step_is_stored_once(journal: Journal) -> None:
    state = write_steps(journal, START, range(1, 3))
    _, delta = step(state, [], RULES)
    journal.append(delta, state)
    with pytest.raises(StateConflict):
        journal.append(delta, state)


def test_the_state_is_the_snapshot_and_the_steps_after_it(journal: Journal, dynamodb: Any) -> None:
    state = write_steps(journal, START, range(1, 4))
    journal.write_snapshot(state)
    for version in (1, 2, 3):
        key = {"pk": {"S": "detect"}, "sk": {"S": f"delta#{version:012d}"}}
        dynamodb.delete_item(TableName=TABLE, Key=key)
    state = write_steps(journal, state, range(4, 6))
    assert journal.load(START, RULES) == Restored(state)


def paid(second: int, name: str) -> Partial:
    """A partial that names a payment of that id, made and arrived in that second."""
    noting = Noting(())
    noting.add(payment(second, transaction_id=name), "")
    return replace(partial(second, approved(second), second), messages=noting.noted())


def test_payments_are_remembered_by_the_steps_of_the_last_quarter_of_an_hour(
    journal: Journal, dynamodb: Any
) -> None:
    state = START
    seconds = (NOW, NOW + 60, NOW + 61, NOW + REMEMBERED_SECONDS + 30)
    for number, second in enumerate(seconds):
        state, delta = step(state, [paid(second, f"p{number}")], RULES)
        journal.append(delta, state)
        if second == NOW + 61:
            journal.write_snapshot(state)
    loaded = journal.load(START, RULES).state
    assert [seen.at for seen in loaded.remembered.seen] == list(seconds[1:])
    assert loaded.remembered.seen == state.remembered.seen
    journal.write_snapshot(state)
    reading = Interloper(dynamodb, None, 0)
    assert Journal(reading, TABLE).load(START, RULES).state.remembered.seen == state.remembered.seen
    again = [paid(NOW + REMEMBERED_SECONDS + 31, "p1")]
    assert step(loaded, again, RULES)[0].totals.payments == len(seconds)


def piece_keys(dynamodb: Any) -> list[dict[str, Any]]:
    items = dynamodb.scan(TableName=TABLE)["Items"]
    keys = [{"pk": item["pk"], "sk": item["sk"]} for item in items if "piece" in item]
    return sorted(keys, key=lambda key: str(key["sk"]["S"]))


def random_state(journal: Journal, size: int) -> State:
    """A state whose snapshot takes more than one piece, since it does not compress."""
    drawn = random.Random(size)
    state, delta = step(START, [partial(1, approved(NOW))], RULES)
    journal.append(delta, state)
    slices = {drawn.randbytes(400).hex(): counts(approved=1) for _ in range(size)}
    window = merge_into(state.window, tally({NOW: slices}))
    return msgspec.structs.replace(state, window=window)


def test_a_large_snapshot_is_stored_in_pieces_and_comes_back_whole(
    journal: Journal, dynamodb: Any
) -> None:
    state = random_state(journal, 2 * LARGEST_CHUNK // 400)
    journal.write_snapshot(state)
    assert len(piece_keys(dynamodb)) > 1
    assert journal.load(START, RULES) == Restored(state)


def test_a_snapshot_of_which_a_piece_is_missing_is_passed_over_for_an_older_one(
    journal: Journal, dynamodb: Any
) -> None:
    old = write_steps(journal, START, range(1, 4))
    journal.write_snapshot(old)
    state = write_steps(journal, old, range(4, 6))
    window = random_state(Journal(FakeTable(), TABLE), 2 * LARGEST_CHUNK // 400).window
    journal.write_snapshot(msgspec.structs.replace(state, window=window))
    dynamodb.delete_item(TableName=TABLE, Key=piece_keys(dynamodb)[-1])
    assert journal.load(START, RULES) == Restored(state)


class FakeTable:
    """A table that takes everything and keeps nothing."""

    def put_item(self, **_: Any) -> None:
        pass


def test_more_steps_than_one_answer_of_dynamodb_holds_are_all_read(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, 12))
    assert Journal(Paged(dynamodb), TABLE).load(START, RULES) == Restored(state)


@dataclass
class Paged:
    """A client whose queries answer three items at most, as DynamoDB does after 1 MB."""

    client: Any

    def query(self, **request: Any) -> Any:
        return self.client.query(**{**request, "Limit": min(request.get("Limit", 3), 3)})


@pytest.mark.parametrize("query", [1, 2, 3])
@pytest.mark.parametrize("steps_before", [0, 3])
def test_a_step_that_another_container_stores_during_the_load_is_not_lost(
    journal: Journal, dynamodb: Any, steps_before: int, query: int
) -> None:
    state = write_steps(journal, START, range(1, 1 + steps_before))
    interloper = Interloper(dynamodb, lambda: write_steps(journal, state, range(4, 6)), query)
    loaded = Journal(interloper, TABLE).load(START, RULES)
    assert loaded == journal.load(START, RULES)
    assert loaded.state.totals.payments == steps_before + 2


@dataclass
class Interloper:
    """A client before whose query of that number another container writes."""

    client: Any
    write: Any
    query_number: int
    queries: int = 0

    def query(self, **request: Any) -> Any:
        self.queries += 1
        if self.queries == self.query_number:
            self.write()
        return self.client.query(**request)


def test_a_delta_comes_back_as_it_was_stored(journal: Journal, dynamodb: Any) -> None:
    _, delta = step(START, [partial(1, approved(NOW))], RULES)
    told = msgspec.structs.replace(delta, outbox=(announcement(),))
    journal.append(told, START)
    assert journal.load(START, RULES) == Restored(replay(START, told, RULES))
    assert isinstance(told, Delta)


def newer(dynamodb: Any, *versions: int) -> None:
    """Makes what is stored of these versions that of a newer release."""
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        if int(item["sk"]["S"].split("#")[1]) not in versions:
            continue
        for name in ("delta", "piece"):
            if name in item:
                item[name] = {"B": bytes((FORMAT + 1,)) + bytes(item[name]["B"])[1:]}
        if "format" in item:
            item["format"] = {"N": str(FORMAT + 1)}
        dynamodb.put_item(TableName=TABLE, Item=item)


def test_a_release_that_is_put_back_goes_on_from_the_newest_state_that_it_can_read(
    journal: Journal, dynamodb: Any
) -> None:
    before = write_steps(journal, START, range(1, 4))
    journal.write_snapshot(before)
    before = write_steps(journal, before, range(4, 6))
    after = write_steps(journal, before, range(6, 9))
    journal.write_snapshot(after)
    newer(dynamodb, 6, 7, 8)
    state, lost = journal.load(START, RULES)
    assert state == passed_over(before, 8, NOW + 8, RULES)
    assert state.totals.payments == 5
    assert lost == Lost(first=6, last=8, since=NOW + 5, until=NOW + 8)
    assert lost.steps == 3


def test_steps_of_an_unknown_format_are_passed_over_and_their_version_is_kept(
    journal: Journal, dynamodb: Any
) -> None:
    before = write_steps(journal, START, range(1, 3))
    item = {
        "pk": {"S": "detect"},
        "sk": {"S": "delta#000000000003"},
        "delta": {"B": b"\xffnewer"},
        "head": {"S": "{}"},
    }
    dynamodb.put_item(TableName=TABLE, Item=item)
    state, lost = journal.load(START, RULES)
    assert state == passed_over(before, 3, 0, RULES)
    assert (state.version, state.totals) == (3, before.totals)
    assert lost == Lost(first=3, last=3, since=NOW + 2, until=0)


def test_what_a_newer_release_stored_is_still_there_when_it_comes_back(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, 3))
    write_steps(journal, state, range(3, 5))
    newer(dynamodb, 3, 4)
    stored = {item["sk"]["S"]: item for item in dynamodb.scan(TableName=TABLE)["Items"]}
    state, _ = journal.load(START, RULES)
    state = write_steps(journal, state, range(5, 7))
    journal.write_snapshot(state)
    assert state.version == 6
    still = {item["sk"]["S"]: item for item in dynamodb.scan(TableName=TABLE)["Items"]}
    assert {sk: still[sk] for sk in stored} == stored


def test_after_steps_that_cannot_be_read_each_payment_is_counted_once_and_none_waited_for(
    journal: Journal, dynamodb: Any
) -> None:
    write_steps(journal, write_steps(journal, START, range(1, 4)), range(4, 8))
    newer(dynamodb, 4, 5, 6, 7)
    state, _ = journal.load(START, RULES)
    in_batch = msgspec.structs.replace(partial(8, approved(NOW + 8)), after=partial(7).last)
    counted_before, not_acknowledged = partial(3, approved(NOW + 3)), partial(7, approved(NOW + 7))
    state, delta = step(state, [counted_before, not_acknowledged, in_batch], RULES)
    assert state.totals.payments == 3 + 2
    journal.append(delta, state)
    journal.write_snapshot(state)
    assert journal.load(START, RULES) == Restored(state)


def test_where_nothing_can_be_read_counting_begins_anew_and_that_is_told(
    journal: Journal, dynamodb: Any
) -> None:
    journal.write_snapshot(write_steps(journal, START, range(1, 4)))
    newer(dynamodb, 1, 2, 3)
    state, lost = journal.load(START, RULES)
    assert state == msgspec.structs.replace(START, version=3)
    assert lost == Lost(first=1, last=3, since=0, until=NOW + 3)


def test_the_version_is_above_a_snapshot_whose_steps_expired(
    journal: Journal, dynamodb: Any
) -> None:
    old = write_steps(journal, START, range(1, 3))
    journal.write_snapshot(old)
    journal.write_snapshot(write_steps(journal, old, range(3, 9)))
    for item in dynamodb.scan(TableName=TABLE)["Items"]:
        if "delta" in item:
            dynamodb.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})
    newer(dynamodb, 8)
    state, lost = journal.load(START, RULES)
    assert (state.version, state.totals.payments) == (8, 2)
    assert lost == Lost(first=3, last=8, since=NOW + 2, until=NOW + 8)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_can_be_read_and_not_the_newest_that_can_is_restored(
    journal: Journal, dynamodb: Any, seed: int
) -> None:
    drawn = random.Random(seed)
    states = [START]
    readable, unreadable_deltas = 0, set()
    for version in range(1, drawn.randint(2, 12)):
        states.append(write_steps(journal, states[-1], range(version, version + 1)))
        is_newer = drawn.random() < 0.3
        if drawn.random() < 0.4:
            journal.write_snapshot(states[-1])
            damage = drawn.choice(["", "", "piece missing", "piece damaged"])
            piece = {**key("detect", f"piece#{version:012d}#00")}
            if damage == "piece missing":
                dynamodb.delete_item(TableName=TABLE, Key=piece)
            if damage == "piece damaged":
                dynamodb.put_item(
                    TableName=TABLE, Item={**piece, "piece": {"B": bytes((FORMAT, 0))}}
                )
            readable = readable if damage or is_newer else version
        if is_newer:
            newer(dynamodb, version)
            unreadable_deltas.add(version)
    newest = states[-1].version
    while readable < newest and readable + 1 not in unreadable_deltas:
        readable += 1
    state, lost = journal.load(START, RULES)
    assert state.version == newest
    if readable == newest:
        assert (state, lost) == (states[-1], None)
    else:
        assert state == passed_over(states[readable], newest, NOW + newest, RULES)
        assert lost is not None
        assert (lost.first, lost.last, lost.until) == (readable + 1, newest, NOW + newest)


def test_snapshots_of_a_newer_release_are_passed_over_without_reading_them(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, 2))
    journal.write_snapshot(state)
    for number in range(2, 152):
        key_ = key("detect", f"state#{number:012d}")
        numbers = {"format": FORMAT + 1, "pieces": 5, "clock": NOW + number}
        item = {**key_, **{name: {"N": str(value)} for name, value in numbers.items()}}
        dynamodb.put_item(TableName=TABLE, Item=item)
    counting = Interloper(dynamodb, None, 0)
    loaded, _ = Journal(counting, TABLE).load(START, RULES)
    assert (loaded.version, loaded.totals) == (151, state.totals)
    assert counting.queries == 6, (
        "two of the list, its pieces, the newest step, the steps before it and after it"
    )


def test_snapshots_that_are_damaged_are_not_read_without_end(
    journal: Journal, dynamodb: Any
) -> None:
    state = write_steps(journal, START, range(1, MOST_TRIED + 4))
    for version in range(3, MOST_TRIED + 4):
        journal.write_snapshot(msgspec.structs.replace(state, version=version))
        if version > 3:
            sk = f"piece#{version:012d}#00"
            dynamodb.delete_item(TableName=TABLE, Key=key("detect", sk))
    counting = Interloper(dynamodb, None, 0)
    assert Journal(counting, TABLE).load(START, RULES) == Restored(state)
    assert counting.queries == MOST_TRIED + 3
