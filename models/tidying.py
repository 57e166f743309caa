"""Tidying: what is good for nothing any more goes, a slice at a time. It never commits."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from config.vocabulary import BatchState
from models import batch_ledger
from models.batch import Batch
from models.log_waiting import LogWaiting
from models.login_session import LoginSession
from models.mailed_code import MailedCode
from models.queue_sample import QueueSample
from models.run import Run
from models.throttle import Throttle
from models.types import first_id

SLICE: Final = 500
ABANDONED: Final = timedelta(days=1)
"""An upload that nobody has gone on with for so long is not expected back."""
RUNS_FOR: Final = timedelta(days=100)
MARKS_FOR: Final = timedelta(days=100)
SAMPLES_FOR: Final = timedelta(days=30)


def tidy_slice(session: Session, now: datetime) -> int:
    """Delete what has ended (logins, codes, old runs, marks, samples), refuse abandoned uploads; how many rows."""
    ended: tuple[tuple[type[Any], ColumnElement[bool]], ...] = (
        (LoginSession, LoginSession.expires_at <= now),
        (MailedCode, MailedCode.expires_at <= now),
        (Throttle, Throttle.forgotten_at <= now),
        (Run, Run.slot <= now - RUNS_FOR),
        # Of records that have gone their way long since, or for which nobody forwards any more.
        (LogWaiting, LogWaiting.id < first_id(now - MARKS_FOR)),
        (QueueSample, QueueSample.slot <= now - SAMPLES_FOR),
    )
    return sum(_delete(session, table, over) for table, over in ended) + _refuse_abandoned(session, now)


def _delete(session: Session, table: type[Any], over: ColumnElement[bool]) -> int:
    ids = session.scalars(select(table.id).where(over).limit(SLICE).with_for_update(skip_locked=True)).all()
    if ids:
        session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)


def _refuse_abandoned(session: Session, now: datetime) -> int:
    waiting = (Batch.status == BatchState.RECEIVING, Batch.updated_at <= now - ABANDONED)
    ids = session.scalars(select(Batch.id).where(*waiting).limit(SLICE)).all()
    return sum(batch_ledger.refuse(session, each, now) for each in ids)
