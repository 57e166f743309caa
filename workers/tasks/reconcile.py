"""Reconcile: ask the vendor what became of messages that may or may not have left, and for reports that never came.

Only a vendor that can be asked has this (`Vendor.settle`, `Vendor.read_reports`); the others hold or resend by
policy. Asking changes nothing there that was not asked for before, so two reconcilers of the same rows do no harm.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from config.settings import Worker, settings
from config.vocabulary import Ending, State
from models import attempt, ledger, waking
from models.attempt import Ended
from models.connection import Connection
from models.locking import Fence
from models.notification import Notification
from models.sealing import SealBroken
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.exchange import Message, Outcomes
from workers.channels.registry import VENDORS
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.publish import Report
from workers.retry import next_question
from workers.tasks import receipts
from workers.tasks.carry import Carrier, open_credentials, stamp
from workers.tasks.numbers import tell_outcomes
from workers.tasks.patience import patiently
from workers.tasks.record import REPORT_AFTER

log = structlog.get_logger()

GIVE_UP: Final[Mapping[State, timedelta]] = {
    # What the vendor cannot tell in a day, a person must decide.
    State.UNKNOWN: timedelta(days=1),
    # A carrier may take 72 hours to report.
    State.SENT: timedelta(days=3),
}
"""For how long after its departure a notification in this state is asked about."""

UNKNOWN: Final = frozenset({State.UNKNOWN})
SETTLES: Final[Mapping[Ending, State]] = {Ending.ACCEPTED: State.SENT, Ending.REJECTED: State.FAILED}


@app.task(name="reconcile")
def reconcile(ids: list[str]) -> dict[str, int]:
    """Ask about these notifications of one group; the counts are by what was done."""
    return dict(inquire([UUID(each) for each in ids]))


def inquire(ids: Sequence[UUID]) -> Counter[str]:
    """Ask the vendor and record what it says.

    What cannot be judged yet is asked about again after as long as it has been silent.
    """
    rows = _group(ids)
    done: Counter[str] = Counter()
    if not rows:
        return done
    until = time.monotonic() + settings(Worker).start_within * 1.4
    unknown = [row for row in rows if row.status is State.UNKNOWN]
    with snapshot() as session:
        connection = Connection.get(session, rows[0].connection_id)
    if connection is not None:
        if unknown:
            outcomes = _settle(connection, unknown)
            done.update(patiently(lambda: _record(unknown, outcomes), until))
        else:
            reports = _read_reports(connection, rows)
            done.update(patiently(lambda: receipts.settle(connection.id, reports), until))
    patiently(lambda: _ask_later(rows), until)
    log.info("reconcile.done", **+done)
    return +done


def _group(ids: Sequence[UUID]) -> list[Notification]:
    """The rows that still wait for an answer, all of the first one's group."""
    with snapshot() as session:
        query = select(Notification).options(defer(Notification.sealed)).where(Notification.id.in_(ids))
        asked = query.where(Notification.status.in_(GIVE_UP), Notification.group_id.is_not(None))
        rows = session.scalars(asked.order_by(Notification.id)).all()
    return [row for row in rows if (row.connection_id, row.group_id) == (rows[0].connection_id, rows[0].group_id)]


def _settle(connection: Connection, rows: Sequence[Notification]) -> Outcomes:
    settle = VENDORS[connection.channel].settle
    if settle is None:
        return {}
    messages = [Message(str(row.id), row.attempt, row.type, {}) for row in rows]
    with Carrier(connection.channel, [_fence(row) for row in rows], time.monotonic()) as carrier:
        credentials = _credentials(connection)
        return (
            carrier.carry(settle(messages, rows[0].group_id or "", credentials, stamp))
            if credentials is not None
            else {}
        )


def _read_reports(connection: Connection, rows: Sequence[Notification]) -> list[Report]:
    read = VENDORS[connection.channel].read_reports
    credentials = _credentials(connection)
    if read is None or credentials is None:
        return []
    with Carrier(connection.channel, [_fence(row) for row in rows], time.monotonic()) as carrier:
        listed = carrier.follow(read(rows[0].group_id or "", credentials, stamp))
    return [
        Report(str(row.id), row.attempt, said.code, said.network_code, said.message_id)
        for row in rows
        if (said := listed.get(str(row.id))) is not None
    ]


def _credentials(connection: Connection) -> dict[str, str] | None:
    try:
        return open_credentials(connection)
    except SealBroken:
        log.warning("reconcile.credentials_unreadable", connection=str(connection.id))
        return None


def _record(rows: Sequence[Notification], outcomes: Outcomes) -> Counter[str]:
    """Write what the vendor said, one statement for all of whom it said the same."""
    same: dict[tuple[Ending, str | None], list[Notification]] = defaultdict(list)
    for row in rows:
        same[_ending(outcomes.get(str(row.id)))].append(row)
    done: Counter[str] = Counter()
    settled: dict[State, Counter[str | None]] = defaultdict(Counter)
    now = utc_now()
    with transaction() as session:
        for (ending, code), members in same.items():
            changed = _apply(session, ending, code or "", members, outcomes, now)
            done[str(ending)] += len(changed) if ending is not Ending.UNKNOWN else len(members)
            lines = (
                Ended(row.id, row.attempt, ending, code, row.departed_at or now, now)
                for row in members
                if row.id in changed
            )
            attempt.note(session, list(lines))
            if ending in SETTLES:
                settled[SETTLES[ending]][code] += len(changed)
    for state, codes in settled.items():
        tell_outcomes(rows[0].channel, state, codes)
    return done


def _ending(outcome: Outcome | None) -> tuple[Ending, str | None]:
    match outcome:
        case Accepted():
            return Ending.ACCEPTED, None
        case Rejected(code):
            return Ending.REJECTED, code
        case Retry(code):
            return Ending.RETRY, code
        case Unknown() | None:
            return Ending.UNKNOWN, None
        case _:
            assert_never(outcome)


def _apply(
    session: Session, ending: Ending, code: str, rows: Iterable[Notification], outcomes: Outcomes, now: datetime
) -> set[UUID]:
    fences = {_fence(row): _provider_id(outcomes.get(str(row.id))) for row in rows}
    match ending:
        case Ending.ACCEPTED:
            return ledger.sent(session, fences, now, now + REPORT_AFTER, spends=False)
        case Ending.REJECTED:
            return ledger.fail(session, list(fences), now, code, spends=False)
        case Ending.RETRY:
            # The vendor proved that nothing left.
            return ledger.requeue(session, list(fences), now, now, code, spends=False, start=UNKNOWN)
        case Ending.UNKNOWN | Ending.LOST:
            return set()
        case _:
            assert_never(ending)


def _provider_id(outcome: Outcome | None) -> str | None:
    return outcome.provider_id if isinstance(outcome, Accepted) else None


def _ask_later(rows: Sequence[Notification]) -> None:
    """Set the next question for those that still stand where they stood."""
    now = utc_now()
    # The members of a group departed together; a state counts once.
    with transaction() as session:
        for state in {row.status for row in rows}:
            members = [row for row in rows if row.status is state]
            pause = next_question(now - (members[0].departed_at or now), GIVE_UP[state])
            waking.look_again(session, [row.id for row in members], None if pause is None else now + pause, state)


def _fence(row: Notification) -> Fence:
    return Fence(row.id, row.attempt)
