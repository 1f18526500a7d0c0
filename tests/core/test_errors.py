"""The error tree is the one that errors.py draws."""

from __future__ import annotations

import inspect
import re

from functions.core import errors
from functions.core.errors import Malformed, PaywatchError, SettingsError


def test_the_drawn_tree_names_exactly_the_classes_there_are() -> None:
    drawn = re.findall(r"^    (?:[├└]── )?(\w+)", errors.__doc__ or "", re.MULTILINE)
    there = {
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__
    }
    assert sorted(drawn) == sorted(there)


def test_every_error_stands_right_below_the_base() -> None:
    assert all(kind.__bases__ == (PaywatchError,) for kind in PaywatchError.__subclasses__())
    assert PaywatchError.__subclasses__()


def test_a_malformed_says_its_reason_and_where() -> None:
    error = Malformed("bad_json", "at byte 3", b"{{{")
    assert str(error) == "bad_json: at byte 3"
    assert (error.reason, error.detail, error.data) == ("bad_json", "at byte 3", b"{{{")


def test_wrong_settings_are_listed_one_a_line() -> None:
    assert str(SettingsError(["A is missing", "B is empty"])).splitlines() == [
        "settings are wrong:",
        "  - A is missing",
        "  - B is empty",
    ]
