"""The batch's ledger: every way a batch can change state, and no other place changes one.

Each verb is one guarded UPDATE: it changes the batch only where `models.lifecycle.BATCH_STEPS` lets it start, and says
whether it did. Verbs never commit. What the notifications of a batch do is `models.ledger`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.orm import Session

from config.vocabulary import BatchState, State
from models.batch import Batch, BatchReject
from models.lifecycle import BATCH_STEPS, HELD_BACK, BatchVerb
from models.notification import Notification
from models.plans import by_index
from models.session import changed
from models.types import new_id
from models.waking import look_again

FED_FOR: Final = timedelta(seconds=10)
"""When `sweep` looks after a row that its lane was told of and nobody came for."""
MOST_REJECTS: Final = 10_000
"""Rejects of one batch that are kept in full; all are counted."""
OF_BATCH: Final = "ix_notifications_batch"
"""The index by which a batch finds its notifications, by state and in order."""
PENDING: Final = frozenset({State.QUEUED, State.SENDING})
"""A batch has finished when none of its notifications is in one of these."""


@dataclass(frozen=True, slots=True)
class Reject:
    """One recipient that was not accepted. `number` counts recipients from 1, `line` the lines of an upload."""

    number: int
    line: int | None
    field: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the recipients of a batch have been read, and what came of them."""

    rows_read: int
    accepted: int
    rejected: int
    prefix_hash: bytes | None


def begin_filling(session: Session, batch_id: UUID) -> tuple[int, Progress] | None:
    """Become the one who fills it, from where it stands; None if it takes no more. Whoever did before must stop."""
    batch = session.scalar(select(Batch).where(Batch.id == batch_id).with_for_update())
    if batch is None or batch.status not in BATCH_STEPS[BatchVerb.ADVANCE][0]:
        return None
    batch.filling += 1
    return batch.filling, Progress(batch.rows_read, batch.accepted, batch.rejected, batch.prefix_hash)


def advance(connection: Connection, batch_id: UUID, filling: int, to: Progress, now: datetime) -> bool:
    """Count the recipients read; False means that somebody else fills it now, or nobody any more."""
    table = Batch.__table__
    advanced = connection.execute(
        update(Batch)
        .where(table.c.id == batch_id, table.c.status.in_(BATCH_STEPS[BatchVerb.ADVANCE][0]))
        .where(table.c.filling == filling)
        .values(
            rows_read=to.rows_read,
            accepted=to.accepted,
            rejected=to.rejected,
            prefix_hash=to.prefix_hash,
            updated_at=now,
        )
    )
    return advanced.rowcount == 1


def note_rejects(connection: Connection, batch_id: UUID, rejects: Sequence[Reject], now: datetime) -> None:
    """Keep why recipients were refused."""
    if rejects:
        connection.execute(
            insert(BatchReject),
            [
                {
                    "id": new_id(),
                    "batch_id": batch_id,
                    "number": each.number,
                    "line": each.line,
                    "field": each.field[:100],
                    "code": each.code,
                    "detail": each.detail[:500],
                    "created_at": now,
                    "updated_at": now,
                }
                for each in rejects
            ],
        )


def release(session: Session, batch_id: UUID, now: datetime, upload_hash: bytes | None = None) -> bool:
    """Let it go: every recipient is there. The message is kept no longer, since each notification holds its own."""
    return _step(session, BatchVerb.RELEASE, batch_id, now, sealed=None, pace_from=now, upload_hash=upload_hash)


def refuse(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Accept none of it; what is stored of it is deleted by `drop`."""
    return _step(session, BatchVerb.REFUSE, batch_id, now, sealed=None, accepted=0)


def pause(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Hold back whatever has not been claimed, until `resume`."""
    if not _step(session, BatchVerb.PAUSE, batch_id, now):
        return False
    row = Notification
    fed = select(Batch.fed_id).where(Batch.id == batch_id).scalar_subquery()
    session.execute(
        # What was fed already is taken back; what was not has no `wake_at` anyway.
        by_index(
            update(row).where(row.batch_id == batch_id, row.status == State.QUEUED, row.id <= fed).values(wake_at=None),
            OF_BATCH,
        ),
        execution_options={"synchronize_session": False},
    )
    return True


def resume(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Go on; the lane is told anew, from the first notification that still waits."""
    done = handled(count_states(session, batch_id))
    return _step(session, BatchVerb.RESUME, batch_id, now, fed_id=None, pace_from=now, pace_done=done)


def cancel(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Claim nothing of it any more; its waiting notifications are cancelled slice by slice."""
    return _step(session, BatchVerb.CANCEL, batch_id, now, sealed=None)


def end(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Say that nothing of a cancelled batch waits any more."""
    return _step(session, BatchVerb.END, batch_id, now, ended_at=now)


def clear(session: Session, batch_id: UUID, now: datetime) -> None:
    """Say that nothing of a refused batch is stored any more."""
    session.execute(update(Batch).where(Batch.id == batch_id, Batch.status == BatchState.REFUSED).values(ended_at=now))


def finish(session: Session, batch_id: UUID, now: datetime) -> bool:
    """Say that every notification has been handled."""
    return _step(session, BatchVerb.FINISH, batch_id, now, ended_at=now)


def count_states(session: Session, batch_id: UUID) -> dict[State, int]:
    """Count the batch's notifications by state, from the index alone."""
    row = Notification
    query = select(row.status, func.count().label("number")).where(row.batch_id == batch_id).group_by(row.status)
    return {row.status: row.number for row in session.execute(by_index(query, OF_BATCH))}


def handled(counts: dict[State, int]) -> int:
    """How many have been sent or given up."""
    return sum(number for status, number in counts.items() if status not in PENDING)


def claimable(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Leave out notifications whose batch holds them back, and have nobody look at them until it is resumed."""
    batches = {row.batch_id for row in rows if row.batch_id is not None}
    if not batches:
        return rows
    held = {*session.scalars(select(Batch.id).where(Batch.id.in_(batches), Batch.status.in_(HELD_BACK)))}
    look_again(session, [row.id for row in rows if row.batch_id in held], None)
    return [row for row in rows if row.batch_id not in held]


def drop(session: Session, batch_id: UUID, most: int) -> int:
    """Delete notifications of a refused batch, at most so many; none was ever accepted."""
    query = select(Notification.id).where(Notification.batch_id == batch_id).limit(most)
    ids = [*session.scalars(by_index(query, OF_BATCH))]
    session.execute(
        delete(Notification).where(Notification.id.in_(ids)), execution_options={"synchronize_session": False}
    )
    return len(ids)


def _step(session: Session, verb: BatchVerb, batch_id: UUID, now: datetime, **values: Any) -> bool:  # noqa: ANN401 - columns
    start, target = BATCH_STEPS[verb]
    step = update(Batch).where(Batch.id == batch_id, Batch.status.in_(start))
    return changed(session, step.values(status=BatchState(target), updated_at=now, **values)) == 1
