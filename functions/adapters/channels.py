"""Slack, PagerDuty and a webhook: one page told, once as far as that can be known.

What a thread was told is remembered in the state table. When that cannot be read or written, the page
goes out all the same: told twice is better than not at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from functions.adapters.https import Answer
from functions.adapters.secrets import PagerDutyAccess, SlackAccess, WebhookAccess
from functions.core.errors import SettingsError, Transient
from functions.core.paging.channels import alertmanager, pagerduty, slack
from functions.core.paging.channels.delivery import ChannelMemory, is_outdated, mark
from functions.core.paging.page import TRIGGER, Page

POST_MESSAGE: Final = "https://slack.com/api/chat.postMessage"
LONELY_AFTER: Final = 3
"""Receives after which a reply is posted although the thread's first post is still not known."""
_WORD: Final = re.compile(r"[a-z_]{1,60}")

TOLD, TOLD_BEFORE, OUTDATED, NOT_FOR_IT = "told", "told before", "outdated", "not for this channel"


class Poster(Protocol):
    def post(
        self, url: str, payload: Any, headers: dict[str, str] | None = None, ca: str = ""
    ) -> Answer: ...


class Memory(Protocol):
    def recall(self, thread: str) -> ChannelMemory: ...
    def remember(self, page: Page, root: str = "") -> None: ...


@dataclass(frozen=True)
class Slack:
    access: Callable[[], SlackAccess]
    https: Poster
    memory: Memory
    post_message: str = POST_MESSAGE

    def tell(self, page: Page, receives: int) -> str:
        """Post the page: the first of a thread begins it, the others reply. What became of it.

        Raises Transient, too, for a reply that is here before the first post is known.
        """
        told = _recalled(self.memory, page)
        if done := _done_before(told, page):
            return done
        access = self.access()
        if access.webhook_url:
            _, outcome = _or_plain(lambda message: self._by_webhook(access, message), page)
            return outcome + _remembered(self.memory, page)
        begins = page.kind == TRIGGER or page.untold
        if not begins and not told.root and receives < LONELY_AFTER:
            raise Transient(f"the first post of {page.thread} is not known yet")
        root, outcome = _or_plain(
            lambda message: self._in_thread(access, message, page, told.root), page
        )
        return outcome + _remembered(self.memory, page, root)

    def _in_thread(
        self, access: SlackAccess, message: dict[str, Any], page: Page, root: str
    ) -> str:
        """Post it as a reply to `root`, if that is given and still possible; the post's name."""
        if not root:
            return self._by_token(access, message)
        reply = {**message, "thread_ts": root, "reply_broadcast": slack.is_broadcast(page)}
        try:
            return self._by_token(access, reply)
        except _Refused as refused:
            if refused.word not in slack.ABOUT_THREAD:
                raise
            return self._by_token(access, message)

    def _by_token(self, access: SlackAccess, message: dict[str, Any]) -> str:
        answer = self.https.post(
            self.post_message,
            {"channel": access.channel, **message},
            {"Authorization": f"Bearer {access.bot_token}"},
        )
        try:
            said = msgspec.json.decode(answer.body, type=_Posted)
        except msgspec.DecodeError:
            raise Transient(f"Slack answered {answer.status} and no JSON") from None
        if not said.ok:
            raise _refusal(said.error)
        return said.ts

    def _by_webhook(self, access: SlackAccess, message: dict[str, Any]) -> str:
        answer = self.https.post(access.webhook_url, message)
        if answer.status != 200:
            raise _refusal(answer.body.decode(errors="replace").strip())
        return ""


@dataclass(frozen=True)
class PagerDuty:
    """`source`: what PagerDuty shows as the affected system, the deployment."""

    access: Callable[[], PagerDutyAccess]
    https: Poster
    memory: Memory
    source: str

    def tell(self, page: Page, receives: int) -> str:
        """Send the page's event. What became of it."""
        if done := _done(self.memory, page):
            return done
        access = self.access()
        for event in pagerduty.events(page, self.source):
            self._send(access, event)
        return TOLD + _remembered(self.memory, page)

    def _send(self, access: PagerDutyAccess, event: dict[str, Any]) -> None:
        answer = self.https.post(access.endpoint, {"routing_key": access.routing_key, **event})
        if answer.status != 202:
            raise SettingsError(
                [
                    f"PagerDuty refuses the event with {answer.status}: is `routing_key` in the"
                    " secret that of an Events API v2 integration, in the service region of"
                    " `endpoint`?"
                ]
            )


@dataclass(frozen=True)
class Webhook:
    access: Callable[[], WebhookAccess]
    https: Poster
    memory: Memory

    def tell(self, page: Page, receives: int) -> str:
        """Post the page as Alertmanager would. What became of it."""
        notification = alertmanager.notification(page)
        if notification is None:
            return NOT_FOR_IT
        if done := _done(self.memory, page):
            return done
        access = self.access()
        token = access.bearer_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.https.post(access.url, notification, headers, access.ca_certificate)
        if not 200 <= answer.status < 300:
            raise SettingsError(
                [
                    f"the webhook answered {answer.status}: correct `url` or `bearer_token` in the"
                    " secret; redirects are not followed"
                ]
            )
        return TOLD + _remembered(self.memory, page)


class _Posted(msgspec.Struct):
    ok: bool
    ts: str = ""
    error: str = ""


class _Refused(SettingsError):
    """Slack refuses a post for good. `word` is Slack's for it."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__([f"Slack refuses the page with {word}: {slack.advice(word)}"])


def _refusal(said: str) -> Exception:
    """The error for Slack's word; a text that is none is not repeated."""
    word = said if _WORD.fullmatch(said) else "an unknown error"
    return Transient(f"Slack says {word}") if word in slack.PASSING else _Refused(word)


def _done(memory: Memory, page: Page) -> str:
    """Why nothing is to be sent; empty when the page is to be."""
    return _done_before(_recalled(memory, page), page)


def _done_before(told: ChannelMemory, page: Page) -> str:
    if mark(page) in told.marks:
        return TOLD_BEFORE
    return OUTDATED if is_outdated(page, told) else ""


def _or_plain(post: Callable[[dict[str, Any]], str], page: Page) -> tuple[str, str]:
    """Post the page, without a layout if Slack does not take that; the post's name, the outcome."""
    try:
        return post(slack.message(page)), TOLD
    except _Refused as refused:
        if refused.word not in slack.ABOUT_BLOCKS:
            raise
        return post(slack.plain(page)), f"{TOLD}, without a layout: {refused.word}"


def _recalled(memory: Memory, page: Page) -> ChannelMemory:
    try:
        return memory.recall(page.thread)
    except Transient:
        return ChannelMemory()


def _remembered(memory: Memory, page: Page, root: str = "") -> str:
    """Remember that the page was told; what to add to the outcome when that fails."""
    try:
        memory.remember(page, root)
    except Transient as error:
        return f", not remembered: {error}"
    return ""
