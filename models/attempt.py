"""Attempts: what happened at each claim of a notification, append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Ending
from models.base import Base
from models.types import Ascii, Id, Moment, Word


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
