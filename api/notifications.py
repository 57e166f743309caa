"""What a viewer may see of notifications: one's own account's, an operator all; states and timelines, no contents."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, defer

from api.errors import ApiError, Code
from api.schemas.notifications import (
    AttemptOut,
    DecisionOut,
    NotificationOut,
    NotificationWithAttemptsOut,
    WaitingOut,
)
from api.security.caller import either_caller
from api.security.who import Viewer
from config.vocabulary import Role, State
from models.attempt import Attempt
from models.audit import Audit
from models.base import Base
from models.connection import Connection, is_sandbox
from models.notification import Notification
from models.types import first_id, utc_now

Either = Annotated[Viewer, Depends(either_caller)]
"""Whoever has an access token or signs."""
APART: Final = timedelta(minutes=1)
"""More than can lie between a row's id and its `created_at`, also when a clock is set in between."""


def find(session: Session, viewer: Viewer, notification_id: UUID, *, lock: bool = False) -> Notification:
    """Find a notification that the viewer may see; `lock` keeps its state as it is until the transaction ends.

    Raises:
        ApiError: there is none, or it is somebody else's.
    """
    query = select(Notification).options(defer(Notification.sealed)).where(Notification.id == notification_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not (viewer.role is Role.OPERATOR or row.account_id == viewer.account_id):
        raise ApiError(Code.NOTIFICATION_NOT_FOUND, detail=f"id: you have no notification {notification_id}")
    return row


def created_between(
    start: datetime | None, end: datetime | None, row: type[Base] = Notification
) -> list[ColumnElement[bool]]:
    """The conditions that a row was made in this time, its end excluded.

    An id is made with its row and begins with the moment, so the index of ids finds the time; `created_at` has none.
    """
    conditions = list[ColumnElement[bool]]()
    if start is not None:
        conditions += [row.created_at >= start, row.id >= first_id(start - APART)]
    if end is not None:
        conditions += [row.created_at < end, row.id < first_id(end + APART)]
    return conditions


def show(session: Session, row: Notification) -> NotificationWithAttemptsOut:
    """Show it with its attempts, what people decided about it, and what it waits for."""
    attempts = Attempt.filter(session, Attempt.notification_id == row.id)
    decisions = Audit.filter(session, Audit.notification_id == row.id)
    return NotificationWithAttemptsOut(
        **facts(row),
        attempts=[_attempt(each) for each in sorted(attempts, key=lambda each: each.attempt)],
        decisions=[
            DecisionOut(action=each.action, by=each.role, detail=each.detail, at=each.created_at)
            for each in sorted(decisions, key=lambda each: each.id)
        ],
        waiting=_waiting(session, row),
    )


def facts(row: Notification) -> dict[str, object]:
    """The row's own columns that are shown."""
    columns = {name: getattr(row, name) for name in NotificationOut.model_fields if name != "is_test"}
    return {**columns, "is_test": is_sandbox(row.connection_id)}


def _waiting(session: Session, row: Notification) -> WaitingOut | None:
    connection = Connection.get(session, row.connection_id) if row.status is State.QUEUED else None
    if connection is None or connection.closed_until is None or connection.closed_until <= utc_now():
        return None
    return WaitingOut(reason=connection.closed_reason or "closed", until=connection.closed_until)


def _attempt(row: Attempt) -> AttemptOut:
    return AttemptOut(
        attempt=row.attempt,
        outcome=row.outcome,
        code=row.code,
        refused=row.refused.split(",") if row.refused else [],
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
