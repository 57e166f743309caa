"""AWS as a place for log records: where it is, who we are to it, and what things are called there."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field, SecretStr

from config.jobs import Keeping
from config.log_vocabulary import LogSink
from config.settings import Group, settings

AWAY_FROM_HOME: Final = frozenset({LogSink.CLOUDWATCH, LogSink.DYNAMODB})
"""Sinks that may be away while the database is not: their records wait there."""
SPARE: Final = timedelta(days=30)
"""How much longer than the database AWS keeps a record: whatever moves it elsewhere may be late."""


class LogsAws(Group):
    """The AWS account that log records go to. Without credentials boto3 looks for the machine's own (its role)."""

    logs_aws_endpoint_url: str = ""
    logs_aws_region: str = "ap-northeast-2"
    logs_aws_access_key_id: SecretStr = SecretStr("")
    logs_aws_secret_access_key: SecretStr = SecretStr("")
    logs_aws_group: Annotated[str, Field(pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$")] = "/alrim/logs"
    logs_aws_table: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{3,255}$")] = "alrim_logs"


def kept_for() -> timedelta:
    """How long AWS keeps a record by itself."""
    return timedelta(days=settings(Keeping).delete_logs_after_days) + SPARE
