"""What one's own log looks like: events with ids, never a recipient, a content or a secret."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from config.log_vocabulary import LogEvent


class LogRecordOut(BaseModel):
    """One event."""

    id: UUID
    event: LogEvent
    at: datetime
    request_id: str | None = Field(description="The request that it belongs to: the answer's `X-Request-Id`.")
    notification_id: UUID | None
    detail: dict[str, str | int | float | None] = Field(
        description="Of a request: `method path status code ms client`; of an attempt: `channel attempt outcome code "
        "refused`. There may be more one day."
    )


class LogPageOut(BaseModel):
    """One page of a log, newest first; `next_cursor` is null on the last one."""

    items: list[LogRecordOut]
    next_cursor: str | None
