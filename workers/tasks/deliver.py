"""Deliver notifications: pass the gate, claim, converse with the vendor, depart, record. One task a channel.

The vendor's protocol is the channel's conversation; this module carries its steps out. No database session is
open during a call, and every outcome becomes exactly one verb of the ledger.
"""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from celery import Task
from celery.exceptions import Ignore
from opentelemetry.trace import SpanKind
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config import tracing
from config.limits import limit_of
from config.log_vocabulary import LogEvent
from config.settings import Worker, settings
from config.vocabulary import Channel, Lane, State
from models import gate, ledger
from models.attempt import Ended
from models.connection import Connection
from models.gate import Probe
from models.gathering import Others
from models.ledger import Claimed
from models.notification import Notification
from models.sealing import KeyUnknown, SealBroken
from models.session import transaction
from models.types import utc_now
from workers import outcome
from workers.celery_app import app
from workers.channels.exchange import Message, Outcomes
from workers.channels.registry import VENDORS
from workers.log_record import Detail
from workers.pace import Verdict, pace
from workers.publish import note
from workers.tasks.carry import Carrier, open_credentials, open_message, stamp
from workers.tasks.numbers import tell_tally, tell_times
from workers.tasks.patience import AWAY, patiently
from workers.tasks.record import Heard, record
from workers.tasks.tally import Tally, Undelivered, conclude, later

log = structlog.get_logger()

KEY_AFTER: Final = timedelta(minutes=1)
"""How long a message waits for a master key that is not configured."""


_CONNECTION: Final = (
    select(Connection, Notification.lane)
    .join(Notification, Notification.connection_id == Connection.id)
    .where(Notification.id == bindparam("id"))
)


@dataclass(frozen=True, slots=True)
class _Held:
    """What this worker has in hands: notifications of one connection, and perhaps the right to try its gate."""

    claimed: list[Claimed]
    lane: Lane | None
    connection: Connection | None
    probe: Probe | None
    expired: int


def deliver(channel: Channel, ids: Sequence[str]) -> Tally:
    """Send those of `ids` that are queued and due; the others are left alone.

    Twice with the same ids: the second finds nothing to claim.

    Raises:
        Ignore: the only one of its message was not there to claim, so that Flower keeps what the row last said.
        Retry: they stay queued, since the gate is closed or the database is away.
    """
    begun, started = time.monotonic(), utc_now()
    try:
        held = _claim([UUID(each) for each in ids], started)
    except AWAY as error:
        log.warning("deliver.store_away", error=type(error).__name__)
        raise later("store_away", None) from None
    tally = Tally()
    if held.claimed:
        outcomes, reached, departures = _outcomes(channel, held, begun)
        heard = Heard(outcomes, reached, started, held.probe, held.connection)
        # What was sent must not look unknown because the database was away for a while.
        tally = patiently(lambda: _record(channel, held.claimed, heard), begun + settings(Worker).start_within * 1.4)
        _tell(channel, held.claimed, tally.ended)
        if held.lane is not None:
            tell_times(channel, held.lane, held.claimed, departures, tally.ended)
    tally.failed += Counter(expired=held.expired)
    if not tally.total() and len(ids) == 1:
        raise Ignore
    tell_tally(channel, tally)
    return tally


def _claim(ids: Sequence[UUID], now: datetime) -> _Held:
    lease = settings(Worker).lease
    with transaction() as session:
        connection, lane = _connection(session, ids[0])
        if connection is None or connection.closed_until is None:
            # Never more than a day's quota: nothing could take it whole.
            most = None if connection is None else limit_of(connection.channel).per_day or None
            claim = ledger.claim(session, ids, now, lease, most, _others(connection, lane, len(ids), most))
            return _Held(claim.held, lane, connection, None, claim.expired)
        if connection.closed_until > now:
            if _is_due(session, ids, now):
                # Everything stays queued.
                raise later(f"closed {connection.closed_reason}", connection.closed_until)
            return _Held([], lane, connection, None, 0)
        claim = ledger.claim(session, ids, now, lease, most=1)
        probe = gate.take_probe(session, connection, now, lease) if claim.held else None
        if claim.held and probe is None:
            # Somebody else is trying; the transaction is undone, and with it the claim.
            raise later(f"closed {connection.closed_reason}", None)
        return _Held(claim.held, lane, connection, probe, claim.expired)


def _connection(session: Session, notification_id: UUID) -> tuple[Connection | None, Lane | None]:
    # A message never mixes connections or lanes, so one id speaks for all.
    found = session.execute(_CONNECTION, {"id": notification_id}).one_or_none()
    return (None, None) if found is None else (found[0], found[1])


def _others(connection: Connection | None, lane: Lane | None, number: int, most: int | None) -> Others | None:
    """Who fills up what one message of this lane may carry, if it has `number` of its own."""
    if connection is None or lane is None:
        return None
    size = VENDORS[connection.channel].batch_size[lane]
    room = min(size, most or size) - number
    return Others(connection.id, connection.channel, lane, room) if room > 0 else None


def _is_due(session: Session, ids: Sequence[UUID], now: datetime) -> bool:
    row = Notification
    due = select(row.id).where(row.id.in_(ids), row.status == State.QUEUED, row.not_before <= now).limit(1)
    return session.scalar(due) is not None


def _record(channel: Channel, claimed: Sequence[Claimed], heard: Heard) -> Tally:
    with transaction() as session:
        return record(session, channel, claimed, heard, utc_now(), random.random())  # noqa: S311 - jitter needs no secrecy


def _tell(channel: Channel, claimed: Sequence[Claimed], ended: Sequence[Ended]) -> None:
    """Log how attempts ended, once that is committed."""
    by_id = {each.fence.id: each for each in claimed}
    for each in ended:
        row = by_id[each.notification_id]
        detail: Detail = {
            "channel": channel,
            "attempt": each.attempt,
            "outcome": each.outcome,
            "code": each.code,
            "refused": each.refused,
        }
        log.info("attempt.ended", notification=str(each.notification_id), **detail)
        note(LogEvent.ATTEMPT_ENDED, detail, row.account_id, row.request_id, each.notification_id)


def _outcomes(channel: Channel, held: _Held, begun: float) -> tuple[Outcomes, bool, Mapping[str, datetime]]:
    """Hear what becomes of each, whether the provider was reached at all, and who departed when."""
    everyone = [str(each.fence.id) for each in held.claimed]
    if held.connection is None:
        return dict.fromkeys(everyone, outcome.Rejected("connection_gone")), False, {}
    try:
        credentials = open_credentials(held.connection)
    except SealBroken:
        return dict.fromkeys(everyone, outcome.Retry("credentials_unreadable", closes=True)), False, {}
    messages, outcomes = _open(held.claimed)
    if not messages:
        return outcomes, False, {}
    toll = partial(_toll, held.connection, {each.id: VENDORS[channel].recipients(each.body) for each in messages})
    with Carrier(channel, [each.fence for each in held.claimed], begun, toll) as carrier:
        heard = carrier.carry(VENDORS[channel].converse(messages, credentials, stamp))
    return {**carrier.held_back, **heard, **outcomes}, carrier.reached, carrier.departures


def _toll(connection: Connection, recipients: Mapping[str, int], ids: Sequence[str]) -> Verdict:
    people = sum(recipients[each] for each in ids)
    return pace().take(connection.id, limit_of(connection.channel), len(ids), people)


def _open(claimed: Sequence[Claimed]) -> tuple[list[Message], Outcomes]:
    messages: list[Message] = []
    broken: Outcomes = {}
    for each in claimed:
        try:
            messages.append(open_message(each))
        except KeyUnknown:
            # The operator can put the key back; and while keys are rotated, processes learn of a new one by turns.
            broken[str(each.fence.id)] = outcome.Retry("master_key_unknown", KEY_AFTER, spends=False)
        except SealBroken:
            # Scrubbed meanwhile: nothing can be sent, and waiting does not help.
            broken[str(each.fence.id)] = outcome.Rejected("unreadable")
    return messages, broken


def _run(task: "Task[Any, Any]", channel: Channel, ids: list[str]) -> dict[str, int]:
    request_id = task.request.get("request_id")
    parent = {tracing.HEADER: task.request.get(tracing.HEADER) or ""}
    about = {"alrim.channel": channel, "alrim.task_id": str(task.request.id), "alrim.notifications": len(ids)}
    with (
        structlog.contextvars.bound_contextvars(task_id=task.request.id, request_id=request_id),
        tracing.span("deliver", SpanKind.CONSUMER, about, parent) as span,
    ):
        tally = deliver(channel, ids)
        span.set_attributes({f"alrim.{outcome}": number for outcome, number in tally.counts().items()})
        log.info("deliver.done", channel=str(channel), **tally.counts())
        return conclude(tally, max(len(ids), tally.total()))


@app.task(name="send.kakao", bind=True, throws=(Undelivered,))
def send_kakao(self: "Task[Any, Any]", ids: list[str]) -> dict[str, int]:
    """Send Kakao messages."""
    return _run(self, Channel.KAKAO, ids)


@app.task(name="send.solapi", bind=True, throws=(Undelivered,))
def send_solapi(self: "Task[Any, Any]", ids: list[str]) -> dict[str, int]:
    """Send SMS, LMS, MMS and Alimtalk through SOLAPI."""
    return _run(self, Channel.SOLAPI, ids)


@app.task(name="send.gmail", bind=True, throws=(Undelivered,))
def send_gmail(self: "Task[Any, Any]", ids: list[str]) -> dict[str, int]:
    """Send mails through Gmail."""
    return _run(self, Channel.GMAIL, ids)


@app.task(name="send.ses", bind=True, throws=(Undelivered,))
def send_ses(self: "Task[Any, Any]", ids: list[str]) -> dict[str, int]:
    """Send mails through SES."""
    return _run(self, Channel.SES, ids)
