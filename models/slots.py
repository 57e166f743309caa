"""Slots: each of a job's is done once, by whoever takes it first, and goes on when he is not heard of any more.

However many beats and workers there are, the row in `runs` decides. It never commits, and knows no job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.vocabulary import Job
from models.run import Run
from models.session import changed

SILENT: Final = timedelta(seconds=60)
"""Whoever has not touched his run for so long is gone: longer than a task may take."""
LONG_AGO: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to do one slot of a job, until somebody else has it; `position` is how far it has come before."""

    run_id: UUID
    number: int
    position: UUID | None = None


def is_due(session: Session, job: Job, slot: datetime, now: datetime) -> bool:
    """Whether somebody should begin this slot, or go on with it."""
    row = session.scalar(select(Run).where(Run.name == job, Run.slot == slot))
    return row is None or (row.ended_at is None and row.touched_at <= now - SILENT)


def take(session: Session, job: Job, slot: datetime, now: datetime) -> Turn | None:
    """Become the one who does it; None if it is done, or somebody else is about it."""
    row = session.scalar(select(Run).where(Run.name == job, Run.slot == slot).with_for_update())
    if row is None:
        try:
            with session.begin_nested():
                made = Run.create(session, name=job, slot=slot, started_at=now, touched_at=now)
        except IntegrityError:
            return None
        return Turn(made.id, made.turn)
    if row.ended_at is not None or row.touched_at > now - SILENT:
        return None
    row.turn, row.touched_at, row.error = row.turn + 1, now, None
    return Turn(row.id, row.turn, row.position)


def touch(session: Session, turn: Turn, done: int, now: datetime, position: UUID | None = None) -> bool:
    """Say that one is about it, how much more is done, and how far it has come, if that is something to go on from.

    False means that somebody else has taken over.
    """
    further = {} if position is None else {"position": position}
    return _write(session, turn, touched_at=now, done=Run.done + done, **further)


def let_go(session: Session, turn: Turn, now: datetime) -> bool:
    """Stop before it is finished: whoever comes next goes on at once."""
    return _write(session, turn, touched_at=now - LONG_AGO)


def fail(session: Session, turn: Turn, now: datetime, error: str) -> bool:
    """Say what ended it early: it is tried again after a rest."""
    return _write(session, turn, touched_at=now, error=error)


def end(session: Session, turn: Turn, now: datetime) -> bool:
    """Say that the slot is done."""
    return _write(session, turn, touched_at=now, ended_at=now)


def last_ended(session: Session, job: Job) -> datetime | None:
    """The latest slot of a job that was done."""
    ended = select(Run.slot).where(Run.name == job, Run.ended_at.is_not(None))
    return session.scalar(ended.order_by(Run.slot.desc()).limit(1))


def overdue(session: Session, slots: Mapping[Job, datetime]) -> list[Job]:
    """Find the jobs that have not ended these slots of theirs, or any later ones."""
    ended = select(Run.name).where(Run.ended_at.is_not(None))
    return [
        job
        for job, slot in slots.items()
        if session.scalar(ended.where(Run.name == job, Run.slot >= slot).limit(1)) is None
    ]


def _write(session: Session, turn: Turn, **values: object) -> bool:
    mine = update(Run).where(Run.id == turn.run_id, Run.turn == turn.number, Run.ended_at.is_(None))
    return changed(session, mine.values(**values)) == 1
