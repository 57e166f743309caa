"""Which log records wait in the database for another sink: marks, so that a record has no column for it.

A mark may outlive its record, which may have been archived or deleted for its age: then nothing waits. Nothing here
knows a sink.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Executable, Index, Table, delete, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.types import Moment, utc_now

LEASE: Final = timedelta(seconds=60)
"""For so long nobody else takes what somebody has taken: longer than a task lives."""


class LogWaiting(Base):
    """A mark: its `id` is the record's, `try_at` the earliest moment at which to take it."""

    __tablename__ = "log_waiting"
    __table_args__ = (Index("ix_log_waiting_due", "try_at", "id"),)

    try_at: Mapped[datetime] = mapped_column(Moment)


TABLE: Final = cast("Table", LogWaiting.__table__)


def mark(session: Session, ids: Collection[UUID], now: datetime) -> None:
    """Have these records wait from now on; those that wait already wait on."""
    if ids:
        rows: list[Any] = [
            {"id": each, "created_at": now, "updated_at": now, "try_at": now}
            for each in sorted(ids, key=lambda row_id: row_id.bytes)
        ]
        session.connection().execute(_insert(session.get_bind().dialect.name), rows)


def take(session: Session, now: datetime, most: int) -> Sequence[UUID]:
    """Take some that wait, for the time of a lease; whoever was killed with them leaves them to the next."""
    row = LogWaiting
    due = select(row.id).where(row.try_at <= now).order_by(row.try_at, row.id).limit(most)
    ids = session.scalars(due.with_for_update(skip_locked=True)).all()
    put_off(session, ids, now + LEASE)
    return ids


def put_off(session: Session, ids: Collection[UUID], try_at: datetime) -> None:
    """Let others take these from then on, behind all that were to be taken earlier."""
    if ids:
        session.execute(
            update(LogWaiting).where(LogWaiting.id.in_(ids)).values(try_at=try_at, updated_at=utc_now()),
            execution_options={"synchronize_session": False},
        )


def strike(session: Session, ids: Collection[UUID]) -> None:
    """Have these wait no longer."""
    if ids:
        session.execute(
            delete(LogWaiting).where(LogWaiting.id.in_(ids)), execution_options={"synchronize_session": False}
        )


@cache
def _insert(dialect: str) -> Executable:
    if dialect == "sqlite":
        return sqlite.insert(TABLE).on_conflict_do_nothing(index_elements=["id"])
    return mysql.insert(TABLE).on_duplicate_key_update({"id": TABLE.c.id})
