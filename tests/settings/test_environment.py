"""How a function reads its settings: from its environment, every fault at once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from functions.core.errors import SettingsError
from functions.settings.environment import FromEnvironment, positive, setting, share, text, whole


@dataclass(frozen=True, kw_only=True)
class Lamp(FromEnvironment):
    name: str = setting(text)
    watts: int = setting(whole(1, 100), 60)
    sizes: dict[str, int] = setting(lambda value: {"read": int(value)}, {"default": 1})


def faults(env: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Lamp.from_env(env)
    return list(caught.value.faults)


def test_a_setting_is_read_from_the_variable_of_its_name_in_capitals() -> None:
    assert Lamp.from_env({"NAME": "desk", "WATTS": "7"}) == Lamp(name="desk", watts=7)


def test_what_is_not_set_has_its_default() -> None:
    lamp = Lamp.from_env({"NAME": "desk"})
    assert (lamp.watts, lamp.sizes) == (60, {"default": 1})


def test_what_the_environment_has_besides_does_not_matter() -> None:
    assert Lamp.from_env({"NAME": "desk", "PATH": "/bin"}) == Lamp(name="desk")


def test_all_faults_are_reported_at_once() -> None:
    assert [fault.split("=")[0] for fault in faults({"WATTS": "many", "SIZES": "x"})] == [
        "NAME is missing",
        "WATTS",
        "SIZES",
    ]


def test_a_fault_names_the_variable_its_value_and_what_is_wanted() -> None:
    assert faults({"NAME": "desk", "WATTS": "101"}) == ["WATTS='101': is not between 1 and 100"]


def test_text_is_stripped_and_not_empty() -> None:
    assert text(" state ") == "state"
    with pytest.raises(ValueError, match="is empty"):
        text(" ")


@pytest.mark.parametrize("value", ["0", "1", "-0.1", "nan"])
def test_a_share_lies_between_nothing_and_all(value: str) -> None:
    assert share("0.5") == 0.5
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        share(value)


@pytest.mark.parametrize("value", ["0", "-1", "inf", "nan"])
def test_what_is_positive_is_a_number_above_0(value: str) -> None:
    assert positive("0.1") == 0.1
    with pytest.raises(ValueError, match="is not above 0"):
        positive(value)
