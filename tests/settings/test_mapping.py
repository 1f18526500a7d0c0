"""A mapping as an environment variable: it comes back as it was written, or is refused."""

from __future__ import annotations

import pytest

from functions.core.payments.mapping import EventMapping
from functions.settings.mapping import LONGEST, mapping, packed

TOML = """
# where it lies
[columns]
transaction_id = "id"
timestamp = "at"
status = "état"
[statuses]
"""
HUNDRED = TOML + "".join(f'STATUS_OF_THE_GATEWAY_{n} = "failed"\n' for n in range(100))


@pytest.mark.parametrize("text", [TOML, HUNDRED])
def test_a_mapping_comes_back_as_it_was(text: str) -> None:
    assert mapping(packed(text)) == EventMapping.parse(text)
    assert len(packed(text)) < LONGEST / 2


@pytest.mark.parametrize("value", ["", " "])
def test_no_mapping_is_none(value: str) -> None:
    assert mapping(value) is None


@pytest.mark.parametrize("value", ["x", "eA==", packed(TOML)[:-8], "[columns]"])
def test_what_is_no_packed_mapping_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is no packed mapping"):
        mapping(value)


def test_every_fault_of_the_text_is_told() -> None:
    with pytest.raises(ValueError, match=r"want one of.*timestamp is missing"):
        packed('[columns]\nstatus = "s"\ntransaction_id = "t"\n[statuses]\nX = "y"')


def test_a_mapping_that_is_too_long_for_a_variable_is_refused() -> None:
    strange = "".join(f'"{(n * 7919) ** 5:x}" = "failed"\n' for n in range(400))
    with pytest.raises(ValueError, match="shorten it"):
        packed(TOML + strange)
