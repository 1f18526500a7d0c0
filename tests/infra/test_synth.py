"""The whole: one reviewed template a stack, the accepted risks, and what the emulator goes without."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.matchers import path_type

from tests.infra.conftest import Deployment


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """One JSON file a test; code and wording do not change it."""
    return snapshot.use_extension(JSONSnapshotExtension)


WITHOUT_CODE_AND_WORDS = path_type({r".*\.(S3Key|AlarmDescription)": (str,)}, regex=True)


def test_the_prod_template_is_the_reviewed_one(prod: Deployment, golden: SnapshotAssertion) -> None:
    assert prod.template == golden(matcher=WITHOUT_CODE_AND_WORDS)


def test_the_accepted_risks_are_the_reviewed_ones(
    dev: Deployment, golden: SnapshotAssertion
) -> None:
    """cdk-nag fails the synthesis for every finding that is not accepted here."""
    assert dev.accepted == golden
