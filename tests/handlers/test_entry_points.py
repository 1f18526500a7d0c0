"""The functions as Lambda loads them."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize("name", ["tally", "detect", "notify", "tick", "archive", "deliver"])
def test_importing_a_handler_needs_neither_settings_nor_aws(name: str) -> None:
    assert callable(importlib.import_module(f"functions.handlers.{name}").handler)
