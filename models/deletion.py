"""Deletion: what is older than anybody needs goes for good, a slice at a time, oldest first. It never commits.

An id begins with the moment at which its row was made, so the primary key finds what is old.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.vocabulary import State
from models.attempt import Attempt
from models.audit import Audit
from models.base import Base
from models.batch import Batch, BatchReject
from models.log_record import LogRecord
from models.notification import Notification
from models.plans import by_index
from models.statistic import Statistic

UNDER_WAY: Final = (State.QUEUED, State.SENDING)


def delete_slice(session: Session, before: UUID, logs_before: UUID, most: int) -> int:
    """Delete at most so many rows made before this id, or log records made before theirs; 0 if none is left."""
    return (
        _delete_notifications(session, before, most)
        or _delete_batches(session, before, most)
        or _delete_lines(session, Audit, before, most)
        or _delete_lines(session, Statistic, before, most)
        or _delete_lines(session, LogRecord, logs_before, most)
    )


def _delete_notifications(session: Session, before: UUID, most: int) -> int:
    row = Notification
    old = select(row.id).where(row.id < before, row.status.not_in(UNDER_WAY)).order_by(row.id).limit(most)
    ids = session.scalars(by_index(old)).all()
    if ids:
        _delete(session, Attempt, Attempt.notification_id.in_(ids))
        _delete(session, row, row.id.in_(ids))
    return len(ids)


def _delete_batches(session: Session, before: UUID, most: int) -> int:
    old = select(Batch.id).where(Batch.id < before, Batch.ended_at.is_not(None)).order_by(Batch.id).limit(1)
    batch_id = session.scalar(old)
    if batch_id is None:
        return 0
    reject = BatchReject
    ids = session.scalars(select(reject.id).where(reject.batch_id == batch_id).limit(most)).all()
    if ids:
        _delete(session, reject, reject.id.in_(ids))
        return len(ids)
    _delete(session, Batch, Batch.id == batch_id)
    return 1


def _delete_lines(session: Session, table: type[Base], before: UUID, most: int) -> int:
    ids = session.scalars(select(table.id).where(table.id < before).order_by(table.id).limit(most)).all()
    if ids:
        _delete(session, table, table.id.in_(ids))
    return len(ids)


def _delete(session: Session, table: type[Any], where: Any) -> None:  # noqa: ANN401 - a condition
    session.execute(delete(table).where(where), execution_options={"synchronize_session": False})
