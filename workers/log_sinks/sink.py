"""The sink that was chosen, and the rest it is given while it is away.

Who ships waits a few seconds at most for a sink that does not answer; then nobody in this process tries for a while,
since each try holds a slot of a worker that others want to send with. What a sink did not take is the caller's.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

from botocore.exceptions import ClientError

from config.log_sinks import AWAY_FROM_HOME
from config.log_vocabulary import LogSink
from config.settings import Logs, settings
from workers.log_record import LogRecord
from workers.log_sinks import aws, cloudwatch, dynamodb
from workers.log_sinks.left import Left

WITHIN: Final = 5.0
"""Seconds after which no further request begins."""
MISSING: Final = "ResourceNotFoundException"
SHORTEST: Final = 10.0
LONGEST: Final = 160.0


class Rest:
    """While a sink is away: until when nobody tries; each time twice as long, and over with the first success."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin awake."""
        self._now = now
        self._length = SHORTEST
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the sink may be tried."""
        return self._now() >= self._until

    def note(self, *, took: bool) -> None:
        """Note how a try ended."""
        if took:
            self._length, self._until = SHORTEST, 0.0
        else:
            self._until = self._now() + self._length
            self._length = min(self._length * 2, LONGEST)


_REST: Final = Rest()


def offer(records: Sequence[LogRecord]) -> Left:
    """Write the records to the chosen sink, unless it is away from home and resting; what is left of them."""
    if settings(Logs).log_sink in AWAY_FROM_HOME and not _REST.is_over:
        return Left(waiting=records, code="resting")
    return insist(records)


def insist(records: Sequence[LogRecord]) -> Left:
    """Write the records to the chosen sink, resting or not; what is left of them."""
    left = _write(records, time.monotonic() + WITHIN)
    _REST.note(took=not left.waiting)
    return left


def of_day(day: datetime, after: UUID | None) -> Iterator[Sequence[LogRecord]]:
    """Read what a sink away from home holds of a day, page by page, from an id on; nothing where the database is it.

    Raises:
        BotoCoreError, ClientError: the sink is away, or refuses.
    """
    try:
        yield from _of_day(day, after)
    except ClientError as error:
        if aws.code_of(error) != MISSING:
            raise  # else nothing was ever written there


def _of_day(day: datetime, after: UUID | None) -> Iterator[Sequence[LogRecord]]:
    match sink := settings(Logs).log_sink:
        case LogSink.CLOUDWATCH:
            return cloudwatch.of_day(day, after)
        case LogSink.DYNAMODB:
            return dynamodb.of_day(day, after)
        case LogSink.DATABASE | LogSink.NONE:
            return iter(())
        case _:
            assert_never(sink)


def _write(records: Sequence[LogRecord], until: float) -> Left:
    match sink := settings(Logs).log_sink:
        case LogSink.CLOUDWATCH:
            return cloudwatch.write(records, until)
        case LogSink.DYNAMODB:
            return dynamodb.write(records, until)
        case LogSink.DATABASE:
            return Left(kept=records)
        case LogSink.NONE:
            return Left()  # gathered before it was turned off
        case _:
            assert_never(sink)
