"""Renewal of a connection's token: due at a time, by one worker at a time, and stored before anybody uses it.

`renew_at` says when; whoever moves `renewing_until` into the future has the turn, and a turn that is never heard of
lapses. A provider may make the old refresh token invalid the moment it gives a new one, so there is never a second
turn beside the first. It never commits, and knows no provider.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from config.vocabulary import ConnectionStatus
from models import credentials, notices
from models.account import Account
from models.connection import Connection
from models.session import changed

log = structlog.get_logger()

LIFE_USED: Final = 0.5
"""The part of a token's life after which it is renewed: the other half is for whatever goes wrong meanwhile."""
TURN: Final = timedelta(seconds=60)
"""Longer than one exchange with a provider can take."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to renew one connection's token; it lapses at `until`."""

    connection_id: UUID
    until: datetime


def due(session: Session, now: datetime, most: int) -> Sequence[UUID]:
    """Find connections whose time has come and that nobody is about, longest due first."""
    row = Connection
    waiting = select(row.id).where(row.renew_at <= now, _is_free(now)).order_by(row.renew_at)
    return session.scalars(waiting.limit(most)).all()


def take(session: Session, connection_id: UUID, now: datetime) -> Turn | None:
    """Become the one who renews; None if it is not due, or somebody else is about it."""
    row, until = Connection, now + TURN
    free = update(row).where(row.id == connection_id, row.renew_at <= now, _is_free(now))
    return Turn(connection_id, until) if changed(session, free.values(renewing_until=until)) else None


def ask(session: Session, connection: Connection, now: datetime) -> bool:
    """Have it renewed at once, since its provider refused it; whether it can be renewed at all.

    Asking again changes nothing, and a refusal of credentials that were replaced meanwhile is none.
    """
    if connection.renew_at is None:
        return False
    row = Connection
    same = update(row).where(row.id == connection.id, row.secrets == connection.secrets, row.renew_at > now)
    changed(session, same.values(renew_at=now))
    return True


def refused(session: Session, connection: Connection, code: str) -> None:
    """Note that its provider refused credentials that renewal does not help, for the account that they belong to.

    The installation's own stay active: its operator sees the closed gate, and its environment has new ones at the next
    start. What is known already was said in better words.
    """
    row = Connection
    same = update(row).where(
        row.id == connection.id,
        row.secrets == connection.secrets,
        row.account_id.is_not(None),
        row.status != ConnectionStatus.NEEDS_REAUTH,
    )
    problem = f"the provider refused the credentials ({code}): give it new ones"
    if changed(session, same.values(status=ConnectionStatus.NEEDS_REAUTH, problem=problem)):
        _tell(session, connection.id, problem)


def renewed(session: Session, turn: Turn, secrets: Mapping[str, str], renew_at: datetime) -> bool:
    """Store the new credentials; False if the turn had lapsed and nothing was stored."""
    return _end(
        session,
        turn,
        secrets=credentials.seal(turn.connection_id, secrets),
        renew_at=renew_at,
        status=ConnectionStatus.ACTIVE,
        problem=None,
    )


def put_off(session: Session, turn: Turn, renew_at: datetime, problem: str) -> bool:
    """Nothing came of it: the same credentials are tried again then."""
    return _end(session, turn, renew_at=renew_at, problem=problem)


def given_up(session: Session, turn: Turn, problem: str) -> bool:
    """Nothing helps but the person, who is told: no further renewal."""
    ended = _end(session, turn, renew_at=None, status=ConnectionStatus.NEEDS_REAUTH, problem=problem)
    if ended:
        _tell(session, turn.connection_id, problem)
    return ended


def _tell(session: Session, connection_id: UUID, problem: str) -> None:
    row = Connection.get(session, connection_id)
    account = None if row is None or row.account_id is None else Account.get(session, row.account_id)
    if row is not None and account is not None:
        notices.tell(session, account, notices.NEEDS_REAUTH, channel=row.channel, name=row.name, problem=problem)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Connection.renewing_until.is_(None), Connection.renewing_until <= now)


def _end(session: Session, turn: Turn, **values: object) -> bool:
    row = Connection
    mine = update(row).where(row.id == turn.connection_id, row.renewing_until == turn.until)
    return changed(session, mine.values(renewing_until=None, **values)) == 1
