"""What deliver is told."""

from __future__ import annotations

import pytest

from functions.core.errors import SettingsError
from functions.settings.deliver import DeliverSettings


def test_settings_that_are_wrong_are_told_together() -> None:
    with pytest.raises(SettingsError) as caught:
        DeliverSettings.from_env({"CHANNEL": "fax"})
    told = "\n".join(caught.value.faults)
    assert "known: slack, pagerduty, webhook" in told
    assert len(caught.value.faults) == 5
