"""Firehose → archive → Firehose."""

from __future__ import annotations

from infra.functions.function import Function, Functions, mapping_of


class ArchiveFunction(Function):
    """It touches nothing but what Firehose hands it (infra/archive.py). Firehose stores away what a
    throttled function does not take, so no limit of its own: the other functions reserve theirs.
    """

    def __init__(self, functions: Functions) -> None:
        super().__init__(
            functions,
            "archive",
            description="Turns records into masked rows of the archive, for Firehose",
            memory_mb=functions.settings.memory_mb,
            timeout_seconds=60,
            reserved=None,
            environment={
                **mapping_of(functions.settings),
                **(
                    {}
                    if functions.settings.archive_unknown_fields
                    else {"ARCHIVE_UNKNOWN_FIELDS": "false"}
                ),
            },
        )
