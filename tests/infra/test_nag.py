"""Accepted findings of cdk-nag: each one, where it arises, with a reason."""

from __future__ import annotations

from tests.infra.conftest import Deployment


def test_every_accepted_risk_has_a_reason(dev: Deployment) -> None:
    for rules in dev.accepted.values():
        for reason in rules.values():
            assert len(reason) > 30
            assert "false positive" not in reason.lower()
