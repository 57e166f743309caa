"""Deliver notifications: claim, converse with the vendor, depart, record. One task a channel.

The vendor's protocol is the channel's conversation; this module carries its steps out. No database session is
open during a call, and every outcome becomes exactly one verb of the ledger.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import structlog
from celery import Task
from celery.exceptions import Ignore, Retry
from sqlalchemy.exc import InterfaceError, OperationalError

from config.vocabulary import Channel
from models import ledger
from models.connection import Connection
from models.ledger import Claimed
from models.sealing import SealBroken
from models.session import transaction
from models.types import utc_now
from workers import outcome
from workers.celery_app import app
from workers.channels.exchange import Message, Outcomes
from workers.channels.registry import VENDORS
from workers.tasks.carry import Carrier, open_credentials, open_message, stamp
from workers.tasks.record import Heard, Tally, record

log = structlog.get_logger()

PAUSES: Final = (0.5, 1, 2, 4, 5)
"""Seconds between tries to record an outcome; their sum ends before the lease and the hard limit do."""


class Delayed(Exception):  # noqa: N818 - Flower shows the name as the reason of a RETRY
    """Why a task ended as RETRY: codes and counts, never a provider's words."""


class Undelivered(Exception):  # noqa: N818 - Flower shows the name as the reason of a FAILURE
    """Why a task ended as FAILURE: every one of its notifications failed."""


def deliver(channel: Channel, ids: Sequence[str]) -> Tally:
    """Send those of `ids` that are queued and due; the others are left alone.

    Twice with the same ids: the second finds nothing to claim.

    Raises:
        Ignore: nothing was there to claim, so that Flower keeps what the row last said.
    """
    begun, started = time.monotonic(), utc_now()
    with transaction() as session:
        claimed = ledger.claim(session, [UUID(each) for each in ids], started)
        connection = Connection.get(session, claimed[0].connection_id) if claimed else None
    if not claimed:
        raise Ignore
    outcomes, reached = _outcomes(channel, claimed, connection, begun)
    heard = Heard(outcomes, reached, started)
    return _remember(channel, claimed, heard)


def _remember(channel: Channel, claimed: Sequence[Claimed], heard: Heard) -> Tally:
    """Record the outcomes, and wait for a database that is away: what was sent must not look unknown."""
    for pause in PAUSES:
        try:
            return _record(channel, claimed, heard)
        except (OperationalError, InterfaceError) as error:
            log.warning("deliver.store_away", error=type(error).__name__, again_in=pause)
            time.sleep(pause)
    return _record(channel, claimed, heard)


def _record(channel: Channel, claimed: Sequence[Claimed], heard: Heard) -> Tally:
    with transaction() as session:
        return record(session, channel, claimed, heard, utc_now(), random.random())  # noqa: S311 - jitter needs no secrecy


def _outcomes(
    channel: Channel, claimed: Sequence[Claimed], connection: Connection | None, begun: float
) -> tuple[Outcomes, bool]:
    """Hear what becomes of each, and whether the provider was reached at all."""
    everyone = [str(each.fence.id) for each in claimed]
    if connection is None:
        return dict.fromkeys(everyone, outcome.Rejected("connection_gone")), False
    now = utc_now()
    if connection.closed_until is not None and connection.closed_until > now:
        rest = outcome.Retry(connection.closed_reason or "closed", connection.closed_until - now, closes=True)
        return dict.fromkeys(everyone, rest), False
    try:
        credentials = open_credentials(connection)
    except SealBroken:
        return dict.fromkeys(everyone, outcome.Retry("credentials_unreadable", closes=True)), False
    messages, outcomes = _open(claimed)
    if not messages:
        return outcomes, False
    with Carrier([each.fence for each in claimed], begun) as carrier:
        heard = carrier.carry(VENDORS[channel].converse(messages, credentials, stamp))
    return {**heard, **outcomes}, carrier.reached


def _open(claimed: Sequence[Claimed]) -> tuple[list[Message], Outcomes]:
    messages: list[Message] = []
    broken: Outcomes = {}
    for each in claimed:
        try:
            messages.append(open_message(each))
        except SealBroken:
            # Scrubbed meanwhile, or its master key is gone: nothing can be sent, and waiting does not help.
            broken[str(each.fence.id)] = outcome.Rejected("unreadable")
    return messages, broken


def conclude(channel: Channel, tally: Tally, total: int) -> dict[str, int]:
    """Turn a tally into what Celery and Flower show: RETRY, FAILURE, or the counts of a SUCCESS.

    The retry is in the row already; raising `Retry` publishes nothing.
    """
    counts = tally.counts()
    log.info("deliver.done", channel=str(channel), **counts)
    if tally.retry:
        accepted = f", accepted {tally.accepted}" if tally.accepted else ""
        reason = f"{_codes(tally.retry)} of {total}{accepted}"
        raise Retry(exc=Delayed(reason), when=tally.when)
    if tally.failed and tally.failed.total() == total:
        raise Undelivered(_codes(tally.failed))
    return counts


def _codes(codes: Counter[str]) -> str:
    return ", ".join(f"{code} ×{number}" for code, number in codes.most_common())


def _run(task: "Task[Any, Any]", channel: Channel, ids: list[str]) -> dict[str, int]:
    request_id = task.request.get("request_id")
    with structlog.contextvars.bound_contextvars(task_id=task.request.id, request_id=request_id):
        return conclude(channel, deliver(channel, ids), len(ids))


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
