"""Sweep: whoever was forgotten is looked at again.

Takes rows whose `wake_at` has passed, queue by queue, oldest first, in slices, and acts by their state. It rings
into a queue only while that queue is short: a long healthy one is left alone, one whose broker lost its memory
fills up at once. Of a closed connection it rings for nobody but the probe. Any number of sweeps may run; they
share the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Final, assert_never
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session, defer

from config.vocabulary import AfterSilence, Channel, Ending, Lane, Queue, State
from models import attempt, gate, ledger, renewal, waking
from models.attempt import Ended
from models.ledger import RING_AFTER
from models.locking import Fence
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.log_post import LogPost
from workers.publish import Bell, Ring
from workers.retry import after_loss
from workers.tasks.numbers import tell_attempts, tell_outcomes
from workers.tasks.patience import AWAY
from workers.tasks.policy import policy

log = structlog.get_logger()

LOOKED_AFTER: Final = (State.SENDING, State.QUEUED, State.UNKNOWN, State.SENT)
SLICE: Final = 1000
SHORT: Final = 20
"""A queue with fewer messages than this may be rung into."""
RING_EVERY: Final = timedelta(seconds=3)
ASK_EVERY: Final = timedelta(seconds=60)
"""No second question about a notification while the first may still be under way."""
LOST: Final = "lease_lost"
SENDING: Final = frozenset({State.SENDING})


@app.task(name="sweep")
def sweep() -> dict[str, int]:
    """Look after every row whose time has come; the counts are what was done. The next one tries again."""
    bell = Bell()
    done: Counter[str] = Counter()
    done["logs"] = call_for_logs(LogPost())
    try:
        for state, channel, lane in due_kinds(utc_now()):
            if state is State.SENDING:
                done["settled"] += settle_leases(channel, lane, utc_now())
            elif state is State.QUEUED:
                done["rung"] += ring_due(bell, channel, lane, utc_now())
            else:
                done["asked"] += ask_due(bell, state, channel, lane, utc_now())
        done["renewals"] += ring_renewals(bell, utc_now())
    except AWAY as error:
        log.warning("sweep.store_away", error=type(error).__name__)
    finally:
        bell.close()
    return {name: number for name, number in done.items() if number}


def call_for_logs(post: LogPost) -> int:
    """Call again for batches of log records that nobody came for, if their queue is short: the broker has them."""
    depth = post.depth(Queue.LOGS)
    called = post.call_again(SHORT) if depth is not None and depth < SHORT else 0
    post.close()
    return called


def due_kinds(now: datetime) -> list[tuple[State, Channel, Lane]]:
    """Where anything waits to be looked at: one look that locks nothing, since mostly nothing does."""
    with snapshot() as session:
        return [
            kind
            for kind in product(LOOKED_AFTER, Channel, Lane)
            if session.scalar(select(Notification.id).where(_is_due(*kind, now)).limit(1)) is not None
        ]


def ring_due(bell: Bell, channel: Channel, lane: Lane, now: datetime) -> int:
    """Ring for queued rows that nobody came for, if their queue is short and their connection open.

    What has expired meanwhile fails here, be its connection open or closed.
    """
    depth = bell.depth(Queue.send(channel, lane))
    if depth is None or depth >= SHORT:
        return 0
    with transaction() as session:
        rows = session.scalars(_due(State.QUEUED, channel, lane, now)).all()
        late = [row for row in rows if row.expires_at is not None and row.expires_at <= now]
        failed = ledger.fail(session, [Fence(row.id, row.attempt) for row in late], now, "expired", spends=False)
        ready = _hold_back(session, [row for row in rows if row not in late], now)
        waking.look_again(session, [row.id for row in ready], now + RING_EVERY)
    tell_outcomes(channel, State.FAILED, {"expired": len(failed)})
    bell.ring(Ring(row.id, channel, lane, row.connection_id, row.request_id) for row in ready)
    return len(ready)


def _hold_back(session: Session, rows: Sequence[Notification], now: datetime) -> list[Notification]:
    """Put off those of closed connections and return the others; where the time has passed, one may try."""
    closed = gate.closed(session, {row.connection_id for row in rows})
    ready: list[Notification] = []
    later: dict[datetime, list[UUID]] = defaultdict(list)
    tried: set[UUID] = set()
    for row in rows:
        until = closed.get(row.connection_id)
        if until is None or (until <= now and row.connection_id not in tried):
            tried.add(row.connection_id)
            ready.append(row)
        else:
            # Not longer than a rest: somebody may open the gate early.
            later[min(until, now + gate.RESTS_FOR) if until > now else now + RING_AFTER].append(row.id)
    for wake_at, ids in later.items():
        waking.look_again(session, ids, wake_at)
    return ready


def ask_due(bell: Bell, state: State, channel: Channel, lane: Lane, now: datetime) -> int:
    """Have the vendor asked about what may or may not have left, and about reports that never came.

    One question a group, and no more than a short queue of them.
    """
    depth = bell.depth(Queue.RECEIPTS)
    if depth is None or depth >= SHORT:
        return 0
    groups: dict[tuple[UUID, str | None], list[UUID]] = defaultdict(list)
    with transaction() as session:
        for row in session.scalars(_due(state, channel, lane, now)):
            groups[row.connection_id, row.group_id].append(row.id)
        asked = list(islice(groups.values(), SHORT))
        for ids in asked:
            waking.look_again(session, ids, now + ASK_EVERY)
    for ids in asked:
        bell.reconcile(ids)
    return sum(map(len, asked))


def ring_renewals(bell: Bell, now: datetime) -> int:
    """Have tokens renewed whose time has come; whoever comes second finds it done."""
    with snapshot() as session:
        due = renewal.due(session, now, most=SHORT)
    if due and (depth := bell.depth(Queue.PERIODIC)) is not None and depth < SHORT:
        return sum(bell.renew(each) for each in due)
    return 0


def settle_leases(channel: Channel, lane: Lane, now: datetime) -> int:
    """Take over notifications whose worker never came back.

    Not departed: nothing can have left, back to the queue. Departed: the channel's policy decides, to ask
    the vendor, to hold it for a person, or to send it again.
    """
    with transaction() as session:
        rows = session.scalars(_due(State.SENDING, channel, lane, now)).all()
        for number in {row.attempt for row in rows if row.departed_at is None}:
            unsent = [Fence(row.id, number) for row in rows if row.departed_at is None and row.attempt == number]
            ledger.requeue(session, unsent, now, now + after_loss(number), LOST, spends=False, start=SENDING)
        _settle_departed(session, channel, [Fence(row.id, row.attempt) for row in rows if row.departed_at], now)
        endings = [
            Ended(row.id, row.attempt, Ending.LOST, LOST, row.departed_at or row.updated_at, now) for row in rows
        ]
        attempt.note(session, endings)
    tell_attempts(channel, endings)
    if rows:
        departed = sum(row.departed_at is not None for row in rows)
        log.warning("sweep.leases_lost", channel=str(channel), lane=str(lane), lost=len(rows), departed=departed)
    return len(rows)


def _settle_departed(session: Session, channel: Channel, fences: Sequence[Fence], now: datetime) -> None:
    match policy(channel):
        case AfterSilence.ASK:
            ledger.park(session, fences, now, LOST, wake_at=now)
        case AfterSilence.HOLD:
            ledger.park(session, fences, now, LOST)
        case AfterSilence.RESEND:
            ledger.requeue(session, fences, now, now, LOST, spends=True, start=SENDING)
        case _ as never:
            assert_never(never)


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
