"""Real payments through the whole path: an hour with a burst of denials, speeded up."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.core.errors import Malformed
from producer.format import Format
from producer.history import read, replay
from tests.e2e.conftest import Deployment

pytestmark = [pytest.mark.e2e, pytest.mark.enable_socket]

ROOT = Path(__file__).parent.parent.parent
DATA = Path(os.environ.get("PAYWATCH_DATA", ROOT.parent / "shared" / "data"))
FILE = DATA / "cloudwalk_2025" / "transactions.csv"
FORMAT = """
[columns]
timestamp = "timestamp"
timestamp_format = "%Y-%m-%d %H:%M:%S"
status = "status"
count = "count"
[spread]
seconds = 60
"""
SPEED = 75


@pytest.mark.skipif(not FILE.is_file(), reason=f"no real data: {FILE} is absent (PAYWATCH_DATA)")
def test_an_hour_with_a_burst_of_denials_pages_that_payments_are_denied(
    deployment: Deployment,
) -> None:
    def moment(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

    bad_rows: list[Malformed] = []
    payments = read(
        FILE,
        Format.parse(FORMAT),
        on_bad=bad_rows.append,
        from_ms=moment("2025-07-12T16:45:00"),
        until_ms=moment("2025-07-12T17:45:00"),
    )

    report = deployment.send(replay(payments, speed=SPEED, start_ms=int(time.time() * 1000)))

    assert bad_rows == []
    page = deployment.page(
        lambda body: "of payments are denied on all traffic" in body, "the denials"
    )
    # At this speed the 60-second window holds the whole hour, of which the burst is a part.
    assert page.startswith(("WARNING: ", "CRITICAL: "))
    head = deployment.until(
        lambda head: head.messages >= report.payments, "every payment is counted"
    )
    assert (head.messages, head.parked) == (report.payments, 0)
