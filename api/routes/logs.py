"""One's own log: the requests of an account and what became of its messages, newest first.

A person's only, and of his own account only, be he an operator. It is some seconds behind: it comes through a queue.
"""

import json
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api import cursor
from api.errors import problems
from api.log_search import Wanted, search
from api.schemas.logs import LogPageOut, LogRecordOut
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.log_vocabulary import LogEvent
from config.settings import Secrets, settings
from models.archive_text import Line

router = APIRouter(prefix="/api/user/logs", tags=["user"])


class Filters(BaseModel):
    """What the log is narrowed to; all given ones must hold."""

    model_config = ConfigDict(extra="forbid")

    event: LogEvent | None = None
    notification_id: UUID | None = None
    request_id: str | None = Field(None, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    start: AwareDatetime | None = Field(None, alias="from", description="The earliest moment.")
    end: AwareDatetime | None = Field(None, alias="to", description="The moment before which it was.")
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=64)


@router.get("", summary="Search my log", responses=problems(400, 401, 422, 503))
def list_logs(
    me: Annotated[BearerAccount, Depends(bearer_account)], filters: Annotated[Filters, Query()]
) -> LogPageOut:
    """Give one's own log, newest first, page by page, also what is archived.

    A page may hold fewer than asked for, or none, and still have a next one: one request reads so much of the archive.
    """
    key = settings(Secrets).index_key.get_secret_value().encode()
    narrowed = filters.model_dump_json(exclude={"cursor", "limit"})
    scope = sha256(f"logs {me.id} {narrowed}".encode()).digest()
    before = None if filters.cursor is None else cursor.read(key, scope, filters.cursor)
    exact = (filters.event, filters.notification_id, filters.request_id)
    lines, further = search(Wanted(me.id, *exact, filters.start, filters.end, before), filters.limit)
    next_cursor = None if further is None else cursor.make(key, scope, further)
    return LogPageOut(items=[_show(line) for line in lines], next_cursor=next_cursor)


def _show(line: Line) -> LogRecordOut:
    return LogRecordOut(
        id=line.id,
        event=LogEvent(line.event),
        at=line.at,
        request_id=line.request_id,
        notification_id=line.notification_id,
        detail=json.loads(line.detail),
    )
