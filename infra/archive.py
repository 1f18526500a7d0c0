"""The archive: events stream → Firehose → archive function → Parquet on S3, as a table of Glue."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.core.archive.rows import COLUMNS, REFUSED_MESSAGE
from infra.alarms import Sources
from infra.functions.archive import ArchiveFunction
from infra.functions.function import Functions
from infra.nag import accept, logical_id
from infra.settings import LOG_RETENTION
from infra.storage import KEEP_DAYS, expire, private_bucket

PAYMENTS: Final = "payments/"
ERRORS: Final = "errors/"
ARCHIVE_DAYS: Final = 400
"""Thirteen months: this month can be compared with the same one of last year."""
COLD_DAYS: Final = 90

BUFFER_MB: Final = 128
BUFFER_SECONDS: Final = 300
TRANSFORM_MB: Final = 0.25
"""A function's response may have 6 MB: room for records that unpack to 18 times their size."""
RETRIES: Final = 3

REFUSED_METRIC: Final = "ArchiveRefused"
_PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet"


class Archive(Construct):
    """`bucket`: payments/ by day of arrival, errors/ with what was refused. `table`: for Athena.
    `sources`: what an alarm may watch of it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        stream: kinesis.IStream,
        key: kms.IKey,
        access_logs: s3.IBucket,
        tls_only: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = functions.settings
        function = ArchiveFunction(functions)
        self._name = f"{settings.prefix}-archive"
        self._namespace = settings.namespace
        self._database = f"paywatch_{settings.environment}"
        self.table = f"{self._database}.payments"
        self.bucket = private_bucket(
            self,
            "Archive",
            key=key,
            logs=access_logs,
            keep_data=settings.keep_data,
            tls_only=tls_only,
            lifecycle=[_payments_rule(), expire(KEEP_DAYS, ERRORS)],
        )
        self._log = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/kinesisfirehose/{self._name}",
            retention=logs.RetentionDays[LOG_RETENTION[settings.log_retention_days]],
            removal_policy=(
                cdk.RemovalPolicy.RETAIN if settings.keep_data else cdk.RemovalPolicy.DESTROY
            ),
        )
        table = self._table()
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"sts:ExternalId": cdk.Aws.ACCOUNT_ID}},
            ),
            description=f"What Firehose may do for {self._name}",
        )
        policy = self._policy(role, stream, function, key)
        # CDK's own grants would let Firehose delete what it has archived.
        bound = role.without_policy_updates()
        self._delivery = firehose.DeliveryStream(
            self,
            "Delivery",
            delivery_stream_name=self._name,
            source=firehose.KinesisStreamSource(stream),
            role=bound,
            destination=self._destination(table, function, bound),
        )
        self._delivery.node.add_dependency(policy)
        # CDK's table of Firehose's addresses in every region, for destinations in a VPC.
        cdk.Stack.of(self).node.try_remove_child("@aws-cdk--aws-kinesisfirehose.CidrBlocks")
        accept(
            self._delivery,
            "AwsSolutions-KDF1",
            "its source is the events stream, which is encrypted under Paywatch's own key;"
            " Firehose encrypts by itself only what is put to it directly",
        )
        self._count_refusals(function)
        self.sources: Sources = {"delivery": self._metric}

    def _metric(self, name: str) -> cloudwatch.Metric:
        """A metric of the delivery: Firehose's own, or the count of what was refused."""
        if name == REFUSED_METRIC:
            return cloudwatch.Metric(namespace=self._namespace, metric_name=name)
        return self._delivery.metric(name)

    def _destination(
        self, table: glue.CfnTable, function: lambda_.IFunction, role: iam.IRole
    ) -> firehose.S3Bucket:
        return firehose.S3Bucket(
            self.bucket,
            role=role,
            data_output_prefix=f"{PAYMENTS}dt=!{{timestamp:yyyy-MM-dd}}/",
            error_output_prefix=(
                f"{ERRORS}!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/"
            ),
            buffering_size=cdk.Size.mebibytes(BUFFER_MB),
            buffering_interval=cdk.Duration.seconds(BUFFER_SECONDS),
            logging_config=firehose.EnableLogging(self._log),
            processor=firehose.LambdaFunctionProcessor(
                function,
                buffer_size=cdk.Size.mebibytes(TRANSFORM_MB),
                buffer_interval=cdk.Duration.seconds(60),
                retries=RETRIES,
            ),
            data_format_conversion=firehose.DataFormatConversionProps(
                schema_configuration=firehose.SchemaConfiguration.from_cfn_table(table),
                input_format=firehose.InputFormat.OPENX_JSON,
                output_format=firehose.OutputFormat.PARQUET,
            ),
        )

    def _table(self) -> glue.CfnTable:
        """Its partitions are computed from the days: nobody has to add them."""
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self._database, description="Paywatch: the archived payments"
            ),
        )
        location = f"s3://{self.bucket.bucket_name}/{PAYMENTS}"
        table = glue.CfnTable(
            self,
            "Table",
            catalog_id=cdk.Aws.ACCOUNT_ID,
            database_name=self._database,
            table_input=glue.CfnTable.TableInputProperty(
                name="payments",
                description="One row a payment; dt is the day, in UTC, on which it arrived",
                table_type="EXTERNAL_TABLE",
                parameters={
                    "classification": "parquet",
                    "projection.enabled": "true",
                    "projection.dt.type": "date",
                    "projection.dt.format": "yyyy-MM-dd",
                    "projection.dt.range": f"NOW-{ARCHIVE_DAYS}DAYS,NOW",
                    "projection.dt.interval": "1",
                    "projection.dt.interval.unit": "DAYS",
                    "storage.location.template": f"{location}dt=${{dt}}/",
                },
                partition_keys=[glue.CfnTable.ColumnProperty(name="dt", type="string")],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type=kind)
                        for name, kind in COLUMNS.items()
                    ],
                    location=location,
                    input_format=f"{_PARQUET}.MapredParquetInputFormat",
                    output_format=f"{_PARQUET}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )
        table.add_resource_dependency(database)
        return table

    def _policy(
        self, role: iam.Role, stream: kinesis.IStream, function: lambda_.Function, key: kms.IKey
    ) -> iam.Policy:
        """What Firehose's documentation asks for, on these resources and no others."""
        region, suffix = cdk.Aws.REGION, cdk.Aws.URL_SUFFIX
        catalog = f"arn:{cdk.Aws.PARTITION}:glue:{region}:{cdk.Aws.ACCOUNT_ID}"
        objects = [self.bucket.arn_for_objects(f"{prefix}*") for prefix in (PAYMENTS, ERRORS)]
        services = [f"{service}.{region}.{suffix}" for service in ("kinesis", "s3")]
        allowed: list[tuple[list[str], list[str]]] = [
            (
                [
                    "kinesis:DescribeStream",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                ],
                [stream.stream_arn],
            ),
            (
                ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
                [function.function_arn, f"{function.function_arn}:$LATEST"],
            ),
            (
                ["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
                [
                    f"{catalog}:catalog",
                    f"{catalog}:database/{self._database}",
                    f"{catalog}:table/{self._database}/payments",
                ],
            ),
            (
                ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                [self.bucket.bucket_arn],
            ),
            (["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], objects),
            (["logs:PutLogEvents"], [self._log.log_group_arn]),
        ]
        statements = [
            iam.PolicyStatement(actions=actions, resources=resources)
            for actions, resources in allowed
        ]
        statements.append(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": services}},
            )
        )
        policy = iam.Policy(self, "Policy", statements=statements, roles=[role])
        for prefix in (PAYMENTS, ERRORS):
            accept(
                policy,
                f"AwsSolutions-IAM5[Resource::<{logical_id(self.bucket)}.Arn>/{prefix}*]",
                f"Firehose names the objects under {prefix} at run time; deleting is not granted",
            )
        return policy

    def _count_refusals(self, function: lambda_.Function) -> None:
        """What the function refuses, it logs; what Firehose cannot store or convert, Firehose logs."""
        for construct_id, group, pattern in (
            ("RefusedByFunction", function.log_group, f'{{ $.message = "{REFUSED_MESSAGE}" }}'),
            ("RefusedByFirehose", self._log, ""),
        ):
            logs.MetricFilter(
                self,
                construct_id,
                log_group=group,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_namespace=self._namespace,
                metric_name=REFUSED_METRIC,
                metric_value="1",
            )


def _payments_rule() -> s3.LifecycleRule:
    return s3.LifecycleRule(
        prefix=PAYMENTS,
        transitions=[
            s3.Transition(
                storage_class=s3.StorageClass.INFREQUENT_ACCESS,
                transition_after=cdk.Duration.days(COLD_DAYS),
            )
        ],
        expiration=cdk.Duration.days(ARCHIVE_DAYS),
        abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
    )
