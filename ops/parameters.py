"""What is given on the command line, as the value that a command takes, without loading pydantic.

typer has pydantic check every parameter, and its import takes longer than most commands. Text and
paths need no such check, nor does a default that is of its type already.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

# There is no public way: typer is pinned to a minor version, and the tests fail where this changes.
from typer._coercion import RuntimeParam, build_runtime_param
from typer._param_types import coerce_cli_path


@dataclass(frozen=True)
class AsGiven(RuntimeParam):
    """Takes text and paths as they are given, and leaves everything else to typer."""

    def _coerce_value(self, value: Any, param: Any, ctx: Any) -> Any:
        if type(value) is self.annotation:
            return value
        if self.annotation == list[str]:
            return list(value)
        if self.annotation is Path:
            # Looks whether it may be read, where there is such a file.
            return coerce_cli_path(
                Path(value), self.parameter_info, path_type=Path, param=param, ctx=ctx
            )
        return build_runtime_param(param.type_descriptor).coerce(value, param, ctx)


def taken_as_given(parameters: list[Any]) -> list[Any]:
    """A command's parameters, so that they are taken as given; not those with a parser of theirs."""
    for parameter in parameters:
        described = parameter.type_descriptor
        if described.parameter_info.parser is None:
            parameter._runtime_param = AsGiven(described.parameter_info, described.annotation)
    return parameters
