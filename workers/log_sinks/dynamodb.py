"""The sink `dynamodb`: an item a record, under its account in the order of time, which DynamoDB deletes by itself.

Its key is account and id (a UUIDv7), so an item that is written twice is one. The table is made where there is none.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from botocore.exceptions import ClientError

from config.log_sinks import LogsAws, kept_for
from config.settings import settings
from models.types import moment_of
from workers.log_record import LogRecord, as_json
from workers.log_sinks import aws
from workers.log_sinks.left import Left

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import WriteRequestOutputTypeDef

MOST_ITEMS: Final = 25
NOBODY: Final = "-"
"""The account of records of which nobody knows who asked: a key cannot be left out."""
TTL: Final = "expires_at"
BY_DAY: Final = "by_day"
DAY: Final = "day"
SHARDS: Final = "0123456789abcdef"
"""A day's records lie in so many parts, by the last digit of their ids: DynamoDB takes 1,000 a second of each."""
PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
MISSING: Final = "ResourceNotFoundException"
THERE: Final = "ResourceInUseException"
ON: Final = {"ENABLED", "ENABLING"}
_READY: Final[set[str]] = set()
"""Tables that this process has seen to be there, with their TTL on."""


class _NotYetError(Exception):
    """The time is over; the code says what was waited for."""


def write(records: Sequence[LogRecord], until: float) -> Left:
    """Write the records; twice with the same ones: the second changes nothing. No request begins after `until`."""
    left = {record.id: record for record in records}
    table = settings(LogsAws).logs_aws_table
    try:
        prepare(table, until)
        everything = list(left.values())
        for start in range(0, len(everything), MOST_ITEMS):
            _write(table, everything[start : start + MOST_ITEMS], left, until)
    except _NotYetError as error:
        return Left(waiting=list(left.values()), code=str(error))
    except aws.TROUBLES as error:
        if aws.code_of(error) == MISSING:
            _READY.discard(table)  # somebody deleted it: the next write makes it anew
        return Left(waiting=list(left.values()), code=aws.complain("dynamodb", error))
    return Left()


def item(record: LogRecord, expires_at: int) -> dict[str, Any]:
    """Write a record as DynamoDB's attributes; what is not known is left out."""
    texts = {
        "account": str(record.account_id or NOBODY),
        "id": str(record.id),
        "event": str(record.event),
        "at": record.at.isoformat(),
        DAY: _day(moment_of(record.id), _shard(record.id)),
        "request_id": record.request_id,
        "notification_id": record.notification_id and str(record.notification_id),
        "detail": as_json(record.detail),
    }
    return {name: {"S": text} for name, text in texts.items() if text} | {TTL: {"N": str(expires_at)}}


def of_day(day: datetime, after: UUID | None) -> Iterator[list[LogRecord]]:
    """Read the records of a day, page by page, shard by shard in the order of ids, from behind an id on.

    Raises:
        BotoCoreError, ClientError: DynamoDB is away, or refuses.
    """
    pages = aws.client("dynamodb").get_paginator("query")
    asked: dict[str, Any] = {
        "TableName": settings(LogsAws).logs_aws_table,
        "IndexName": BY_DAY,
        "KeyConditionExpression": "#day = :day AND id > :last",
        "ExpressionAttributeNames": {"#day": DAY},
    }
    begun = None if after is None else _shard(after)
    for shard in SHARDS[SHARDS.index(begun or SHARDS[0]) :]:
        last = after if shard == begun and after is not None else UUID(int=0)
        values: Any = {":day": {"S": _day(day, shard)}, ":last": {"S": str(last)}}
        for page in pages.paginate(**asked, ExpressionAttributeValues=values):
            yield [_record(each) for each in page["Items"]]


def prepare(table: str, until: float) -> None:
    """Make the table unless it is there, wait for it, and have it delete by itself; looks once a process.

    Raises:
        _NotYetError: it is not ready at `until`; whoever comes next goes on from there.
    """
    if table in _READY:
        return
    status = _status_of(table)
    if status is None:
        _make(table)
    while status != "ACTIVE":
        if time.monotonic() + LONGEST_PAUSE > until:
            raise _NotYetError("table_not_active")
        time.sleep(PAUSE if status is None else LONGEST_PAUSE)
        status = _status_of(table) or "CREATING"
    expiry = aws.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if expiry.get("TimeToLiveStatus") not in ON:
        wanted: Any = {"Enabled": True, "AttributeName": TTL}
        aws.client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
    _READY.add(table)


def _record(read: Mapping[str, Any]) -> LogRecord:
    said = {name: value["S"] for name, value in read.items() if "S" in value}
    account = None if said["account"] == NOBODY else said["account"]
    about = (account, said.get("request_id"), said.get("notification_id"), json.loads(said["detail"]))
    return LogRecord.read((said["id"], said["event"], said["at"], *about))


def _day(moment: datetime, shard: str) -> str:
    return f"{moment:%Y-%m-%d}#{shard}"


def _shard(row_id: UUID) -> str:
    return row_id.hex[-1]


def _status_of(table: str) -> str | None:
    try:
        return aws.client("dynamodb").describe_table(TableName=table)["Table"].get("TableStatus", "")
    except ClientError as error:
        if aws.code_of(error) == MISSING:
            return None
        raise


def _make(table: str) -> None:
    try:
        aws.client("dynamodb").create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("account", "id", DAY)],
            KeySchema=[
                {"AttributeName": "account", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": BY_DAY,
                    "KeySchema": [
                        {"AttributeName": DAY, "KeyType": "HASH"},
                        {"AttributeName": "id", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError as error:
        if aws.code_of(error) != THERE:
            raise


def _write(table: str, records: Sequence[LogRecord], left: dict[UUID, LogRecord], until: float) -> None:
    """Write some of what is left and strike it from there, piece by piece: DynamoDB may take a part only."""
    pause = PAUSE
    asked: Sequence[Any] = [{"PutRequest": {"Item": item(each, _end_of(each))}} for each in records]
    while asked:
        if time.monotonic() > until:
            raise _NotYetError("out_of_time")
        said = aws.client("dynamodb").batch_write_item(RequestItems={table: asked})
        again = said.get("UnprocessedItems", {}).get(table, [])
        not_taken = _ids(again)
        for each in records:
            if each.id not in not_taken:
                left.pop(each.id, None)
        asked = again
        if asked:
            if time.monotonic() + pause > until:
                raise _NotYetError("unprocessed")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _ids(requests: Sequence["WriteRequestOutputTypeDef"]) -> set[UUID]:
    return {UUID(str(each["PutRequest"]["Item"]["id"]["S"])) for each in requests}


def _end_of(record: LogRecord) -> int:
    return int((record.at + kept_for()).timestamp())
