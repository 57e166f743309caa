"""Replay: send a set of failed notifications again, counted first.

In slices, a transaction each, so that nobody waits long for a row; the set's one audit line grows with every slice,
so that it says the truth also of a replay that was cut short.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from api.notifications import seen_by
from api.schemas.decisions import ReplayIn, ReplayOut
from api.security.caller import Viewer
from config.vocabulary import Action, State
from models import ledger
from models.audit import Audit
from models.ledger import Fence
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import utc_now

SLICE: Final = 500
MOST: Final = 100_000
REPLAYED: Final = "replayed"
FAILED: Final = frozenset({State.FAILED})


def run(viewer: Viewer, body: ReplayIn, request_id: str, now: datetime) -> ReplayOut:
    """Count what matches, and unless that is all that was asked, queue it again.

    Only what failed before `failed_before` (or `now`, whichever is earlier) is touched, so that nothing is sent
    again twice by one request, nor by the same request again.
    """
    before = min(body.failed_before or now, now)
    wanted = _conditions(viewer, body, before)
    sendable = and_(
        Notification.sealed.is_not(None), or_(Notification.expires_at.is_(None), Notification.expires_at > now)
    )
    with snapshot() as session:
        by_code = _count(session, [*wanted, sendable])
        skipped = _count(session, [*wanted, not_(sendable)]).total()
    more = by_code.total() > MOST
    if not body.dry_run:
        line = Audit(
            account_id=viewer.account_id,
            api_key_id=viewer.api_key_id,
            role=viewer.role,
            action=Action.REPLAY,
            request_id=request_id,
        )
        filters = body.model_dump(mode="json", exclude_none=True, exclude={"dry_run", "failed_before"})
        by_code = _replay([*wanted, sendable], line, {**filters, "failed_before": before.isoformat()})
    return ReplayOut(
        dry_run=body.dry_run,
        count=by_code.total(),
        by_code=dict(by_code),
        skipped=skipped,
        more=more,
        failed_before=before,
    )


def _conditions(viewer: Viewer, body: ReplayIn, before: datetime) -> list[ColumnElement[bool]]:
    row = Notification
    exact = {row.code: body.code, row.channel: body.channel, row.lane: body.lane, row.type: body.type}
    conditions = [*seen_by(viewer), row.status == State.FAILED, row.updated_at < before]
    conditions += [column == value for column, value in exact.items() if value is not None]
    if body.created_from is not None:
        conditions.append(row.created_at >= body.created_from)
    if body.created_to is not None:
        conditions.append(row.created_at < body.created_to)
    return conditions


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> Counter[str]:
    code = Notification.code
    counted = session.execute(select(code, func.count()).where(*conditions).group_by(code))
    return Counter({str(name): number for name, number in counted})


def _replay(conditions: Sequence[ColumnElement[bool]], line: Audit, said: Mapping[str, str]) -> Counter[str]:
    """Queue what matches again, slice by slice in the order of their ids, and return how many of which code."""
    done: Counter[str] = Counter()
    looked, last = 0, UUID(int=0)
    while True:
        with transaction() as session:
            rows = _next(session, [*conditions, Notification.id > last], min(SLICE, MOST - looked))
            now, fences = utc_now(), [Fence(row.id, row.attempt) for row in rows]
            changed = ledger.requeue(session, fences, now, now, REPLAYED, spends=False, start=FAILED, fresh=True)
            done.update(str(row.code) for row in rows if row.id in changed)
            line.say({**said, "count": done.total()})
            session.add(line)
        looked += len(rows)
        if len(rows) < SLICE or looked >= MOST:
            return done
        last = rows[-1].id


def _next(
    session: Session, conditions: Sequence[ColumnElement[bool]], most: int
) -> Sequence[Row[UUID, int, str | None]]:
    row = Notification
    return session.execute(select(row.id, row.attempt, row.code).where(*conditions).order_by(row.id).limit(most)).all()
