"""Attempts: what happened at each claim of a notification, append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Executable, String, Table, UniqueConstraint
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.vocabulary import Ending
from models.base import Base
from models.types import Ascii, Id, Moment, Word, new_id


class Attempt(Base):
    """One claim and its end. `refused` names refused recipients by index: `1:550-5.1.1,3:…`."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("notification_id", "attempt"),)

    notification_id: Mapped[UUID] = mapped_column(Id)
    attempt: Mapped[int]
    outcome: Mapped[Ending] = mapped_column(Word(Ending))
    code: Mapped[str | None] = mapped_column(Ascii(64))
    refused: Mapped[str | None] = mapped_column(String(2000))
    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime] = mapped_column(Moment)


TABLE: Final = cast("Table", Attempt.__table__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt ended, as it is noted."""

    notification_id: UUID
    attempt: int
    outcome: Ending
    code: str | None
    started_at: datetime
    ended_at: datetime
    refused: str | None = None


def note(session: Session, endings: Sequence[Ended]) -> None:
    """Note how attempts ended, one statement for all.

    What is noted later counts more: a lease that ran out under a live worker has left `lost`, until that worker
    or the vendor says what really happened.
    """
    if not endings:
        return
    rows = [
        {
            "id": new_id(),
            "notification_id": each.notification_id,
            "attempt": each.attempt,
            "outcome": each.outcome,
            "code": each.code,
            "refused": each.refused,
            "started_at": each.started_at,
            "ended_at": each.ended_at,
            "created_at": each.ended_at,
            "updated_at": each.ended_at,
        }
        for each in endings
    ]
    session.connection().execute(_upsert(session.get_bind().dialect.name), rows)


@cache
def _upsert(dialect: str) -> Executable:
    # Of the table and not of the class: the mapper takes longer for a thousand rows than the database.
    later = ("outcome", "code", "refused", "started_at", "ended_at", "updated_at")
    if dialect == "sqlite":
        lite = sqlite.insert(TABLE)
        changes = {name: lite.excluded[name] for name in later}
        return lite.on_conflict_do_update(index_elements=["notification_id", "attempt"], set_=changes)
    mine = mysql.insert(TABLE)
    return mine.on_duplicate_key_update({name: mine.inserted[name] for name in later})
