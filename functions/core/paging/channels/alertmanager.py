"""A page as Prometheus' Alertmanager would notify a webhook of it, version 4 of that format.

Fields: prometheus.io, Alerting, Configuration, `webhook_config`.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from functions.core.paging.channels.pagerduty import instant
from functions.core.paging.page import ACKNOWLEDGE, RESOLVE, Page
from functions.core.texts import LONGEST_TEXT, cleaned, plain

VERSION: Final = "4"
RECEIVER: Final = "paywatch"
ALERT: Final = "Paywatch"
"""One alertname for all, since a thread may begin with an alarm and go on with an incident."""
NOT_YET: Final = "0001-01-01T00:00:00Z"
"""endsAt of an alert that fires: Go's zero time, as Alertmanager writes it."""
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_]")


def notification(page: Page) -> dict[str, Any] | None:
    """The webhook's body; None for an acknowledgement, which the format has no word for."""
    if page.kind == ACKNOWLEDGE:
        return None
    is_over = page.kind == RESOLVE
    status = "resolved" if is_over else "firing"
    identity = {"alertname": ALERT, "thread": page.thread}
    labels = {**_labels(page), "severity": page.severity, **identity}
    annotations = {
        "summary": plain(page.headline),
        "description": page.body,
        **({"action": plain(page.action[1])} if page.action else {}),
    }
    return {
        "version": VERSION,
        "groupKey": f"{{}}:{{{_matchers(identity)}}}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": RECEIVER,
        "groupLabels": identity,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": page.url,
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": instant(page.started_at),
                "endsAt": instant(page.at) if is_over else NOT_YET,
                "generatorURL": page.url,
                "fingerprint": hashlib.sha256(page.thread.encode()).hexdigest()[:16],
            }
        ],
    }


def _labels(page: Page) -> dict[str, str]:
    """The page's labels under names that Prometheus allows; it has no empty values. Rules compare
    them, so they are cleaned and not otherwise changed."""
    shown = ((name, cleaned(value, LONGEST_TEXT)) for name, value in sorted(page.labels.items()))
    return {_label(name): value for name, value in shown if value}


def _label(name: str) -> str:
    allowed = _NO_NAME.sub("_", name)
    return allowed if allowed and not allowed[0].isdigit() else f"_{allowed}"


def _matchers(labels: dict[str, str]) -> str:
    return ", ".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
