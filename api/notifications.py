"""Notifications as a viewer may see them: which rows, and what of each. Never recipients or contents.

Reading only; it must not know what is decided about a notification.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, defer

from api.errors import ApiError, Code
from api.schemas.notifications import AttemptOut, DecisionLineOut, NotificationOut, WaitingOut
from api.security.caller import Viewer
from config.vocabulary import Role, State
from models.attempt import Attempt
from models.audit import Audit
from models.connection import Connection
from models.notification import Notification


def seen_by(viewer: Viewer) -> list[ColumnElement[bool]]:
    """The conditions that narrow a query to what this viewer may see; an operator sees all."""
    return [] if viewer.role is Role.OPERATOR else [Notification.account_id == viewer.account_id]


def find(session: Session, viewer: Viewer, notification_id: UUID, *, lock: bool = False) -> Notification:
    """Find a notification, without its content; with `lock`, its row is held until the transaction ends.

    Raises:
        ApiError: there is none, or none that this viewer may see.
    """
    query = select(Notification).where(Notification.id == notification_id, *seen_by(viewer))
    row = session.scalar((query.with_for_update() if lock else query).options(defer(Notification.sealed)))
    if row is None:
        raise ApiError(Code.NOTIFICATION_NOT_FOUND, detail=f"id: you have no notification {notification_id}")
    return row


def facts(row: Notification) -> dict[str, object]:
    """What is shown of a row in a list: the fields of `NotificationOut`."""
    return {name: getattr(row, name) for name in NotificationOut.model_fields}


def whole(session: Session, row: Notification) -> dict[str, object]:
    """What is shown of a single row: the fields of `NotificationWithAttemptsOut`."""
    attempts = Attempt.filter(session, Attempt.notification_id == row.id)
    return {
        **facts(row),
        "attempts": [_attempt(each) for each in sorted(attempts, key=lambda each: each.attempt)],
        "decisions": [_decision(each) for each in Audit.filter(session, Audit.notification_id == row.id)],
        "waiting": _waiting(session, row),
    }


def _attempt(row: Attempt) -> AttemptOut:
    return AttemptOut(
        attempt=row.attempt,
        outcome=row.outcome,
        code=row.code,
        refused=row.refused.split(",") if row.refused else [],
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _decision(line: Audit) -> DecisionLineOut:
    by = str(line.role) if line.role is Role.OPERATOR else str(line.account_id)
    return DecisionLineOut(action=line.action, by=by, at=line.created_at)


def _waiting(session: Session, row: Notification) -> WaitingOut | None:
    if row.status is not State.QUEUED:
        return None
    gate = select(Connection.closed_until, Connection.closed_reason).where(Connection.id == row.connection_id)
    found = session.execute(gate).one_or_none()
    if found is None or found.closed_until is None:
        return None
    return WaitingOut(reason=found.closed_reason or "", until=found.closed_until)
