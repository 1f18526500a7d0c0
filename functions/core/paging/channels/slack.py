"""A page as Slack shows it: Block Kit, and what Slack's refusals mean.

Limits and error codes: docs.slack.dev, Block Kit reference and chat.postMessage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, TRIGGER, Fact, Page
from functions.core.texts import header, mrkdwn
from functions.core.troubles.severity import CRITICAL, INFO, WARNING

MOST_FIELDS: Final = 10
MOST_ELEMENTS: Final = 10
HEADER_LENGTH: Final = 150
TEXT_LENGTH: Final = 3000
FIELD_LENGTH: Final = 2000
_NARROW: Final = 80
"""Characters of a fact that may stand beside another; longer ones get the whole width."""
_MOST_FACTS: Final = 40

_SIGN: Final[Mapping[str, str]] = {
    CRITICAL: "\N{LARGE RED CIRCLE}",
    WARNING: "\N{LARGE ORANGE CIRCLE}",
    INFO: "\N{LARGE BLUE CIRCLE}",
}
_SIGN_OF_KIND: Final[Mapping[str, str]] = {
    RESOLVE: "\N{LARGE GREEN CIRCLE}",
    ACKNOWLEDGE: "\N{EYES}",
}

PASSING: Final = frozenset(
    {
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Errors that may pass by themselves."""
ABOUT_BLOCKS: Final = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
"""Slack does not take the layout: the page goes as plain text."""
ABOUT_THREAD: Final = frozenset(
    {"cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"}
)
"""Nobody can reply any more: the page is posted on its own."""

_NEW_TOKEN: Final = "put a valid bot_token into the secret"  # noqa: S105 - advice
_NEW_URL: Final = "make a new incoming webhook, put its webhook_url into the secret"
_ADVICE: Final[Mapping[str, str]] = {
    "account_inactive": _NEW_TOKEN,
    "invalid_auth": _NEW_TOKEN,
    "not_authed": _NEW_TOKEN,
    "token_expired": _NEW_TOKEN,
    "token_revoked": _NEW_TOKEN,
    "missing_scope": "give the app the scope chat:write and install it again",
    "no_permission": "give the app the scope chat:write and install it again",
    "channel_not_found": "is `channel` in the secret a channel's ID? To a private one invite the app",
    "not_in_channel": "invite the app to the channel: /invite @its-name",
    "is_archived": "the channel is archived: put another `channel` into the secret",
    "channel_is_archived": "the channel is archived: make a webhook for another",
    "action_prohibited": "an administrator forbids it: ask for it to be allowed",
    "restricted_action": "an administrator forbids it: ask for the app to be allowed to post there",
    "invalid_token": _NEW_URL,
    "no_service": _NEW_URL,
    "no_team": _NEW_URL,
    "team_disabled": _NEW_URL,
}


def advice(error: str) -> str:
    """What to do about a refusal, by Slack's word for it."""
    return _ADVICE.get(error, "look the word up among the errors of chat.postMessage")


def message(page: Page) -> dict[str, Any]:
    """`text` for notifications, `blocks` for the eye."""
    return {
        "text": escape(f"{sign(page)} {mrkdwn(page.headline)}", TEXT_LENGTH),
        "blocks": list(_blocks(page)),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def plain(page: Page) -> dict[str, Any]:
    """The page without a layout, for a Slack that does not take it."""
    shown = "\n".join(map(mrkdwn, page.body.split("\n")))
    return {"text": escape(f"{sign(page)} {shown}", TEXT_LENGTH)}


def is_broadcast(page: Page) -> bool:
    """Whether a reply is shown in the channel, too: it came back, or it is over."""
    return page.kind in (TRIGGER, RESOLVE)


def sign(page: Page) -> str:
    return _SIGN_OF_KIND.get(page.kind) or _SIGN[page.severity]


def escape(text: str, limit: int) -> str:
    """The text with Slack's three control characters escaped, in at most `limit` characters; cut
    between characters, never inside of an escape."""
    shown = [_ESCAPES.get(character, character) for character in text[: limit + 1]]
    if sum(map(len, shown)) <= limit:
        return "".join(shown)
    kept, length = 0, 1
    while length + len(shown[kept]) <= limit:
        length += len(shown[kept])
        kept += 1
    return "".join(shown[:kept]) + "…"


_ESCAPES: Final[Mapping[str, str]] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _blocks(page: Page) -> Iterator[dict[str, Any]]:
    headline = f"{sign(page)} {header(page.headline)}"
    # Slack neither parses nor shows escapes in a header.
    yield {"type": "header", "text": {"type": "plain_text", "text": _cut(headline, HEADER_LENGTH)}}
    if len(headline) > HEADER_LENGTH:
        yield _section(escape(mrkdwn(page.headline), TEXT_LENGTH))
    yield from _sections(islice(page.facts, _MOST_FACTS))
    if page.action:
        name, what = page.action
        yield _section(escape(f"*{mrkdwn(name)}:* {mrkdwn(what)}", TEXT_LENGTH))
    elements = [_mrkdwn(_name(fact, page.url)) for fact in page.names[:MOST_ELEMENTS]]
    if elements:
        yield {"type": "context", "elements": elements}


def _sections(facts: Iterable[Fact]) -> Iterator[dict[str, Any]]:
    """Short facts in two columns, long ones in the whole width, in their order."""
    fields: list[dict[str, str]] = []
    for name, value in ((mrkdwn(name), mrkdwn(value)) for name, value in facts):
        is_wide = len(value) > _NARROW
        if fields and (is_wide or len(fields) == MOST_FIELDS):
            yield {"type": "section", "fields": fields}
            fields = []
        if is_wide:
            yield _section(escape(f"*{name}*\n{value}", TEXT_LENGTH))
        else:
            fields.append(_mrkdwn(escape(f"*{name}*\n{value}", FIELD_LENGTH)))
    if fields:
        yield {"type": "section", "fields": fields}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def _name(fact: Fact, url: str) -> str:
    """The page's own address as a link, anything else as text."""
    name, value = fact
    name = mrkdwn(name)
    if value == url and value.startswith("https://") and len(value) <= FIELD_LENGTH:
        target = value.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")
        link = f"<{target.replace('&', '&amp;')}|{escape(name, HEADER_LENGTH)}>"
        if len(link) <= TEXT_LENGTH:
            return link
    return escape(f"{name}: {mrkdwn(value)}", TEXT_LENGTH)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
