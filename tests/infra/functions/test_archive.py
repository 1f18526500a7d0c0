"""archive: it touches nothing but what Firehose hands it."""

from __future__ import annotations

from tests.infra.actions import LOGS_AND_TRACES, allowed
from tests.infra.conftest import Deployment, environment, synthesise


def test_it_may_write_its_log_and_its_traces_and_nothing_else(dev: Deployment) -> None:
    assert allowed(dev, "archive") == LOGS_AND_TRACES


def test_it_is_told_nothing_of_the_deployment(dev: Deployment) -> None:
    assert all(name.startswith("POWERTOOLS_") for name in environment(dev, "archive"))


def test_it_has_no_limit_for_firehose_would_store_away_what_it_does_not_take(
    prod: Deployment,
) -> None:
    assert "ReservedConcurrentExecutions" not in prod.functions()["archive"]


def test_it_is_told_where_it_keeps_no_field_that_is_not_known() -> None:
    told = environment(synthesise(archive_unknown_fields="false"), "archive")
    assert told["ARCHIVE_UNKNOWN_FIELDS"] == "false"
