"""Scrubbing: recipients and contents go; states, times and codes stay on record.

It goes through an account's notifications in the order of their ids, slice by slice, and remembers how far it came, so
that it can be stopped at any moment. Of an account that lives, what is older than its retention goes, but not what
still waits; of one that was deleted everything, and what waits is cancelled. It never commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from config.vocabulary import AccountStatus, State
from models import batch_ledger, ledger
from models.account import Account
from models.batch import Batch
from models.notification import Notification
from models.plans import by_index
from models.types import first_id

SLICE: Final = 200
AFTER: Final = timedelta(seconds=10)
"""A key works for up to two seconds after its account was deleted: what it sent then comes last."""
NONE: Final = UUID(int=0)
# A body's hash goes too: by it, who has the table could try out whom the body was for.
PERSONAL: Final = ("sealed", "recipient_hash", "body_hash")
OF_BATCH: Final = ("sealed", "reference", "body_hash", "prefix_hash", "upload_hash")
ALL: Final = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Slice:
    """How far one went; `left` is the first notification that was left as it is, since it is under way."""

    count: int
    last: UUID
    left: UUID | None


def deleted(session: Session) -> Sequence[UUID]:
    """Find deleted accounts that are not scrubbed yet, longest deleted first."""
    open_ones = select(Account.id).where(Account.deleted_at.is_not(None), Account.scrubbed_at.is_(None))
    return session.scalars(open_ones.order_by(Account.deleted_at)).all()


def following(session: Session, after: UUID) -> Account | None:
    """The account that comes next in the order of ids, among those that live."""
    alive = select(Account).where(Account.id > after, Account.status == AccountStatus.ACTIVE)
    return session.scalar(alive.order_by(Account.id).limit(1))


def oldest_kept(account: Account, now: datetime, days: int) -> UUID:
    """The first id that an account's retention keeps; `days` where the account asks for nothing."""
    return first_id(now - timedelta(days=min(account.retention_days or days, days)))


def end_batches(session: Session, account_id: UUID, now: datetime) -> None:
    """Cancel a deleted account's batches and scrub their messages; the first thing to be done, once is enough."""
    for batch in Batch.filter(session, Batch.account_id == account_id, Batch.ended_at.is_(None)):
        batch_ledger.cancel(session, batch.id, now)
    session.execute(
        update(Batch).where(Batch.account_id == account_id).values(**dict.fromkeys(OF_BATCH)),
        execution_options={"synchronize_session": False},
    )


def scrub_account(session: Session, account_id: UUID, now: datetime) -> bool:
    """Scrub a deleted account's next notifications; False means that nothing more can be done now."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or account.deleted_at is None or account.scrubbed_at is not None:
        return False
    rows = _slice(session, account_id, account.scrubbed_to or NONE, ALL)
    ledger.cancel(session, [row.id for row in rows if row.status is State.QUEUED], now)
    busy = next((number for number, row in enumerate(rows) if row.status is State.SENDING), len(rows))
    # What its owner found it by is nobody's any more.
    _scrub(session, [row.id for row in rows[:busy]], "reference")
    if busy:
        account.scrubbed_to = rows[busy - 1].id
    if not rows and account.deleted_at + AFTER <= now:
        account.scrubbed_at = now
    return busy == len(rows) > 0


def scrub_slice(session: Session, account_id: UUID, after: UUID, before: UUID) -> Slice:
    """Scrub a living account's next notifications between two ids."""
    rows = _slice(session, account_id, after, before)
    under_way = [row.id for row in rows if row.status in {State.QUEUED, State.SENDING}]
    _scrub(session, [row.id for row in rows if row.id not in {*under_way}])
    return Slice(len(rows), rows[-1].id if rows else after, under_way[0] if under_way else None)


def just_before(row_id: UUID) -> UUID:
    """The id before this one."""
    return UUID(int=row_id.int - 1)


def note(session: Session, account_id: UUID, to: UUID) -> None:
    """Remember that everything up to this id is scrubbed."""
    session.execute(update(Account).where(Account.id == account_id).values(scrubbed_to=to))


def _slice(session: Session, account_id: UUID, after: UUID, before: UUID) -> Sequence[Row[UUID, State]]:
    row = Notification
    between = select(row.id).where(row.account_id == account_id, row.id > after, row.id < before)
    ordered = between.order_by(row.id).limit(SLICE)
    ids = session.scalars(by_index(ordered, "ix_notifications_account")).all()
    # Locked in the order in which whoever deletes locks: the row itself comes first, then its places in indexes.
    locked = select(row.id, row.status).where(row.id.in_(ids)).order_by(row.id)
    return session.execute(by_index(locked).with_for_update()).all() if ids else []


def _scrub(session: Session, ids: Sequence[UUID], *further: str) -> None:
    row = Notification
    gone = update(row).where(row.id.in_(ids)).values(**dict.fromkeys((*PERSONAL, *further)))
    session.execute(by_index(gone), execution_options={"synchronize_session": False})
