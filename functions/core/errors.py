"""Every error that Paywatch raises on purpose.

The class answers the one question a handler asks: park it, retry it, or stop?

    PaywatchError
    ├── Malformed          the bytes cannot become a payment: park them, go on
    ├── Transient          a service did not answer: raise, so that Lambda retries
    ├── StateConflict      somebody else wrote first: read again, decide again
    └── SettingsError      a setting is wrong: stop at start, name every fault
"""

from __future__ import annotations

from collections.abc import Iterable


class PaywatchError(Exception):
    """Base of every error that Paywatch raises on purpose."""


class Malformed(PaywatchError):
    """Bytes that cannot become a payment. `reason` is a stable word, `detail` says where and what.

    `data` holds the offending bytes: one line of a packed record, or the whole record; `left_out`
    says how many are missing at their end.
    """

    def __init__(self, reason: str, detail: str, data: bytes = b"", left_out: int = 0) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.data = data
        self.left_out = left_out


class Transient(PaywatchError):
    """A service refused or did not answer; the same call may succeed later."""


class StateConflict(PaywatchError):
    """A conditional write failed because another invocation wrote first."""


class SettingsError(PaywatchError):
    """One or more settings are missing or wrong. The message lists all of them."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "\n".join(("settings are wrong:", *(f"  - {fault}" for fault in self.faults)))
        )
