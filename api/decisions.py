"""What people and applications decide about notifications: to send one again, or what became of an unknown one.

Each decision is one step of the ledger under a lock of the row, with a line of audit in the same transaction. It
names the attempt that it is about, so that a repeated request finds that attempt over and does nothing. Nothing
is rung from here: `sweep` comes to what is queued within seconds.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from api.errors import ApiError, Code
from api.schemas.decisions import As
from api.security import trail
from api.security.who import Viewer
from config.vocabulary import Action, State
from models import ledger
from models.audit import Audit
from models.locking import Fence
from models.notification import Notification
from models.session import snapshot, transaction

DEAD: Final = frozenset({State.FAILED, State.UNKNOWN})
"""What may be sent again."""
SLICE: Final = 500
MOST: Final = 100_000
"""Notifications that one replay takes."""


def resend(session: Session, row: Notification, after_attempt: int, now: datetime) -> bool:
    """Queue a locked row again; False if that was done before.

    Raises:
        ApiError: its state does not allow it, its time has passed, or its content is gone.
    """
    if _is_made(session, row, Action.RESEND, after_attempt=after_attempt):
        return False
    _demand(row, DEAD, after_attempt)
    return _queue(session, row, now)


def resolve(session: Session, row: Notification, as_: As, after_attempt: int, now: datetime) -> bool:
    """Settle a locked unknown row as somebody decided; False if that was done before.

    Raises:
        ApiError: it is not unknown, or cannot be sent again.
    """
    if _is_made(session, row, Action.RESOLVE, **{"as": str(as_), "after_attempt": after_attempt}):
        return False
    _demand(row, frozenset({State.UNKNOWN}), after_attempt)
    fence = Fence(row.id, row.attempt)
    match as_:
        case As.SENT:
            return bool(ledger.sent(session, {fence: None}, now, spends=False))
        case As.FAILED:
            return bool(ledger.fail(session, [fence], now, "resolved_failed", spends=False))
        case As.RESEND:
            return _queue(session, row, now)


def _is_made(session: Session, row: Notification, action: Action, **detail: object) -> bool:
    """Whether this very decision stands in the audit: where a row is says nothing about how it came there."""
    lines = Audit.filter(session, Audit.notification_id == row.id, Audit.action == action)
    return any(json.loads(line.detail) == detail for line in lines)


def _demand(row: Notification, states: frozenset[State], after_attempt: int) -> None:
    if row.status not in states or row.attempt != after_attempt:
        needed = f"{' or '.join(sorted(states))} after attempt {after_attempt}"
        raise ApiError(Code.STATE_CONFLICT, detail=f"it is {row.status} after attempt {row.attempt}, not {needed}")


def _queue(session: Session, row: Notification, now: datetime) -> bool:
    _demand_sendable(session, row, now)
    fence = Fence(row.id, row.attempt)
    return bool(ledger.requeue(session, [fence], now, now, None, spends=False, start=DEAD, fresh=True))


def _demand_sendable(session: Session, row: Notification, now: datetime) -> None:
    if row.expires_at is not None and row.expires_at <= now:
        detail = f"expires_at: it was not to be sent after {row.expires_at.isoformat()}"
        raise ApiError(Code.STATE_CONFLICT, detail=detail)
    if session.scalar(select(Notification.sealed.is_(None)).where(Notification.id == row.id)):
        raise ApiError(Code.STATE_CONFLICT, detail="its content has been deleted: nothing is left to send")


def count_dead(conditions: list[ColumnElement[bool]], before: datetime, now: datetime) -> tuple[Counter[str], int]:
    """Count failed ones by code, and beside them how many can never be sent again (expired, or scrubbed)."""
    with snapshot() as session:
        gone = session.scalar(select(func.count()).where(*_dead(conditions, before), _unsendable(now))) or 0
        rows = session.execute(
            select(Notification.code, func.count())
            .where(*_dead(conditions, before), ~_unsendable(now))
            .group_by(Notification.code)
        )
        return Counter({code or "": number for code, number in rows}), gone


def replay(
    viewer: Viewer,
    conditions: list[ColumnElement[bool]],
    before: datetime,
    now: datetime,
    chosen: dict[str, object],
) -> Counter[str]:
    """Queue again what failed before a moment, slice by slice, oldest first, at most `MOST`; the counts are by code.

    Each slice has a line of audit in its own transaction: whoever dies in between has written down what was done.
    """
    done: Counter[str] = Counter()
    last = UUID(int=0)
    query = select(Notification.id, Notification.attempt, Notification.code).order_by(Notification.id)
    query = query.where(*_dead(conditions, before), ~_unsendable(now)).with_for_update(skip_locked=True)
    while done.total() < MOST:
        with transaction() as session:
            # On from the last one: no slice reads again what the ones before it have read.
            rows = session.execute(query.where(Notification.id > last).limit(min(SLICE, MOST - done.total()))).all()
            if not rows:
                break
            fences = [Fence(row.id, row.attempt) for row in rows]
            ledger.requeue(session, fences, now, now, None, spends=False, start=DEAD, fresh=True)
            trail.note(session, viewer, Action.REPLAY, chosen={**chosen, "count": len(rows)})
        done.update(row.code or "" for row in rows)
        last = rows[-1].id
    return done


def _dead(conditions: list[ColumnElement[bool]], before: datetime) -> list[ColumnElement[bool]]:
    # What fails again meanwhile is not taken a second time.
    return [*conditions, Notification.status == State.FAILED, Notification.updated_at < before]


def _unsendable(now: datetime) -> ColumnElement[bool]:
    return or_(Notification.sealed.is_(None), func.coalesce(Notification.expires_at <= now, False))
