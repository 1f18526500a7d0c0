"""`paywatch codes`: which decline codes are known, and which came and are not."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from functions.core.causes.knowledge import load
from functions.core.counting.unknown_codes import UnknownCode
from ops.cli import app
from ops.codes import unknown_lines
from tests.builders import NOW


def test_the_known_codes_are_counted_by_scheme() -> None:
    result = CliRunner().invoke(app, ["codes", "--json"])
    told = json.loads(result.stdout)
    assert sum(told.values()) == len(load())
    assert told["upi_npci"] > 200


def test_unknown_codes_come_most_frequent_first_with_what_is_guessed() -> None:
    seen = {
        "acme:ISSUER_UNAVAILABLE": UnknownCode(3, NOW, NOW + 60),
        ":QX-77": UnknownCode(40, NOW, NOW),
    }
    first, second = unknown_lines(seen)
    assert (first.code, first.payments, first.scheme) == ("QX-77", 40, "")
    assert (second.scheme, second.cause) == ("acme", "issuer")
    assert (second.first, second.last) == ("2025-11-20T13:43:00Z", "2025-11-20T13:44:00Z")
