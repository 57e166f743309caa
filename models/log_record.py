"""Log records: what was said of requests and attempts, kept to be searched by the account that they are about.

A record is made once, where it happened, and has its id from there: however often it arrives, it is one row. Nothing
here knows how it came or who may see it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, TypedDict, cast
from uuid import UUID

from sqlalchemy import Executable, Index, String, Table, delete, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.log_vocabulary import LogEvent
from models.base import Base
from models.plans import by_index
from models.types import Ascii, Id, Word


class LogRecord(Base):
    """One event; `created_at` is its moment, `detail` its other members in JSON, with no recipient and no content.

    `account_id` is NULL where nobody knows who asked.
    """

    __tablename__ = "log_records"
    __table_args__ = (
        # Each way to narrow the list has its index: docs/adr/0010-every-list-has-its-index.md.
        Index("ix_log_records_account", "account_id", "id"),
        Index("ix_log_records_event", "account_id", "event", "id"),
        Index("ix_log_records_notification", "account_id", "notification_id", "id"),
        Index("ix_log_records_request", "account_id", "request_id", "id"),
    )

    account_id: Mapped[UUID | None] = mapped_column(Id)
    event: Mapped[LogEvent] = mapped_column(Word(LogEvent))
    notification_id: Mapped[UUID | None] = mapped_column(Id)
    request_id: Mapped[str | None] = mapped_column(Ascii(64))
    detail: Mapped[str] = mapped_column(String(4000))


TABLE: Final = cast("Table", LogRecord.__table__)


class Values(TypedDict):
    """One row as it is written."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    account_id: UUID | None
    event: LogEvent
    notification_id: UUID | None
    request_id: str | None
    detail: str


def store(session: Session, rows: Sequence[Values]) -> None:
    """Write the rows, one statement for all; one that is there already is left as it is."""
    if rows:
        # In one order: two who write the same batch must not wait for each other.
        ordered: list[Any] = sorted(rows, key=lambda row: row["id"].bytes)
        session.connection().execute(_insert(session.get_bind().dialect.name), ordered)


def find(session: Session, ids: Collection[UUID]) -> Sequence[LogRecord]:
    """Find the rows with these ids that are there."""
    return session.scalars(by_index(select(LogRecord).where(LogRecord.id.in_(ids)), table=LogRecord)).all()


def remove(session: Session, ids: Collection[UUID]) -> None:
    """Delete the rows with these ids."""
    if ids:
        session.execute(
            delete(LogRecord).where(LogRecord.id.in_(ids)), execution_options={"synchronize_session": False}
        )


@cache
def _insert(dialect: str) -> Executable:
    if dialect == "sqlite":
        return sqlite.insert(TABLE).on_conflict_do_nothing(index_elements=["id"])
    # Not INSERT IGNORE, which would cut short what is too long and say nothing.
    return mysql.insert(TABLE).on_duplicate_key_update({"id": TABLE.c.id})
