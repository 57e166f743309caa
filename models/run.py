"""Runs: which slot of which periodic job was done, by now or ever. `models.slots` changes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Job
from models.base import Base
from models.types import Ascii, Id, Moment, Word


class Run(Base):
    """One slot of one job: lock, record and dead man's switch in one.

    `turn` counts who began it and fences: only the last may go on. `touched_at` is when he last said that he is about
    it; `done` counts what was done, `position` is how far a job that goes through a table has come, and `error` names
    what ended it early.
    """

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("name", "slot"),)

    name: Mapped[Job] = mapped_column(Word(Job))
    slot: Mapped[datetime] = mapped_column(Moment)
    turn: Mapped[int] = mapped_column(default=1)
    done: Mapped[int] = mapped_column(default=0)
    position: Mapped[UUID | None] = mapped_column(Id)
    started_at: Mapped[datetime] = mapped_column(Moment)
    touched_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(Ascii(64))
