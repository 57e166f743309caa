"""Log records for tests of sinks."""

from datetime import datetime
from uuid import UUID

from config.log_vocabulary import LogEvent
from models.types import new_id, utc_now
from workers.log_record import LogRecord


def a_record(at: datetime | None = None, account_id: UUID | None = None, **detail: str) -> LogRecord:
    about = (account_id, "r-1", None)
    return LogRecord(new_id(), LogEvent.REQUEST_SERVED, at or utc_now(), *about, {"path": "/경로", **detail})
