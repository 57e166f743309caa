"""Scrubbing: recipients and contents of an account that was deleted go; states, times and codes stay on record.

Goes through its notifications in the order of their ids, slice by slice, and remembers how far it came, so that it can
be stopped at any moment. What still waits is cancelled. One that is with a worker right now is waited for. It never
commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from config.vocabulary import State
from models import batch_ledger, ledger
from models.account import Account
from models.batch import Batch
from models.notification import Notification
from models.plans import by_index

SLICE: Final = 500
AFTER: Final = timedelta(seconds=10)
"""A key works for up to two seconds after its account was deleted: what it sent then comes last."""
NONE: Final = UUID(int=0)
# A body's hash goes too: by it, who has the table could try out whom the body was for.
OF_NOTIFICATION: Final = ("sealed", "recipient_hash", "reference", "body_hash")
OF_BATCH: Final = ("sealed", "reference", "body_hash", "prefix_hash", "upload_hash")


def waiting(session: Session) -> Sequence[UUID]:
    """Find deleted accounts that are not scrubbed yet, longest deleted first."""
    open_ones = select(Account.id).where(Account.deleted_at.is_not(None), Account.scrubbed_at.is_(None))
    return session.scalars(open_ones.order_by(Account.deleted_at)).all()


def scrub_slice(session: Session, account_id: UUID, now: datetime) -> bool:
    """Scrub the account's next notifications; False means that nothing more can be done now."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.deleted_at is None or account.scrubbed_at is not None:
        return False
    if account.scrubbed_to is None:
        _end_batches(session, account_id, now)
    rows = _slice(session, account_id, account.scrubbed_to or NONE)
    ready = _before_busy(rows)
    if not ready:
        if not rows and account.deleted_at + AFTER <= now:
            account.scrubbed_at = now
        return False
    ledger.cancel(session, [row.id for row in ready if row.status is State.QUEUED], now)
    _scrub(session, [row.id for row in ready])
    account.scrubbed_to = ready[-1].id
    return len(ready) == len(rows)


def _end_batches(session: Session, account_id: UUID, now: datetime) -> None:
    for batch in Batch.filter(session, Batch.account_id == account_id, Batch.ended_at.is_(None)):
        batch_ledger.cancel(session, batch.id, now)
    session.execute(
        update(Batch).where(Batch.account_id == account_id).values(**dict.fromkeys(OF_BATCH)),
        execution_options={"synchronize_session": False},
    )


def _slice(session: Session, account_id: UUID, after: UUID) -> Sequence[Row[UUID, State]]:
    row = Notification
    following = select(row.id, row.status).where(row.account_id == account_id, row.id > after).order_by(row.id)
    return session.execute(by_index(following.limit(SLICE), "ix_notifications_account").with_for_update()).all()


def _before_busy(rows: Sequence[Row[UUID, State]]) -> Sequence[Row[UUID, State]]:
    busy = next((number for number, row in enumerate(rows) if row.status is State.SENDING), len(rows))
    return rows[:busy]


def _scrub(session: Session, ids: Sequence[UUID]) -> None:
    row = Notification
    gone = update(row).where(row.id.in_(ids)).values(**dict.fromkeys(OF_NOTIFICATION))
    session.execute(by_index(gone), execution_options={"synchronize_session": False})
