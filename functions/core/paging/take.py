"""What becomes a page and what joins one: the on-call person hears of one trouble once.

Two voices report the same trouble: detect announces incidents, and CloudWatch's alarms go red. The
rules, in order:

- An incident's transition is told, once, in the incident's thread. News that is no worse than what was
  told, such as a wider slice, is told at most once in a cool-down. An incident that comes back goes on
  in its thread. One of severity info is recorded, never told.
- What is older than what was told, or came before it is known to be over, is no news: it is noted. An
  incident that is over before it was told is told once, as one that was. A page tells what detect knows
  when it goes out.
- An alarm on payments joins, silently, an incident that is open: detect is alive and speaks for
  itself. It joins one that is over, too, where its time is that incident's. The alarm on the score,
  which is detect's own, joins a suspected one too; the alarm on silence joins the incident of all
  traffic's volume.
- An alarm on what detect knows to be usual is silent: a rate that is normal here or its customers'
  own doing, a silence in which no payment was to be expected. A fixed threshold cannot know that.
- Otherwise it opens the one thread of payment alarms, or joins it, or, when it is more severe,
  is told there as an update. An incident that opens meanwhile goes on in that thread.
- An alarm on the pipeline has a thread of its own.
- Where a few threads have begun within minutes, what else begins joins one more, the storm: it is told
  once, and again only when something more severe joins.
- What a mute covers is noted and told to nobody, until the mute is over (functions/core/paging/muted.py,
  functions/core/paging/mute_end.py).
- When the last red alarm of a thread is green again, that is told once, unless the thread was told
  that its incident recovered. What goes red after that is news again.

Decisions are values: `take` returns the new Desk; the pages to send and what is to be noted on the
records of the troubles are in its outbox.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from functions.core.paging.alarm_change import AlarmChange, is_excused
from functions.core.paging.alarm_threads import (
    changed,
    green,
    joins,
    outdated,
    red,
    without_lost_incidents,
)
from functions.core.paging.desk import (
    OVER_SECONDS,
    Decision,
    Desk,
    Manners,
    Threads,
    remembered,
)
from functions.core.paging.incident_threads import announced
from functions.core.paging.marked import marked
from functions.core.paging.mute_end import MuteWord, mute_taken
from functions.core.paging.muted import first_told, silenced
from functions.core.paging.outcome import outcome
from functions.core.paging.record_notes import response_note
from functions.core.paging.thread_page import acknowledged_page
from functions.core.troubles.head import Head
from functions.core.troubles.incident import Announcement
from functions.core.troubles.markers import Marker
from functions.core.troubles.response import Acknowledgement, Rating, Response

Message = Announcement | AlarmChange | Response | MuteWord


def take(
    desk: Desk,
    message: Message,
    head: Head,
    now: int,
    manners: Manners,
    markers: Sequence[Marker] = (),
) -> Desk:
    """The desk after the message. `head` is what detect knows now; `markers`: of about the time at which
    the trouble began.

    A message that was taken before changes nothing.
    """
    if message.key in desk.taken:
        return desk
    over = {key: thread for key, thread in desk.over.items() if now - thread.over_at < OVER_SECONDS}
    desk = replace(desk, taken={**remembered(desk.taken, now), message.key: now}, over=over)
    if isinstance(message, MuteWord):
        return mute_taken(desk, message, head, now, manners, markers)
    told = silenced(desk, message, head, now, manners)
    told = told or first_told(desk, message, _told(desk, message, head, now, manners))
    told = marked(told, message, markers, manners)
    desk = outcome(desk, told, message.key, now)
    return replace(desk, alarms=changed(desk.alarms, message))


def _told(
    desk: Desk,
    message: Announcement | AlarmChange | Response,
    head: Head,
    now: int,
    manners: Manners,
) -> Decision:
    if isinstance(message, Announcement):
        return announced(desk, message, head, manners)
    if isinstance(message, Acknowledgement):
        return _acknowledged(desk.threads, message, manners)
    if isinstance(message, Rating):
        return Decision(dict(desk.threads), None, (response_note(message),))
    if message.at < desk.alarms.get(message.alarm.name, 0):
        return outdated(desk.threads, message, head, desk.told, manners)
    if message.state != "ALARM":
        return green(desk.threads, message, head, manners)
    left = without_lost_incidents(desk.threads, head)
    if is_excused(message.alarm, head, now) and not joins(message, head, desk.told):
        return Decision(left)
    return red(left, message, head, desk.told, manners)


def _acknowledged(threads: Threads, message: Acknowledgement, manners: Manners) -> Decision:
    """Who took the trouble over stands on every later page; the channels that know of it are told."""
    changed, page = dict(threads), None
    for about, thread in threads.items():
        if message.id != thread.id and message.id not in thread.incidents:
            continue
        if thread.taken_by == message.by:
            break
        changed[about] = replace(thread, taken_by=message.by)
        page = acknowledged_page(message, thread, manners.dashboard_url)
        break
    return Decision(changed, page, (response_note(message),))
