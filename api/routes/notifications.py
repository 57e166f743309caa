"""Looking: one notification with its timeline, and lists of them. Shows states, never recipients or contents."""

from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlalchemy.orm import defer

from api import cursor
from api.errors import problems
from api.notifications import Either, created_between, facts, find, show
from api.schemas.notifications import (
    NotificationOut,
    NotificationPageOut,
    NotificationWithAttemptsOut,
)
from api.schemas.text import VISIBLE
from api.security.who import Viewer
from config.settings import Secrets, settings
from config.vocabulary import Channel, Lane, Role, State
from models.notification import Notification
from models.plans import by_index
from models.sealing import recipient_hashes
from models.session import listing, snapshot

router = APIRouter(prefix="/api/services/notifications", tags=["notifications"])


class Filters(BaseModel):
    """What a list is narrowed to; all given ones must hold."""

    model_config = ConfigDict(extra="forbid")

    status: State | None = None
    channel: Channel | None = None
    lane: Lane | None = None
    type: str | None = Field(None, max_length=16, pattern=VISIBLE)
    code: str | None = Field(None, max_length=64, pattern=VISIBLE)
    reference: str | None = Field(None, max_length=64, pattern=VISIBLE)
    recipient: str | None = Field(None, max_length=320, description="The exact recipient: digits, or the mail address.")
    created_from: AwareDatetime | None = None
    created_to: AwareDatetime | None = None
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = Field(None, max_length=64)
    # A signed request carries its signature's parts in the same query; they narrow nothing, so no cursor holds them.
    key: str | None = Field(None, exclude=True, description="Of a signed request, as are `timestamp` and `digest`.")
    timestamp: str | None = Field(None, exclude=True)
    digest: str | None = Field(None, exclude=True)


@router.get(
    "/{notification_id}",
    summary="Show a notification and its attempts",
    responses=problems(400, 401, 403, 404, 422, 429, 503),
)
def get_notification(notification_id: UUID, viewer: Either) -> NotificationWithAttemptsOut:
    """Show a notification and its timeline of attempts and decisions."""
    with snapshot() as session:
        return show(session, find(session, viewer, notification_id))


@router.get("", summary="List notifications", responses=problems(400, 401, 403, 422, 429, 503))
def list_notifications(viewer: Either, filters: Annotated[Filters, Query()]) -> NotificationPageOut:
    """List notifications, newest first, page by page."""
    conditions = _conditions(viewer, filters)
    key = settings(Secrets).index_key.get_secret_value().encode()
    scope = _scope(viewer, filters)
    if filters.cursor is not None:
        conditions.append(Notification.id < cursor.read(key, scope, filters.cursor))
    with (listing if viewer.role is Role.OPERATOR else snapshot)() as session:
        query = sql_select(Notification).options(defer(Notification.sealed)).where(*conditions)
        query = query.order_by(Notification.id.desc()).limit(filters.limit + 1)
        rows = session.scalars(by_index(query, _index(viewer, filters))).all()
    page = rows[: filters.limit]
    more = cursor.make(key, scope, page[-1].id) if len(rows) > filters.limit else None
    return NotificationPageOut(items=[NotificationOut(**facts(row)) for row in page], next_cursor=more)


def _conditions(viewer: Viewer, filters: Filters) -> list[ColumnElement[bool]]:
    row = Notification
    exact = {
        row.status: filters.status,
        row.channel: filters.channel,
        row.lane: filters.lane,
        row.type: filters.type,
        row.code: filters.code,
        row.reference: filters.reference,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if filters.recipient is not None:
        # The hash is of the account as well. Beside it SQLite, which counts nothing, might prefer the account's index.
        conditions.append(row.recipient_hash.in_(recipient_hashes(viewer.account_id, filters.recipient)))
    elif viewer.role is not Role.OPERATOR:
        conditions.append(row.account_id == viewer.account_id)
    return conditions + created_between(filters.created_from, filters.created_to)


def _index(viewer: Viewer, filters: Filters) -> str:
    """The index by which a page is read: of what narrows most, in the order of ids.

    Said and not left to the planner, which sorts all that two indexes find, or reads the table, where its statistics
    promise little.
    """
    whose = "" if viewer.role is Role.OPERATOR else "account_"
    if filters.recipient is not None:
        return "ix_notifications_recipient"
    if filters.reference is not None:
        return "ix_notifications_reference"
    if filters.code is not None:
        return f"ix_notifications_{whose}code"
    if filters.status is not None:
        return f"ix_notifications_{whose}status"
    return "ix_notifications_account" if whose else "PRIMARY"


def _scope(viewer: Viewer, filters: Filters) -> bytes:
    narrowed = filters.model_dump_json(exclude={"cursor", "limit"})
    return sha256(f"{viewer.account_id} {viewer.role} {narrowed}".encode()).digest()
