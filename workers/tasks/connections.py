"""Look after connections: try credentials out when their owner asks, renew tokens before they end.

A verdict is written to the connection, for its owner to read. A new token is stored before anybody uses it, and one
worker at a time renews (`models.renewal`). No database session is open during a call.
"""

import time
from typing import Final, assert_never
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from config.vocabulary import ConnectionStatus
from models import gate, renewal
from models.connection import Connection
from models.credentials import reveal
from models.renewal import Turn
from models.sealing import SealBroken
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.channels.account import Refused, Renewal, Renewed, Suspended, Unheard, Usable, Verdict
from workers.channels.registry import VENDORS
from workers.tasks.carry import Carrier, open_credentials, stamp
from workers.tasks.patience import patiently

log = structlog.get_logger()

AGAIN: Final = renewal.TURN
"""How long after a renewal that nobody answered it is tried again."""
UNREADABLE: Final = Refused("the credentials cannot be read any more: give them anew")
STORES_FOR: Final = 30.0
"""Seconds for which a new token waits for a database that is away: without it, the consent would be lost."""


@app.task(name="connections.test")
def connections_test(connection_id: str) -> str:
    """Try a connection's credentials; the result is the verdict's name."""
    return try_out(UUID(connection_id))


@app.task(name="connections.renew")
def connections_renew(connection_id: str) -> str:
    """Renew a connection's token if that is due; the result says what was done."""
    return renew(UUID(connection_id))


def try_out(connection_id: UUID) -> str:
    """Try a connection's credentials and write the verdict to it; returns its name."""
    with snapshot() as session:
        connection = Connection.get(session, connection_id)
    if connection is None:
        return "gone"
    verdict = _try(connection)
    with transaction() as session:
        row = session.get(Connection, connection.id, with_for_update=True)
        if row is not None and row.secrets == connection.secrets:
            _write(session, row, verdict)
    log.info("connection.tested", connection=str(connection_id), verdict=type(verdict).__name__)
    return type(verdict).__name__.lower()


def renew(connection_id: UUID) -> str:
    """Renew a connection's token if that is due and nobody else is about it; returns what was done."""
    with transaction() as session:
        turn = renewal.take(session, connection_id, utc_now())
        connection = None if turn is None else Connection.get(session, turn.connection_id)
    if turn is None or connection is None:
        return "not_due"
    heard = _renew(connection)
    stored = patiently(lambda: _store(turn, connection, heard), time.monotonic() + STORES_FOR)
    log.info("connection.renewed", connection=str(connection_id), heard=type(heard).__name__, stored=stored)
    return type(heard).__name__.lower()


def _try(connection: Connection) -> Verdict:
    try:
        credentials = open_credentials(connection)
    except SealBroken:
        return UNREADABLE
    with Carrier(connection.channel, [], time.monotonic()) as carrier:
        return carrier.follow(VENDORS[connection.channel].check(credentials, stamp))


def _write(session: Session, row: Connection, verdict: Verdict) -> None:
    row.tested_at = utc_now()
    match verdict:
        case Usable():
            row.status, row.problem = ConnectionStatus.ACTIVE, None
            gate.open_by_hand(session, row.id)
        case Refused(problem):
            row.status, row.problem = ConnectionStatus.NEEDS_REAUTH, problem
        case Suspended(problem):
            row.status, row.problem = ConnectionStatus.BLOCKED, problem
        case Unheard(problem):
            row.problem = problem
        case _:
            assert_never(verdict)


def _renew(connection: Connection) -> Renewal:
    renew = VENDORS[connection.channel].renew
    try:
        credentials = open_credentials(connection)
    except SealBroken:
        return UNREADABLE
    if renew is None or "refresh_token" not in credentials:
        return Refused("these credentials cannot be renewed: give them anew")
    with Carrier(connection.channel, [], time.monotonic()) as carrier:
        return carrier.follow(renew(credentials))


def _store(turn: Turn, connection: Connection, heard: Renewal) -> bool:
    now = utc_now()
    with transaction() as session:
        match heard:
            case Renewed(secrets, life):
                return renewal.renewed(session, turn, {**reveal(connection), **secrets}, now + life * renewal.LIFE_USED)
            case Refused(problem):
                return renewal.given_up(session, turn, problem)
            case Unheard(problem):
                return renewal.put_off(session, turn, now + AGAIN, problem)
            case _:
                assert_never(heard)
