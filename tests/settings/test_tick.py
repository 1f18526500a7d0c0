"""What tick is told."""

from __future__ import annotations

from functions.settings.tick import TickSettings


def test_what_the_environment_has_besides_does_not_matter() -> None:
    assert TickSettings.from_env({"EVENTS_STREAM": "events", "PATH": "/bin"}).events_stream
