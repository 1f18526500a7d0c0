"""Pages as notify sends them to the channels, one of each kind, and any page at all."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from functions.core.paging.page import ACKNOWLEDGE, KINDS, RESOLVE, TRIGGER, UPDATE, Page
from functions.core.payments.event import DIMENSIONS
from functions.core.troubles.severity import RANK

NOW = 1_763_646_180
"""2025-11-20T13:43:00Z"""
DASHBOARD = (
    "https://eu-central-1.console.aws.amazon.com/cloudwatch/home"
    "?region=eu-central-1#dashboards/dashboard/Paywatch-prod"
)
THREAD = "PW-1120-1343-4f2"
_NAMES = (("Incident", THREAD), ("Dashboard", DASHBOARD))
_LABELS = {"signal": "failed", "cause": "issuer", "owner": "issuer", "issuer": "HDFC", "network": "VISA"}  # fmt: skip


def page(**fields: Any) -> Page:
    """An incident that began; a test names only what it is about."""
    return msgspec.structs.replace(TRIGGERED, **fields)


TRIGGERED = Page(
    thread=THREAD,
    kind=TRIGGER,
    severity="critical",
    subject=f"{THREAD}: payments failing on issuer HDFC x network VISA",
    headline="CRITICAL: 58 % of payments fail on issuer HDFC × network VISA. Likely cause: issuer",
    facts=(
        ("Now", "58 % in the last 9 s"),
        ("What", "412 of 1,204 attempts"),
        ("Surely", "more than 31 %"),
        ("Normally", "1.1 %"),
        ("Elsewhere", "0.9 %"),
        ("By gateway", "issuer HDFC: razorpay 43 % of 981, payu 41 % of 622"),
        ("Where", "issuer HDFC × network VISA"),
        ("Since", "13:43:00 UTC, Thu 20 Nov"),
        ("Whose", "issuer HDFC, at least 83 % sure"),
        ("Cause", "issuer 90 %, timeout 10 %"),
        ("Affected", "412 payments, INR 310,400"),
        ("For example", "txn_82473 (91), txn_82480 (91), txn_82502 (68)"),
        ("Score", "96 of 100"),
    ),
    action=(
        "First",
        "nothing can be moved: payments are failing on every gateway; tell customers, hide the"
        " method or warn of it; call the technical desk of HDFC.",
    ),
    names=_NAMES,
    sms="CRITICAL 58 % failing: issuer HDFC x network VISA, since 13:43 UTC, cause issuer. "
    + THREAD,
    labels=_LABELS,
    started_at=NOW,
    at=NOW + 12,
    url=DASHBOARD,
)
UPDATED = page(
    kind=UPDATE,
    headline="WORSE, now CRITICAL: 71 % of payments fail on issuer HDFC. Likely cause: issuer",
    facts=(
        ("What", "855 of 1,204 attempts"),
        ("Where", "issuer HDFC"),
        ("Since", "13:43:00 UTC, Thu 20 Nov"),
    ),
    at=NOW + 75,
)
ACKNOWLEDGED = page(
    kind=ACKNOWLEDGE,
    headline=f"Taken: asha has {THREAD}",
    facts=(("By", "asha"), ("At", "13:44:30 UTC, Thu 20 Nov")),
    action=None,
    at=NOW + 90,
)
RESOLVED = page(
    kind=RESOLVE,
    headline="OK: recovered after 10 min 7 s: issuer HDFC × network VISA",
    facts=(
        ("From", "13:43:00 UTC, Thu 20 Nov"),
        ("Until", "13:53:07 UTC, Thu 20 Nov"),
        ("Worst", "71 % of payments fail"),
    ),
    action=("Next", "did you move traffic? Move it back in steps."),
    at=NOW + 607,
)
ALARM = Page(
    thread="PW-1120-1343-a1b",
    kind=TRIGGER,
    severity="warning",
    subject="PW-1120-1343-a1b: events were parked as malformed",
    headline="WARNING: events were parked as malformed",
    facts=(
        ("Since", "13:43:00 UTC, Thu 20 Nov"),
        (
            "CloudWatch says",
            "Threshold Crossed: 1 out of the last 1 datapoints [3.0 (20/11/25 13:43:00)] was"
            " greater than or equal to the threshold (1.0).",
        ),
    ),
    action=("First", "read a parked object's reason; mend its producer; then `paywatch redrive`."),
    names=(("Alarm", "Parked"), ("Thread", "PW-1120-1343-a1b"), ("Dashboard", DASHBOARD)),
    sms="WARNING events were parked as malformed, since 13:43 UTC. PW-1120-1343-a1b",
    labels={"alarm": "Parked", "owner": "unknown"},
    started_at=NOW,
    at=NOW,
    url=DASHBOARD,
)
ONE_OF_EACH = {
    "an incident began": TRIGGERED,
    "it got worse": UPDATED,
    "somebody took it over": ACKNOWLEDGED,
    "it is over": RESOLVED,
    "an alarm went off": ALARM,
}

_characters = st.characters(exclude_categories=["Cs"])
_words = st.text(_characters, min_size=1, max_size=200) | st.builds(
    lambda text, times: text * times,
    st.text(_characters, min_size=1, max_size=8),
    st.integers(1, 1500),
)
_facts = st.tuples(_words, _words)
_seconds = st.integers(0, 2**32)
pages = st.builds(
    Page,
    thread=_words,
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from(sorted(RANK)),
    subject=_words,
    headline=_words,
    facts=st.lists(_facts, max_size=60).map(tuple),
    action=st.none() | _facts,
    names=st.lists(_facts | st.tuples(_words, st.just(DASHBOARD)), max_size=12).map(tuple),
    sms=_words,
    labels=st.dictionaries(st.sampled_from(("signal", "alarm", "owner", *DIMENSIONS)) | _words, st.text(max_size=50), max_size=6),
    started_at=_seconds,
    at=_seconds,
    url=st.just(DASHBOARD) | st.just(""),
    number=st.integers(0, 2**53),
    about=st.just("") | st.just(THREAD),
    untold=st.booleans(),
)  # fmt: skip
"""Any page: facts of any number and length, in any script, with every control character."""
