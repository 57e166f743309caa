"""One client for each service of AWS and process, and one reading of what goes wrong with it.

Every worker has loaded boto3 already, for SES. Nothing here knows what is written where.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from botocore.exceptions import ConnectionError as NotConnectedError

from config.log_sinks import LogsAws
from config.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_logs import CloudWatchLogsClient

log = structlog.get_logger()

TROUBLES: Final = (BotoCoreError, ClientError)
"""Everything that a call can raise."""
Service = Literal["logs", "dynamodb"]
TRIES: Final = 2
"""The second finds a connection that stands; a longer outage is the caller's."""
CONNECT: Final = 2.0
READ: Final = 2.0
"""Seconds for each try: a worker's slot waits for them."""
SERVERS_FAULT: Final = 500
BUSY: Final = frozenset(
    {
        "LimitExceededException",
        "OperationAbortedException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ResourceInUseException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of answers below 500 that pass by themselves (https://docs.aws.amazon.com/general/latest/gr/api-retries.html)."""
WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@overload
def client(service: Literal["logs"]) -> "CloudWatchLogsClient": ...
@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
def client(service: Service) -> Any:
    """This process's client of a service; its connections stay open.

    Raises:
        BotoCoreError: the credentials or the region that are configured cannot be used.
    """
    return _client(service)


@cache
def _client(service: Service) -> Any:  # noqa: ANN401 - `client` says which
    said = settings(LogsAws)
    key_id = said.logs_aws_access_key_id.get_secret_value() or None
    secret = said.logs_aws_secret_access_key.get_secret_value() or None
    session = boto3.session.Session()
    if key_id is None and secret is None and session.get_credentials() is None:
        # Made now, the client would have none for good, though the machine's may be there a moment later.
        raise NoCredentialsError
    return session.client(
        service,
        region_name=said.logs_aws_region,
        endpoint_url=said.logs_aws_endpoint_url or None,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(
            connect_timeout=CONNECT,
            read_timeout=READ,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # not in the stubs yet
        ),
    )


def forget() -> None:
    """Make the clients anew at their next use: for tests, which change the settings."""
    _client.cache_clear()


def code_of(error: Exception) -> str:
    """AWS's own word for what went wrong, else the name of what was raised; never its text."""
    if not isinstance(error, ClientError):
        return type(error).__name__
    said = error.response["Error"].get("Code", "")
    return said if WORD.fullmatch(said) else f"http_{_status(error)}"


def complain(service: str, error: Exception) -> str:
    """Log that a service is away, or what has to be mended before it takes anything; return the code."""
    code = code_of(error)
    if _passes(error):
        log.warning("logs.sink_away", sink=service, code=code)
    else:
        log.error("logs.sink_refuses", sink=service, code=code)
    return code


def _passes(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return _status(error) >= SERVERS_FAULT or code_of(error) in BUSY
    return isinstance(error, NotConnectedError | HTTPClientError)


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
