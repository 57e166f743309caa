"""Sweep: whoever was forgotten is looked at again.

Takes rows whose `wake_at` has passed, queue by queue, oldest first, in slices, and acts by their state. It rings
into a queue only while that queue is short: a long healthy one is left alone, one whose broker lost its memory
fills up at once. Any number of sweeps may run; they share the rows.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Final, assert_never

import structlog
from sqlalchemy import ColumnElement, Select, and_, select, update
from sqlalchemy.orm import Session, defer

from config.vocabulary import AfterSilence, Channel, Ending, Lane, Queue, State
from models import ledger
from models.attempt import Attempt
from models.ledger import Fence
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.publish import Bell, Ring
from workers.tasks.record import policy

log = structlog.get_logger()

LOOKED_AFTER: Final = (State.SENDING, State.QUEUED, State.UNKNOWN)
SLICE: Final = 1000
SHORT: Final = 20
"""A queue with fewer messages than this may be rung into."""
RING_EVERY: Final = timedelta(seconds=10)
ASK_EVERY: Final = timedelta(seconds=60)
"""No second question about a notification while the first may still be under way."""


@app.task(name="sweep")
def sweep() -> dict[str, int]:
    """Look after every row whose time has come; the counts are what was done."""
    bell = Bell()
    done: Counter[str] = Counter()
    try:
        for state, channel, lane in due_kinds(utc_now()):
            if state is State.SENDING:
                done["settled"] += settle_leases(channel, lane, utc_now())
            elif state is State.QUEUED:
                done["rung"] += ring_due(bell, channel, lane, utc_now())
            else:
                done["asked"] += ask_due(channel, lane, utc_now())
    finally:
        bell.close()
    return {name: number for name, number in done.items() if number}


def due_kinds(now: datetime) -> list[tuple[State, Channel, Lane]]:
    """Where anything waits to be looked at: one look that locks nothing, since mostly nothing does."""
    with snapshot() as session:
        return [
            kind
            for kind in product(LOOKED_AFTER, Channel, Lane)
            if session.scalar(select(Notification.id).where(_is_due(*kind, now)).limit(1)) is not None
        ]


def ring_due(bell: Bell, channel: Channel, lane: Lane, now: datetime) -> int:
    """Ring for queued rows that nobody came for, if their queue is short."""
    depth = bell.depth(Queue.send(channel, lane))
    if depth is None or depth >= SHORT:
        return 0
    with transaction() as session:
        rows = session.scalars(_due(State.QUEUED, channel, lane, now)).all()
        _look_again(session, rows, now + RING_EVERY)
    bell.ring(Ring(row.id, channel, lane, row.connection_id, row.request_id) for row in rows)
    return len(rows)


def ask_due(channel: Channel, lane: Lane, now: datetime) -> int:
    """Have the vendor asked about notifications that may or may not have left, as long as it can be asked."""
    with transaction() as session:
        rows = session.scalars(_due(State.UNKNOWN, channel, lane, now)).all()
        _look_again(session, rows, now + ASK_EVERY)
    if rows:
        app.send_task("reconcile", args=([str(row.id) for row in rows],), queue=str(Queue.PERIODIC), retry=False)
    return len(rows)


def settle_leases(channel: Channel, lane: Lane, now: datetime) -> int:
    """Take over notifications whose worker never came back.

    Not departed: nothing can have left, back to the queue. Departed: the channel's policy decides, to ask
    the vendor, to hold it for a person, or to send it again.
    """
    with transaction() as session:
        rows = session.scalars(_due(State.SENDING, channel, lane, now)).all()
        for row in rows:
            _settle(session, row, now)
    return len(rows)


def _settle(session: Session, row: Notification, now: datetime) -> None:
    fence = Fence(row.id, row.attempt)
    code = "lease_lost"
    if row.departed_at is None:
        ledger.requeue(session, [fence], now, now, code, spends=False)
    else:
        match policy(row.channel):
            case AfterSilence.ASK:
                ledger.park(session, [fence], now, code, wake_at=now)
            case AfterSilence.HOLD:
                ledger.park(session, [fence], now, code)
            case AfterSilence.RESEND:
                ledger.requeue(session, [fence], now, now, code, spends=True)
            case _ as never:
                assert_never(never)
    started = row.departed_at or row.updated_at
    Attempt.create(
        session,
        notification_id=row.id,
        attempt=row.attempt,
        outcome=Ending.LOST,
        code=code,
        started_at=started,
        ended_at=now,
    )
    log.warning("notification.lease_lost", id=str(row.id), attempt=row.attempt, departed=row.departed_at is not None)


def _is_due(state: State, channel: Channel, lane: Lane, now: datetime) -> ColumnElement[bool]:
    row = Notification
    return and_(row.status == state, row.channel == channel, row.lane == lane, row.wake_at <= now)


def _due(state: State, channel: Channel, lane: Lane, now: datetime) -> Select[Notification]:
    return (
        select(Notification)
        .options(defer(Notification.sealed))
        .where(_is_due(state, channel, lane, now))
        .order_by(Notification.wake_at)
        .limit(SLICE)
        .with_for_update(skip_locked=True)
    )


def _look_again(session: Session, rows: Sequence[Notification], wake_at: datetime) -> None:
    ids = [row.id for row in rows]
    if ids:
        session.execute(
            update(Notification).where(Notification.id.in_(ids)).values(wake_at=wake_at),
            execution_options={"synchronize_session": False},
        )
