"""The channels that pages are delivered to, as a setting."""

from __future__ import annotations

import pytest

from functions.core.paging.channels.delivery import CHANNELS
from functions.settings.channels import channels, one_channel


def test_channels_are_names_between_commas() -> None:
    assert channels(", ".join(CHANNELS)) == tuple(CHANNELS)


def test_a_deployment_may_have_no_channel() -> None:
    assert channels("") == ()


def test_what_is_no_channel_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="is no channel; known: slack"):
        channels("slack,fax")
    with pytest.raises(ValueError, match="is no channel; known: slack"):
        one_channel("")
