"""One frozen Settings per deployment, read from the CDK context; every fault is reported at once.

cdk.json holds the defaults of each environment under `paywatch`; `-c key=value` overrides them.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from functions.core.counting.signals import Threshold
from functions.core.counting.slices import Slicing
from functions.core.errors import SettingsError
from functions.core.paging.channels.delivery import CHANNELS
from functions.settings.archive import ArchiveSettings
from functions.settings.detect import DetectSettings
from functions.settings.environment import whole
from functions.settings.mapping import packed
from functions.settings.notify import NotifySettings
from functions.settings.tally import TallySettings

ROOT: Final = Path(__file__).resolve().parent.parent
"""The repository."""

LOG_RETENTION: Final[Mapping[int, str]] = {
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS",
    731: "TWO_YEARS",
}
"""Days → the CDK's name for them; CloudWatch Logs accepts only certain numbers."""

_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,.]+")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SECRET = re.compile(
    r"[A-Za-z0-9/_+=.@-]{1,512}"
    r"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
)
_VALUE = re.compile(r"xox.*|https?:.*|[0-9a-fA-F]{32}")
"""What looks like a token or a key, and not like the name of the secret that holds it."""


def _emails(value: str) -> tuple[str, ...]:
    return _each(value, _EMAIL, "is no email address")


def _phones(value: str) -> tuple[str, ...]:
    return _each(value, _E164, "is no phone number in E.164 form, such as +14155550100")


def _each(value: str, pattern: re.Pattern[str], fault: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in value.split(",") if item.strip())
    if wrong := [item for item in items if not pattern.fullmatch(item)]:
        raise ValueError(f"{', '.join(wrong)} {fault}")
    return items


def _secret(value: str) -> str:
    if _VALUE.fullmatch(value):
        raise ValueError(
            "looks like the secret's value: store that in Secrets Manager, give its name"
        )
    if value and not _SECRET.fullmatch(value):
        raise ValueError("is neither the name nor the whole ARN of a secret in Secrets Manager")
    return value


def _yes(value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise ValueError("is neither true nor false")
    return value.lower() == "true"


def _days(value: str) -> int:
    if int(value) not in LOG_RETENTION:
        raise ValueError(f"is not one of {', '.join(map(str, LOG_RETENTION))}")
    return int(value)


def _mapping_file(value: str) -> str:
    """A file of TOML, seen from the repository, packed for a function's environment."""
    if not value:
        return ""
    try:
        text = (ROOT / value).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    return packed(text)


def _setting(read: Callable[[str], Any], default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"read": read})


def _of(function: type, name: str) -> Any:
    """The setting `name` of a function: read as the function reads it, with the function's default."""
    (field,) = (field for field in dataclasses.fields(function) if field.name == name)
    return dataclasses.field(
        default=field.default, default_factory=field.default_factory, metadata=field.metadata
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that differs between two deployments.

    oncall_email, oncall_sms: who is paged; several are separated by commas. keep_data: the streams,
    the table, the buckets and the key outlive the stack, and the stack cannot be deleted by
    mistake. slack_secret, pagerduty_secret, webhook_secret: the names or ARNs of secrets; a channel
    without one is not deployed. reserve_concurrency: each function owns its share of the account's
    concurrency (an account with the starting quota of 10 cannot reserve any). archive: payments are
    kept as Parquet on S3, too. mapping_file: a file of TOML that says how other systems' events are read,
    packed. mark_deployments: deployments of this account, by CodeDeploy and CloudFormation, are markers.
    emulated: for infra/emulated.py.
    """

    environment: str
    oncall_email: tuple[str, ...] = _setting(_emails, ())
    oncall_sms: tuple[str, ...] = _setting(_phones, ())
    slack_secret: str = _setting(_secret, "")
    pagerduty_secret: str = _setting(_secret, "")
    webhook_secret: str = _setting(_secret, "")
    events_shards: int = _setting(whole(1, 500), 1)
    thresholds: Mapping[str, Threshold] = _of(DetectSettings, "thresholds")
    slicing: Slicing = _of(TallySettings, "slicing")
    false_alarms_per_week: float = _of(DetectSettings, "false_alarms_per_week")
    learning_seconds: int = _of(DetectSettings, "learning_seconds")
    lateness_seconds: int = _of(DetectSettings, "lateness_seconds")
    skew_seconds: int = _of(TallySettings, "skew_seconds")
    oldest_days: int = _of(TallySettings, "oldest_days")
    confirm_seconds: int = _of(DetectSettings, "confirm_seconds")
    recover_seconds: int = _of(DetectSettings, "recover_seconds")
    cooldown_seconds: int = _of(NotifySettings, "cooldown_seconds")
    marker_minutes: int = _of(NotifySettings, "marker_minutes")
    mark_deployments: bool = _setting(_yes, True)
    publish_seconds: int = _of(DetectSettings, "publish_seconds")
    log_retention_days: int = _setting(_days, 30)
    keep_data: bool = _setting(_yes, True)
    reserve_concurrency: bool = _setting(_yes, False)
    mapping_file: str = _setting(_mapping_file, "")
    memory_mb: int = _setting(whole(256, 10240), 1024)
    log_level: str = _setting(str.upper, "INFO")
    archive: bool = _setting(_yes, True)
    archive_unknown_fields: bool = _of(ArchiveSettings, "archive_unknown_fields")
    emulated: bool = _setting(_yes, False)

    @property
    def prefix(self) -> str:
        """What the names of the deployment's resources begin with."""
        return f"paywatch-{self.environment}"

    @property
    def namespace(self) -> str:
        """Of the deployment's metrics in CloudWatch."""
        return f"Paywatch/{self.environment}"

    @property
    def channels(self) -> Mapping[str, str]:
        """The channels beside e-mail and SMS, with the secret of each."""
        secrets = {name: str(getattr(self, f"{name}_secret")) for name in CHANNELS}
        return {name: secret for name, secret in secrets.items() if secret}


def project_context() -> dict[str, Any]:
    """The context that cdk.json holds, for whoever synthesises without the cdk command."""
    read: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return read


def settings_from(context: Mapping[str, Any]) -> Settings:
    """The settings that a CDK context asks for. Raises SettingsError that lists every fault.

    Keys with a colon or an @ belong to CDK; all others must be known here.
    """
    defaults: Mapping[str, Mapping[str, Any]] = context.get("paywatch", {})
    given = {
        key: value
        for key, value in context.items()
        if key != "paywatch" and ":" not in key and not key.startswith("@")
    }
    environment = str(given.pop("environment", "dev"))
    faults: list[str] = []
    if environment not in defaults:
        known = ", ".join(defaults)
        faults.append(f"environment={environment!r} has no defaults in cdk.json; known: {known}")
    values, wrong = _read({**defaults.get(environment, {}), **given})
    if faults or wrong:
        raise SettingsError([*faults, *wrong])
    return Settings(environment=environment, **values)


def _read(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    readers = {name: field.metadata["read"] for name, field in fields.items() if field.metadata}
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in given.items():
        if name not in readers:
            known = ", ".join(("environment", *readers))
            faults.append(f"{name} is no setting; known: {known}")
            continue
        try:
            values[name] = readers[name](_text(value))
        except ValueError as error:
            shown = "…" if name.endswith("_secret") else repr(_text(value))
            faults.append(f"{name}={shown}: {error}")
    return values, faults


def _text(value: Any) -> str:
    """A context value as `-c` would have given it."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
