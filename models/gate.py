"""The gate of a connection: closed until a time, for a reason; the first message after that is the probe.

Breaker, no balance, daily quota, `Retry-After`, suspended account: one fact, in the connection's row, so that it
outlives every process. `closed_until` NULL is open; in the future it is closed; in the past, whoever first moves
it into the future carries the probe, and only the probe opens the gate. It never commits, and knows no provider.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Update, func, select, update
from sqlalchemy.orm import Session

from config.vocabulary import Channel, ConnectionStatus
from models.connection import Connection
from models.session import changed

log = structlog.get_logger()

RESTS_FOR: Final = timedelta(minutes=10)
"""How long a connection rests when the provider did not say."""
PATIENCE: Final = 5
"""Rounds in a row that the provider leaves without a usable answer before the gate closes by itself.

Fewer than any channel's budget of tries: who waits at a closed gate spends none, however few messages there are.
"""
FIRST_REST: Final = timedelta(seconds=5)
MOST_DOUBLINGS: Final = 6
"""The rest after further failures doubles up to five minutes."""
_OPEN: Final = {
    "closed_until": None,
    "closed_reason": None,
    "failures": 0,
    "status": ConnectionStatus.ACTIVE,
    "problem": None,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """The right to send one message through a gate whose time has passed; it lapses at `until`."""

    connection_id: UUID
    until: datetime


def closed(session: Session, connections: Collection[UUID]) -> dict[UUID, datetime]:
    """Which of these gates are closed, and until when; a time that has passed waits for its probe."""
    rows = session.execute(
        select(Connection.id, Connection.closed_until).where(
            Connection.id.in_(connections), Connection.closed_until.is_not(None)
        )
    )
    return {row.id: row.closed_until for row in rows}


def closures(session: Session) -> dict[tuple[Channel, str], int]:
    """How many gates are closed, by channel and reason; one whose time has passed waits for its probe, and counts."""
    rows = session.execute(
        select(Connection.channel, Connection.closed_reason, func.count())
        .where(Connection.closed_until.is_not(None))
        .group_by(Connection.channel, Connection.closed_reason)
    )
    return {(channel, reason or ""): number for channel, reason, number in rows}


def take_probe(session: Session, connection: Connection, now: datetime, lease: timedelta) -> Probe | None:
    """Become the one who tries; None if somebody else was first. A probe that is never heard of lapses with `lease`."""
    until = now + lease
    taken = changed(
        session,
        update(Connection)
        .where(Connection.id == connection.id, Connection.closed_until == connection.closed_until)
        .values(closed_until=until),
    )
    return Probe(connection.id, until) if taken else None


def close(session: Session, connection_id: UUID, until: datetime, reason: str) -> None:
    """Close until then; a gate that is closed for longer stays so. One event, when an open one closes."""
    mine = Connection.id == connection_id
    values = {"closed_until": until, "closed_reason": reason}
    if changed(session, update(Connection).where(mine, Connection.closed_until.is_(None)).values(values)):
        log.warning("connection.closed", connection=str(connection_id), code=reason, until=until.isoformat())
    else:
        session.execute(update(Connection).where(mine, Connection.closed_until < until).values(values))


def pass_on(session: Session, probe: Probe, until: datetime, reason: str) -> None:
    """The probe came back with nothing: closed until then, still the same closure."""
    session.execute(_held(probe).values(closed_until=until, closed_reason=reason))


def open_again(session: Session, probe: Probe) -> None:
    """The probe got through: open, with an event, unless somebody has closed it since."""
    if changed(session, _held(probe).values(_OPEN)):
        log.info("connection.opened", connection=str(probe.connection_id))


def open_by_hand(session: Session, connection_id: UUID) -> None:
    """Its credentials are known to work: open, whatever closed it; a closure that is still true comes again."""
    closed_one = update(Connection).where(Connection.id == connection_id, Connection.closed_until.is_not(None))
    if changed(session, closed_one.values(_OPEN)):
        log.info("connection.opened", connection=str(connection_id))


def count_failure(session: Session, connection: Connection, now: datetime, reason: str, probe: Probe | None) -> None:
    """Count a round without a usable answer; at the fifth in a row, and at every one of a probe, the gate closes."""
    over = connection.failures + 1 - PATIENCE
    session.execute(update(Connection).where(Connection.id == connection.id).values(failures=Connection.failures + 1))
    rest = FIRST_REST * 2 ** min(max(over, 0), MOST_DOUBLINGS)
    if probe is not None:
        pass_on(session, probe, now + rest, reason)
    elif over >= 0:
        close(session, connection.id, now + rest, reason)


def forget_failures(session: Session, connection: Connection) -> None:
    """A usable answer came: the count begins anew."""
    if connection.failures:
        session.execute(update(Connection).where(Connection.id == connection.id).values(failures=0))


def _held(probe: Probe) -> Update:
    return update(Connection).where(Connection.id == probe.connection_id, Connection.closed_until == probe.until)
