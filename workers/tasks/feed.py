"""Feed: running batches tell their lanes of the next notifications, as far as the queues have room.

A million recipients wait in the database, not in the broker: a queue holds a few seconds' work, and accounts take turns
with it, so that another's ten are not behind them. A row that was told of has a `wake_at` and from then on is looked
after like any other. What a cancelled or refused batch left is cleared away here, slice by slice. Any number of feeds
may run; each batch is fed by one at a time.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.vocabulary import BatchState, Channel, Lane, Queue, State
from models import batch_ledger, gate, ledger
from models.batch import Batch
from models.batch_ledger import FED_FOR, OF_BATCH, PENDING
from models.notification import Notification
from models.plans import by_index
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.registry import VENDORS
from workers.publish import Bell, Ring
from workers.tasks.patience import AWAY

log = structlog.get_logger()

ROOM: Final = 10_000
"""Notifications that may wait in one queue, in messages of the channel's size, but never under 20 of those."""
SHORT: Final = 20
SLICE: Final = 1_000
CLEARS_FOR: Final = 5.0
"""Seconds of one feed for clearing away."""
ACTIVE: Final = (BatchState.RUNNING, BatchState.CANCELLING, BatchState.REFUSED)


@app.task(name="feed")
def feed() -> dict[str, int]:
    """Feed every running batch once, and clear up after those that ended; the counts are what was done."""
    bell, done = Bell(), Counter[str]()
    try:
        batches = waiting_batches(utc_now())
        for (channel, lane), some in _by_lane(batches).items():
            done["fed"] += feed_lane(bell, channel, lane, some)
        for batch in batches:
            done["cleared"] += clear_up(batch)
    except AWAY as error:
        log.warning("feed.store_away", error=type(error).__name__)
    finally:
        bell.close()
    return {name: number for name, number in done.items() if number}


def feed_lane(bell: Bell, channel: Channel, lane: Lane, batches: Sequence[Batch]) -> int:
    """Fill one queue from these batches, each account as much as any other, and each batch as its account's others."""
    depth, size = bell.depth(Queue.send(channel, lane)), size_of(channel, lane)
    if depth is None:
        return 0
    room = max(ROOM // size, SHORT) - depth
    fed = 0
    for batch, messages in _shares(batches, room):
        rings = _feed(batch, messages * size, utc_now())
        bell.ring(rings)
        fed += len(rings)
    return fed


def size_of(channel: Channel, lane: Lane) -> int:
    """How many notifications one message of this lane carries."""
    return VENDORS[channel].batch_size[lane]


def _shares(batches: Sequence[Batch], room: int) -> Iterator[tuple[Batch, int]]:
    """Deal out the room, in messages: to accounts alike, and to the batches of one account alike."""
    accounts: dict[UUID, list[Batch]] = defaultdict(list)
    for batch in batches:
        accounts[batch.account_id].append(batch)
    for some, part in zip(accounts.values(), _dealt(room, len(accounts)), strict=True):
        yield from ((batch, share) for batch, share in zip(some, _dealt(part, len(some)), strict=True) if share > 0)


def _dealt(whole: int, parts: int) -> list[int]:
    """Divide, what is left over going to the first: those who were not fed for longest."""
    return [max(whole, 0) // parts + (place < max(whole, 0) % parts) for place in range(parts)]


def _feed(batch: Batch, most: int, now: datetime) -> list[Ring]:
    """Take the next of a batch and say that its lane is told of them; one that has no next may have finished."""
    row = Notification
    with transaction() as session:
        locked = session.scalar(
            select(Batch)
            .where(Batch.id == batch.id, Batch.status == BatchState.RUNNING)
            .with_for_update(skip_locked=True)
        )
        if locked is None:
            return []
        waiting = [row.batch_id == batch.id, row.status == State.QUEUED]
        after = [] if locked.fed_id is None else [row.id > locked.fed_id]
        following = select(row.id).where(*waiting, *after).order_by(row.id).limit(most)
        ids = session.scalars(by_index(following, OF_BATCH)).all()
        if not ids:
            _finish(session, batch.id, now)
            return []
        session.execute(
            by_index(update(row).where(row.id.in_(ids), row.status == State.QUEUED).values(wake_at=now + FED_FOR)),
            execution_options={"synchronize_session": False},
        )
        locked.fed_id = ids[-1]
    return [Ring(each, batch.channel, batch.lane, batch.connection_id, batch.request_id) for each in ids]


def _finish(session: Session, batch_id: UUID, now: datetime) -> None:
    row = Notification
    pending = select(row.id).where(row.batch_id == batch_id, row.status.in_(PENDING)).limit(1)
    if session.scalar(by_index(pending, OF_BATCH)) is None and batch_ledger.finish(session, batch_id, now):
        log.info("batch.finished", batch_id=str(batch_id))


def waiting_batches(now: datetime) -> list[Batch]:
    """The batches that want something done: not those that are to begin later, or whose connection is closed."""
    with snapshot() as session:
        found = session.scalars(
            select(Batch).where(Batch.status.in_(ACTIVE), Batch.ended_at.is_(None)).order_by(Batch.updated_at)
        ).all()
        # One whose time has passed wants somebody to try it.
        shut = gate.closed(session, {batch.connection_id for batch in found})
    closed = {connection for connection, until in shut.items() if until > now}
    return [
        batch
        for batch in found
        if batch.status is not BatchState.RUNNING or (batch.not_before <= now and batch.connection_id not in closed)
    ]


def _by_lane(batches: Sequence[Batch]) -> dict[tuple[Channel, Lane], list[Batch]]:
    lanes: dict[tuple[Channel, Lane], list[Batch]] = defaultdict(list)
    for batch in batches:
        if batch.status is BatchState.RUNNING:
            lanes[batch.channel, batch.lane].append(batch)
    return lanes


def clear_up(batch: Batch) -> int:
    """Cancel what waits of a cancelled batch, delete what is stored of a refused one; some seconds' worth of it."""
    if batch.status is BatchState.RUNNING:
        return 0
    cleared, until = 0, time.monotonic() + CLEARS_FOR
    while time.monotonic() < until:
        with transaction() as session:
            some = _cancel(session, batch) if batch.status is BatchState.CANCELLING else _drop(session, batch)
        if not some:
            break
        cleared += some
    return cleared


def _cancel(session: Session, batch: Batch) -> int:
    row = Notification
    query = select(row.id).where(row.batch_id == batch.id, row.status == State.QUEUED).limit(SLICE)
    ids = session.scalars(by_index(query, OF_BATCH)).all()
    if not ids:
        batch_ledger.end(session, batch.id, utc_now())
    return ledger.cancel(session, ids, utc_now()) if ids else 0


def _drop(session: Session, batch: Batch) -> int:
    dropped = batch_ledger.drop(session, batch.id, SLICE)
    if not dropped:
        batch_ledger.clear(session, batch.id, utc_now())
    return dropped
