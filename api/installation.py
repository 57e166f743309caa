"""The installation's own connections, and the sandbox's: credentials from the environment become rows at the start.

There is one row a channel, under an id that the channel determines, so that any number of API processes may
start at once and notifications accepted before keep their connection.
"""

from collections.abc import Mapping
from hashlib import sha256
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.providers import installation_credentials, receipt_token, sandbox_credentials
from config.vocabulary import Channel, ConnectionStatus
from models.connection import IDS, SANDBOX_IDS, Connection, is_sandbox
from models.credentials import reveal, seal
from models.sealing import SealBroken
from models.session import transaction

log = structlog.get_logger()


def upsert_connections() -> None:
    """Bring the installation's rows in line with its environment."""
    wanted = [
        *((IDS[channel], channel, known, receipt_token()) for channel, known in installation_credentials().items()),
        *((SANDBOX_IDS[channel], channel, known, None) for channel, known in sandbox_credentials().items()),
    ]
    for row_id, channel, credentials, token in wanted:
        try:
            with transaction() as session:
                _upsert(session, row_id, channel, credentials, token if channel is Channel.SOLAPI else None)
        except IntegrityError:
            # Another process made the row between our look and our insert, from the same environment.
            log.info("installation.made_elsewhere", channel=str(channel))


def _upsert(
    session: Session, row_id: UUID, channel: Channel, credentials: Mapping[str, str], token: str | None
) -> None:
    token_hash = None if token is None else sha256(token.encode()).digest()
    row = session.get(Connection, row_id, with_for_update=True)
    if row is not None and row.receipt_token_hash == token_hash and _opened(row) == credentials:
        return
    sealed = seal(row_id, credentials)
    if row is None:
        Connection.create(session, id=row_id, channel=channel, secrets=sealed, receipt_token_hash=token_hash)
    else:
        row.secrets, row.receipt_token_hash = sealed, token_hash
        row.status, row.closed_until, row.closed_reason = ConnectionStatus.ACTIVE, None, None
    log.info("installation.connected", channel=str(channel), sandbox=is_sandbox(row_id))


def _opened(row: Connection) -> dict[str, str] | None:
    try:
        return reveal(row)
    except SealBroken:
        # Its master key is gone; the environment has the credentials to seal anew.
        return None
