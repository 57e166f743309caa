"""Receipts: settle what providers report of delivery.

Idempotent and safe in any order: a final state never moves back, a report may come before `sent` is written, and
one of an older attempt is noted on that attempt only. A report names its row; the token in its path named the
connection, and a row of another connection is not touched.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from config.settings import Worker, settings
from config.vocabulary import Ending, State
from models import attempt, ledger
from models.attempt import Attempt, Ended
from models.locking import Fence
from models.notification import Notification
from models.session import transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.solapi_codes import CODES, Class, report
from workers.publish import Report
from workers.tasks.numbers import tell_delivered, tell_outcomes
from workers.tasks.patience import patiently

log = structlog.get_logger()


# The message is the only copy, and settling twice does no harm: so it is acknowledged late.
@app.task(name="receipts.solapi", acks_late=True, reject_on_worker_lost=True)
def receipts_solapi(connection_id: str, reports: list[list[Any]]) -> dict[str, int]:
    """Settle SOLAPI's reports; the counts are by what was done."""
    until = time.monotonic() + settings(Worker).start_within
    return dict(patiently(lambda: settle(UUID(connection_id), [Report(*each) for each in reports]), until))


def settle(connection_id: UUID, reports: Sequence[Report]) -> Counter[str]:
    """Confirm each reported notification, all in one transaction; the counts are by what was done."""
    done: Counter[str] = Counter()
    now = utc_now()
    confirmed: dict[str | None, set[UUID]] = {}
    final: dict[str | None, dict[UUID, Report]] = defaultdict(dict)
    with transaction() as session:
        rows = _lock(session, connection_id, reports)
        for each in reports:
            row_id = UUID(each.notification_id)
            kind = _kind(rows.get(row_id), each)
            failure = None if report(each.code) is Class.DELIVERED else each.code
            if row_id in final[failure]:
                kind = "repeated"
            elif kind in {"final", "older_attempt"}:
                final[failure][row_id] = each
            if kind != "final":
                done[kind] += 1
        for failure, said in final.items():
            confirmed[failure], repeated = _confirm(session, rows, said, failure, now)
            done["delivered" if failure is None else "failed"] += len(confirmed[failure])
            done["repeated"] += repeated
    _tell(rows, confirmed, now)
    log.info("receipts.done", **+done)
    return +done


def _lock(session: Session, connection_id: UUID, reports: Sequence[Report]) -> dict[UUID, Notification]:
    ids = [UUID(each.notification_id) for each in reports]
    # In the order of the ids, as everybody locks: two tasks with the same rows must not wait for each other.
    query = select(Notification).options(defer(Notification.sealed)).where(Notification.id.in_(ids))
    rows = session.scalars(query.order_by(Notification.id).with_for_update())
    return {row.id: row for row in rows if row.connection_id == connection_id}


def _kind(row: Notification | None, said: Report) -> str:
    if row is None:
        return "stranger"
    if said.code not in CODES:
        log.warning("receipts.unlisted_code", id=str(row.id), code=said.code)
    if report(said.code) is Class.PENDING:
        return "pending"
    return "final" if said.attempt == row.attempt else "older_attempt"


def _confirm(
    session: Session, rows: Mapping[UUID, Notification], said: Mapping[UUID, Report], failure: str | None, now: datetime
) -> tuple[set[UUID], int]:
    """Confirm what is still to be confirmed, and keep the carrier's code on the attempt that the report is of.

    Returns those that changed, and how many of the others had been confirmed before.
    """
    present = [Fence(row_id, each.attempt) for row_id, each in said.items() if each.attempt == rows[row_id].attempt]
    changed = ledger.confirm(session, present, now, failure)
    older = {row_id for row_id, each in said.items() if each.attempt != rows[row_id].attempt}
    noted = {row_id: said[row_id] for row_id in changed | older}
    attempt.note(session, _endings(session, rows, noted, now))
    return changed, len(present) - len(changed)


def _tell(rows: Mapping[UUID, Notification], confirmed: Mapping[str | None, set[UUID]], now: datetime) -> None:
    for failure, ids in confirmed.items():
        for channel, number in Counter(rows[each].channel for each in ids).items():
            tell_outcomes(channel, State.DELIVERED if failure is None else State.FAILED, {failure: number})
    tell_delivered([rows[each] for each in confirmed.get(None, ())], now)


def _endings(
    session: Session, rows: Mapping[UUID, Notification], noted: Mapping[UUID, Report], now: datetime
) -> list[Ended]:
    """Make the attempts' lines anew with the carrier's code; the report may be the first to say that one ended."""
    found = {
        (each.notification_id, each.attempt): each
        for each in Attempt.filter(session, Attempt.notification_id.in_(noted))
    }
    endings = []
    for row_id, said in noted.items():
        known = found.get((row_id, said.attempt))
        started = known.started_at if known else rows[row_id].departed_at or now
        ended = known.ended_at if known else now
        code = said.network_code or said.code
        endings.append(Ended(row_id, said.attempt, Ending.ACCEPTED, code, started, ended))
    return endings
