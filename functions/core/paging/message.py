"""What arrives at notify: incidents from detect, alarms from CloudWatch, people's responses and markers, all
on the alarms topic, and deployments from EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from functions.core.errors import Malformed
from functions.core.monitoring.alarms import Alarm
from functions.core.paging.alarm_change import AlarmChange
from functions.core.paging.take import Message
from functions.core.troubles.deployments import marker_of
from functions.core.troubles.incident import Announcement
from functions.core.troubles.markers import Marker, marker
from functions.core.troubles.mutes import Mute, Unmute, checked, checked_end
from functions.core.troubles.record import is_name
from functions.core.troubles.response import Acknowledgement, Rating, Response


class _Alarm(msgspec.Struct):
    AlarmName: str
    NewStateValue: str
    NewStateReason: str = ""
    StateChangeTime: str = ""


_OURS: Final[Mapping[str, Any]] = {
    "paywatch_announcement": Announcement,
    "paywatch_acknowledgement": Acknowledgement,
    "paywatch_rating": Rating,
    "paywatch_marker": Marker,
    "paywatch_mute": Mute,
    "paywatch_unmute": Unmute,
}
"""The key that says what a message of Paywatch's own is, and what stands under it."""


MINUTE: Final = "paywatch_minute"
"""The key of what EventBridge Scheduler says once a minute."""


def to_text(message: Announcement | Response | Marker | Mute | Unmute) -> str:
    """The inverse of `parse`, for messages of Paywatch's own."""
    [key] = [key for key, kind in _OURS.items() if isinstance(message, kind)]
    return msgspec.json.encode({key: message}).decode()


class Minute(msgspec.Struct, frozen=True):
    """A minute has passed: what is due is told though nothing else happens."""


def parse(text: str, prefix: str, alarms: Mapping[str, Alarm]) -> Message | Marker | Minute | None:
    """The message, or a marker, or a minute, or None for what calls nobody. Raises Malformed for what is not
    known.

    `alarms` are this deployment's, by name; `prefix` is what their names begin with in CloudWatch.
    """
    try:
        message: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Malformed("bad_message", f"not JSON: {error}", text.encode()) from None
    if not isinstance(message, dict):
        raise Malformed("bad_message", "not an object", text.encode())
    if MINUTE in message:
        return Minute()
    if "detail-type" in message:
        return marker_of(message)
    try:
        for key, kind in _OURS.items():
            if key in message:
                found: Message | Marker = msgspec.convert(message[key], kind)
                if isinstance(found, Marker):
                    return marker(found.text, found.at, found.slice, found.by)
                if isinstance(found, Mute):
                    return checked(found)
                if isinstance(found, Unmute):
                    return checked_end(found)
                if isinstance(found, Response) and not is_name(found.id):
                    raise ValueError(f"no trouble is called {found.id!r}")
                return found
        if "AlarmName" in message:
            return _alarm_change(msgspec.convert(message, _Alarm), prefix, alarms)
    except (msgspec.ValidationError, ValueError) as error:
        raise Malformed("bad_message", str(error), text.encode()) from None
    raise Malformed(
        "bad_message", f"neither incident nor alarm: {sorted(message)[:5]}", text.encode()
    )


def _alarm_change(message: _Alarm, prefix: str, alarms: Mapping[str, Alarm]) -> AlarmChange | None:
    if message.NewStateValue == "INSUFFICIENT_DATA":
        return None
    alarm = alarms.get(message.AlarmName.removeprefix(prefix))
    if alarm is None:
        raise ValueError(f"no alarm of this deployment is called {message.AlarmName}")
    at = int(datetime.fromisoformat(message.StateChangeTime).timestamp())
    return AlarmChange(alarm, message.NewStateValue, at, message.NewStateReason)
