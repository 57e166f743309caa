"""Reconcile: ask the vendor what became of messages that may or may not have left.

Only a vendor that can be asked has this (`Vendor.settle`); the others hold or resend by policy. Asking changes
nothing there that was not asked for before, so two reconcilers of the same rows do no harm.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from config.vocabulary import Channel, Ending, State
from models import ledger
from models.attempt import Attempt
from models.connection import Connection
from models.ledger import Fence
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.exchange import Message, Outcomes
from workers.channels.registry import VENDORS
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.tasks.carry import Carrier, open_credentials, stamp

log = structlog.get_logger()

Group = tuple[Channel, UUID, str]
"""What is asked for together: a channel, a connection, the vendor's group."""


@app.task(name="reconcile")
def reconcile(ids: list[str]) -> dict[str, int]:
    """Ask about these notifications, group by group, and record what the vendor says; the counts are by outcome.

    One that cannot be judged yet stays `unknown`, and `sweep` asks again.
    """
    done: Counter[str] = Counter()
    for (channel, connection_id, group_id), members in _groups([UUID(each) for each in ids]).items():
        outcomes = _ask(channel, connection_id, group_id, members)
        with transaction() as session:
            for member in members:
                done[_record(session, member, outcomes.get(str(member.id)))] += 1
    log.info("reconcile.done", **done)
    return dict(done)


def _groups(ids: Sequence[UUID]) -> dict[Group, list[Notification]]:
    groups: dict[Group, list[Notification]] = defaultdict(list)
    with snapshot() as session:
        unknown = (Notification.status == State.UNKNOWN) & Notification.group_id.is_not(None)
        query = select(Notification).options(defer(Notification.sealed))
        for row in session.scalars(query.where(Notification.id.in_(ids), unknown).order_by(Notification.id)):
            groups[row.channel, row.connection_id, row.group_id or ""].append(row)
    return groups


def _ask(channel: Channel, connection_id: UUID, group_id: str, members: Sequence[Notification]) -> Outcomes:
    settle = VENDORS[channel].settle
    with snapshot() as session:
        connection = Connection.get(session, connection_id)
    if settle is None or connection is None:
        return {}
    messages = [Message(str(row.id), row.attempt, row.type, {}) for row in members]
    with Carrier([_fence(row) for row in members], time.monotonic()) as carrier:
        return carrier.carry(settle(messages, group_id, open_credentials(connection), stamp))


def _record(session: Session, row: Notification, outcome: Outcome | None) -> Ending:
    fence, now = _fence(row), utc_now()
    match outcome:
        case Accepted(provider_id):
            changed = ledger.sent(session, {fence: provider_id}, now)
            ending, code = Ending.ACCEPTED, None
        case Rejected(code):
            changed = ledger.fail(session, [fence], now, code, spends=False)
            ending = Ending.REJECTED
        case Retry(code):
            # The vendor proved that nothing left.
            unknown = frozenset({State.UNKNOWN})
            changed = ledger.requeue(session, [fence], now, now, code, spends=True, start=unknown)
            ending = Ending.RETRY
        case Unknown() | None:
            return Ending.UNKNOWN
        case _:
            assert_never(outcome)
    if not changed:
        return Ending.UNKNOWN
    session.execute(
        update(Attempt)
        .where(Attempt.notification_id == row.id, Attempt.attempt == row.attempt)
        .values(outcome=ending, code=code)
    )
    return ending


def _fence(row: Notification) -> Fence:
    return Fence(row.id, row.attempt)
