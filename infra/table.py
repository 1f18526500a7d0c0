"""The state table: tally's ledger, detect's journal, notify's incidents."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.nag import accept_key_actions


class State(Construct):
    """`table`: items are found by `pk` and `sk`, and vanish some time after `expires_at`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, prefix: str, key: kms.IKey, keep_data: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        # Not TableV2: under a customer's key it would need the region at synth.
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=f"{prefix}-state",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            time_to_live_attribute="expires_at",
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep_data,
            removal_policy=cdk.RemovalPolicy.RETAIN if keep_data else cdk.RemovalPolicy.DESTROY,
        )

    def grant(self, function: lambda_.Function, *actions: str) -> None:
        """Lets the function use the table, and the key that the table's items are under."""
        self.table.grant(function, *actions)
        self._key.grant_encrypt_decrypt(function)
        accept_key_actions(function)
