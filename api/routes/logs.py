"""One's own log: the requests of an account and what became of its messages, newest first.

A person's only, and of his own account only, be he an operator. It is some seconds behind: it comes through a queue.
"""

import json
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select

from api import cursor
from api.errors import problems
from api.notifications import created_between
from api.schemas.logs import LogPageOut, LogRecordOut
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.settings import Secrets, settings
from config.vocabulary import LogEvent
from models.log_record import LogRecord
from models.plans import by_index
from models.session import listing

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
    """Give one's own log, newest first, page by page."""
    conditions = _conditions(me, filters)
    key = settings(Secrets).index_key.get_secret_value().encode()
    narrowed = filters.model_dump_json(exclude={"cursor", "limit"})
    scope = sha256(f"logs {me.id} {narrowed}".encode()).digest()
    if filters.cursor is not None:
        conditions.append(LogRecord.id < cursor.read(key, scope, filters.cursor))
    query = sql_select(LogRecord).where(*conditions).order_by(LogRecord.id.desc()).limit(filters.limit + 1)
    with listing() as session:
        rows = session.scalars(by_index(query, _index(filters), LogRecord)).all()
    page = rows[: filters.limit]
    more = cursor.make(key, scope, page[-1].id) if len(rows) > filters.limit else None
    return LogPageOut(items=[_show(row) for row in page], next_cursor=more)


def _conditions(me: BearerAccount, filters: Filters) -> list[ColumnElement[bool]]:
    row = LogRecord
    exact = {
        row.event: filters.event,
        row.notification_id: filters.notification_id,
        row.request_id: filters.request_id,
    }
    narrowed = [column == value for column, value in exact.items() if value is not None]
    return [row.account_id == me.id, *narrowed, *created_between(filters.start, filters.end, row)]


def _index(filters: Filters) -> str:
    """The index by which a page is read: of what narrows most, in the order of ids."""
    if filters.notification_id is not None:
        return "ix_log_records_notification"
    if filters.request_id is not None:
        return "ix_log_records_request"
    return "ix_log_records_account" if filters.event is None else "ix_log_records_event"


def _show(row: LogRecord) -> LogRecordOut:
    return LogRecordOut(
        id=row.id,
        event=row.event,
        at=row.created_at,
        request_id=row.request_id,
        notification_id=row.notification_id,
        detail=json.loads(row.detail),
    )
