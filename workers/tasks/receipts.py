"""Receipts: settle what providers report of delivery.

Idempotent and safe in any order: a final state never moves back, a report may come before `sent` is written, and
one of an older attempt changes nothing. A report names its row; the token in its path named the connection, and a
row of another connection is not touched.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from config.vocabulary import Ending
from models import ledger
from models.attempt import Attempt
from models.ledger import Fence
from models.notification import Notification
from models.session import transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.solapi_codes import CODES, Class, report
from workers.publish import Report

log = structlog.get_logger()


# The message is the only copy, and settling twice does no harm: so it is acknowledged late.
@app.task(name="receipts.solapi", acks_late=True, reject_on_worker_lost=True)
def receipts_solapi(connection_id: str, reports: list[list[Any]]) -> dict[str, int]:
    """Settle SOLAPI's reports; the counts are by what was done."""
    return dict(settle(UUID(connection_id), [Report(*each) for each in reports]))


def settle(connection_id: UUID, reports: Sequence[Report]) -> Counter[str]:
    """Confirm each reported notification in one transaction."""
    done: Counter[str] = Counter()
    ids = [UUID(each.notification_id) for each in reports]
    with transaction() as session:
        query = select(Notification).options(defer(Notification.sealed)).where(Notification.id.in_(ids))
        rows = {row.id: row for row in session.scalars(query) if row.connection_id == connection_id}
        for each in reports:
            row = rows.get(UUID(each.notification_id))
            done[_settle(session, row, each)] += 1
    log.info("receipts.done", **done)
    return done


def _settle(session: Session, row: Notification | None, said: Report) -> str:
    if row is None:
        return "stranger"
    if said.code not in CODES:
        log.warning("receipts.unlisted_code", id=str(row.id), code=said.code)
    verdict = report(said.code)
    if verdict is Class.PENDING:
        return "pending"
    if said.attempt != row.attempt:
        return "older_attempt"
    failure = None if verdict is Class.DELIVERED else said.code
    now = utc_now()
    if not ledger.confirm(session, [Fence(row.id, said.attempt)], now, failure):
        return "repeated"
    _note(session, row, said)
    return "delivered" if failure is None else "failed"


def _note(session: Session, row: Notification, said: Report) -> None:
    """Keep the carrier's code on the attempt; the report may be the first to say that the attempt ended."""
    attempts = Attempt.filter(session, Attempt.notification_id == row.id, Attempt.attempt == said.attempt)
    now = utc_now()
    attempt = attempts[0] if attempts else None
    if attempt is None:
        attempt = Attempt.create(
            session,
            notification_id=row.id,
            attempt=said.attempt,
            outcome=Ending.ACCEPTED,
            started_at=row.departed_at or now,
            ended_at=now,
        )
    attempt.code = said.network_code or said.code
