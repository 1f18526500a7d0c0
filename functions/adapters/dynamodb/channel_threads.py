"""What each channel was told of each thread."""

from __future__ import annotations

import time
from typing import Any, Final

from functions.adapters.aws import calling
from functions.adapters.dynamodb.items import Clock, expiry, key
from functions.core.paging.channels.delivery import ChannelMemory, mark
from functions.core.paging.page import RESOLVE, TRIGGER, Page

THREAD_DAYS: Final = 30


_REMEMBERED_AS: Final = {TRIGGER: "begun_at", RESOLVE: "over_at"}


class ChannelThreads:
    """What a channel was told of each thread; the pk is the channel's name, the sk the thread."""

    def __init__(self, client: Any, table: str, channel: str, clock: Clock = time.time) -> None:
        self._client = client
        self._table = table
        self._channel = channel
        self._clock = clock

    def recall(self, thread: str) -> ChannelMemory:
        """An empty ChannelMemory for a thread never told. Raises Transient."""
        with calling(f"read what {self._channel} was told"):
            answer = self._client.get_item(
                TableName=self._table, Key=key(self._channel, thread), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return ChannelMemory()
        return ChannelMemory(
            marks=frozenset(item["marks"]["SS"]),
            begun=int(item.get("begun_at", {"N": "0"})["N"]),
            over=int(item.get("over_at", {"N": "0"})["N"]),
            root=item.get("root", {"S": ""})["S"],
        )

    def remember(self, page: Page, root: str = "") -> None:
        """That the page was told; `root` names the post that began the thread, the first one stays.

        One update, so that of two deliveries at once none forgets the other. Raises Transient.
        """
        changes = ["expires_at = :expires_at"]
        values = {":mark": {"SS": [mark(page)]}, ":expires_at": expiry(self._clock, THREAD_DAYS)}
        if page.kind in _REMEMBERED_AS:
            changes.append(f"{_REMEMBERED_AS[page.kind]} = :at")
            values[":at"] = {"N": str(page.at)}
        if root:
            changes.append("root = if_not_exists(root, :root)")
            values[":root"] = {"S": root}
        with calling(f"store what {self._channel} was told"):
            self._client.update_item(
                TableName=self._table,
                Key=key(self._channel, page.thread),
                UpdateExpression=f"ADD marks :mark SET {', '.join(changes)}",
                ExpressionAttributeValues=values,
            )
