"""What a sink left of a batch, as a value: no sink raises, and none knows what becomes of what it left."""

from collections.abc import Sequence
from typing import NamedTuple

from workers.log_record import LogRecord


class Left(NamedTuple):
    """What of a batch is not in the sink.

    Attributes:
        kept: the records that it will never take: they belong into the database.
        waiting: those that it did not take now, and may take later.
        code: why they wait, one word.
    """

    kept: Sequence[LogRecord] = ()
    waiting: Sequence[LogRecord] = ()
    code: str | None = None
