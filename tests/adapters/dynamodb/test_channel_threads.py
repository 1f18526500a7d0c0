"""What a channel was told of a thread: added to, and never taken back by who came second."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import msgspec
import pytest
from botocore.exceptions import ClientError

from functions.adapters.dynamodb.channel_threads import ChannelThreads
from functions.core.errors import Transient
from functions.core.paging.channels.delivery import ChannelMemory, mark
from functions.core.paging.page import Page
from tests.channel_pages import NOW, RESOLVED, TRIGGERED, UPDATED
from tests.state_table import TABLE

ROOT = "1763646181.000200"
PAGES = (TRIGGERED, UPDATED, RESOLVED)


@pytest.fixture
def memory(dynamodb: Any) -> ChannelThreads:
    return ChannelThreads(dynamodb, TABLE, "slack", clock=lambda: NOW)


def later(page: Page) -> Page:
    return msgspec.structs.replace(page, at=page.at + 60)


def test_of_a_thread_never_told_nothing_is_remembered(memory: ChannelThreads) -> None:
    assert memory.recall(TRIGGERED.thread) == ChannelMemory()


@pytest.mark.parametrize("order", list(permutations(PAGES)))
def test_what_was_told_is_remembered_in_whatever_order_it_was(
    memory: ChannelThreads, order: tuple[Page, ...]
) -> None:
    for page in order:
        memory.remember(page)
    marks = frozenset(map(mark, PAGES))
    assert memory.recall(TRIGGERED.thread) == ChannelMemory(marks, TRIGGERED.at, RESOLVED.at)


def test_a_page_that_is_told_twice_is_remembered_once(memory: ChannelThreads) -> None:
    for _ in range(2):
        memory.remember(TRIGGERED)
    assert memory.recall(TRIGGERED.thread).marks == {mark(TRIGGERED)}


def test_the_first_post_of_a_thread_stays_its_root(memory: ChannelThreads) -> None:
    memory.remember(TRIGGERED, ROOT)
    memory.remember(UPDATED, "another")
    memory.remember(RESOLVED)
    assert memory.recall(TRIGGERED.thread).root == ROOT


def test_only_a_beginning_and_an_end_say_when_they_were(memory: ChannelThreads) -> None:
    memory.remember(UPDATED)
    told = memory.recall(TRIGGERED.thread)
    assert (told.begun, told.over) == (0, 0)
    for page in (TRIGGERED, later(TRIGGERED), RESOLVED):
        memory.remember(page)
    told = memory.recall(TRIGGERED.thread)
    assert (told.begun, told.over) == (TRIGGERED.at + 60, RESOLVED.at)


def test_threads_do_not_share_what_was_told(memory: ChannelThreads) -> None:
    memory.remember(TRIGGERED, ROOT)
    assert memory.recall("another") == ChannelMemory()


def test_what_was_told_is_kept_for_a_month_from_the_last_page(
    memory: ChannelThreads, dynamodb: Any
) -> None:
    memory.remember(TRIGGERED)
    ChannelThreads(dynamodb, TABLE, "slack", clock=lambda: NOW + 86_400).remember(RESOLVED)
    (item,) = dynamodb.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == NOW + 31 * 86_400


def test_channels_do_not_share_what_they_were_told(dynamodb: Any) -> None:
    ChannelThreads(dynamodb, TABLE, "slack").remember(TRIGGERED, ROOT)
    assert ChannelThreads(dynamodb, TABLE, "pagerduty").recall(TRIGGERED.thread) == ChannelMemory()


CALLS: list[tuple[str, Callable[[ChannelThreads], object]]] = [
    ("get_item", lambda memory: memory.recall("thread")),
    ("update_item", lambda memory: memory.remember(TRIGGERED)),
]


@pytest.mark.parametrize(("operation", "call"), CALLS)
@pytest.mark.parametrize(
    ("code", "error"),
    [("ThrottlingException", Transient), ("AccessDeniedException", ClientError)],
)
def test_a_state_table_that_is_overloaded_may_pass_and_one_that_is_closed_does_not(
    operation: str,
    call: Callable[[ChannelThreads], object],
    code: str,
    error: type[Exception],
    refused: Callable[[str, str, str, int], Any],
) -> None:
    memory = ChannelThreads(refused("dynamodb", operation, code, 400), TABLE, "slack")
    with pytest.raises(error):
        call(memory)
