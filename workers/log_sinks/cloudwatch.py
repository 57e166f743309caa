"""The sink `cloudwatch`: an event a record in CloudWatch Logs, a stream for each day on which they are written.

CloudWatch knows no event twice: one that is written again, after a kill, is there twice, and the id in its message
says so. What it rejects (older than 14 days, 2 hours ahead, older than the group's retention) is left, never dropped.
The limits are those of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from botocore.exceptions import ClientError

from config.log_sinks import LogsAws, kept_for
from config.settings import settings
from models.types import moment_of, utc_now
from workers.log_record import LogRecord
from workers.log_sinks import aws
from workers.log_sinks.left import Left

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import RejectedLogEventsInfoTypeDef

MOST_BYTES: Final = 1_048_576
OVERHEAD: Final = 26
MOST_EVENTS: Final = 10_000
SPAN: Final = 24 * 60 * 60 * 1000
"""Milliseconds."""
RETENTIONS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that CloudWatch can keep a group's events."""
MISSING: Final = "ResourceNotFoundException"
THERE: Final = "ResourceAlreadyExistsException"


class Event(NamedTuple):
    """A record as CloudWatch takes it; the moment is in milliseconds."""

    record: LogRecord
    timestamp: int
    message: str

    @property
    def size(self) -> int:
        """What it counts for in a request."""
        return len(self.message.encode()) + OVERHEAD


def write(records: Sequence[LogRecord], until: float) -> Left:
    """Write the records; twice with the same ones makes two events of each. No request begins after `until`."""
    kept: list[LogRecord] = []
    parts = list(requests([_event(each) for each in records]))
    for number, part in enumerate(parts):
        waiting = [event.record for left in parts[number:] for event in left]
        if time.monotonic() > until:
            return Left(kept, waiting, "out_of_time")
        try:
            kept += [event.record for event in _put(part)]
        except aws.TROUBLES as error:
            return Left(kept, waiting, aws.complain("cloudwatch", error))
    return Left(kept)


def of_day(day: datetime, after: UUID | None) -> Iterator[list[LogRecord]]:
    """Read the records of a day, page by page in the order of time, from that of an id on.

    Raises:
        BotoCoreError, ClientError: CloudWatch is away, or refuses.
    """
    start = day if after is None else max(day, moment_of(after))
    pages = aws.client("logs").get_paginator("filter_log_events")
    between: dict[str, Any] = {"startTime": _milliseconds(start), "endTime": _milliseconds(day + timedelta(days=1)) - 1}
    for page in pages.paginate(logGroupName=settings(LogsAws).logs_aws_group, **between):
        records = [LogRecord.of_line(event["message"]) for event in page["events"]]
        yield [each for each in records if each.id != after]


def requests(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Split events into what one request may carry, in the order of their moments."""
    part: list[Event] = []
    size = 0
    for event in sorted(events, key=lambda each: each.timestamp):
        fits = size + event.size <= MOST_BYTES and len(part) < MOST_EVENTS
        if part and not (fits and event.timestamp - part[0].timestamp < SPAN):
            yield part
            part, size = [], 0
        part.append(event)
        size += event.size
    if part:
        yield part


def rejected(events: Sequence[Event], info: "RejectedLogEventsInfoTypeDef") -> list[Event]:
    """Which of a request's events an answer says were not taken; the ends it names are exclusive, the start is not."""
    old = max(info.get("tooOldLogEventEndIndex", 0), info.get("expiredLogEventEndIndex", 0))
    new = max(info.get("tooNewLogEventStartIndex", len(events)), old)
    return [*events[:old], *events[new:]]


def retention(wanted: timedelta) -> int:
    """The fewest days of those that CloudWatch can keep events that are as long as wanted, or its most."""
    return next((days for days in RETENTIONS if days >= wanted.days), RETENTIONS[-1])


def _event(record: LogRecord) -> Event:
    return Event(record, _milliseconds(record.at), record.line())


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _put(events: Sequence[Event]) -> list[Event]:
    group, stream = settings(LogsAws).logs_aws_group, f"{utc_now():%Y-%m-%d}"
    try:
        return _put_into(group, stream, events)
    except ClientError as error:
        if aws.code_of(error) != MISSING:
            raise
    _make(group, stream)
    return _put_into(group, stream, events)


def _put_into(group: str, stream: str, events: Sequence[Event]) -> list[Event]:
    said = aws.client("logs").put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": event.timestamp, "message": event.message} for event in events],
    )
    return rejected(events, said.get("rejectedLogEventsInfo", {}))


def _make(group: str, stream: str) -> None:
    # The stream first: where somebody else made the group, nobody needs the right to make one.
    try:
        _make_stream(group, stream)
    except ClientError as error:
        if aws.code_of(error) != MISSING:
            raise
        _make_group(group)
        _make_stream(group, stream)


def _make_stream(group: str, stream: str) -> None:
    try:
        aws.client("logs").create_log_stream(logGroupName=group, logStreamName=stream)
    except ClientError as error:
        if aws.code_of(error) != THERE:
            raise


def _make_group(group: str) -> None:
    try:
        aws.client("logs").create_log_group(logGroupName=group)
    except ClientError as error:
        if aws.code_of(error) != THERE:
            raise
        return
    # Only here: whoever makes the group himself chooses himself.
    aws.client("logs").put_retention_policy(logGroupName=group, retentionInDays=retention(kept_for()))
