"""Attempts: what happened at each claim of a notification, append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Executable, String, Table, UniqueConstraint
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.vocabulary import Ending
from models.base import Base
from models.literal import literal
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
SHARED: Final = ("attempt", "outcome", "code", "refused", "started_at", "ended_at", "created_at", "updated_at")
"""The columns in which the attempts of one delivery are mostly alike."""
LATER: Final = ("outcome", "code", "refused", "started_at", "ended_at", "updated_at")
"""What a later word about the same attempt puts in the place of the earlier one."""


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

    @property
    def shared(self) -> tuple[Any, ...]:
        """The values of the columns `SHARED`."""
        when = (self.started_at, self.ended_at, self.ended_at, self.ended_at)
        return self.attempt, self.outcome, self.code, self.refused, *when


def note(session: Session, endings: Sequence[Ended]) -> None:
    """Note how attempts ended, one statement for all.

    What is noted later counts more: a lease that ran out under a live worker has left `lost`, until that worker
    or the vendor says what really happened.
    """
    if not endings:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(_upsert(), [_row(each) for each in endings])
    else:
        connection.exec_driver_sql(_text(endings))


def _row(ended: Ended) -> dict[str, Any]:
    return {
        "id": new_id(),
        "notification_id": ended.notification_id,
        **dict(zip(SHARED, ended.shared, strict=True)),
    }


@cache
def _upsert() -> Executable:
    statement = sqlite.insert(TABLE)
    changes = {name: statement.excluded[name] for name in LATER}
    return statement.on_conflict_do_update(index_elements=["notification_id", "attempt"], set_=changes)


def _text(endings: Sequence[Ended]) -> str:
    texts: dict[tuple[Any, ...], str] = {}
    lines = []
    for each in endings:
        shared = each.shared
        if shared not in texts:
            columns = zip(SHARED, shared, strict=True)
            texts[shared] = ", ".join([literal(TABLE.c[name], value) for name, value in columns])
        lines.append(f"(X'{new_id().hex}', X'{each.notification_id.hex}', {texts[shared]})")
    changes = ", ".join([f"{name} = VALUES({name})" for name in LATER])
    start = f"INSERT INTO {TABLE.name} (id, notification_id, {', '.join(SHARED)}) VALUES"
    return f"{start} {', '.join(lines)} ON DUPLICATE KEY UPDATE {changes}"
