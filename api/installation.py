"""The installation's own connections: credentials from the environment become rows when the API starts.

There is one row a channel, under an id that the channel determines, so that any number of API processes may
start at once and notifications accepted before keep their connection.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.providers import installation_credentials, receipt_token
from config.vocabulary import Channel, ConnectionStatus
from models.connection import Connection
from models.credentials import reveal, seal
from models.sealing import SealBroken
from models.session import transaction

log = structlog.get_logger()

IDS: Final[Mapping[Channel, UUID]] = {
    Channel.KAKAO: UUID("01900000-0000-7000-8000-000000000001"),
    Channel.SOLAPI: UUID("01900000-0000-7000-8000-000000000002"),
    Channel.GMAIL: UUID("01900000-0000-7000-8000-000000000003"),
    Channel.SES: UUID("01900000-0000-7000-8000-000000000004"),
}
"""Fixed UUIDv7s, of June 2024: the row's day is part of its sealing key."""


def upsert_connections() -> None:
    """Bring the installation's rows in line with its environment."""
    for channel, credentials in installation_credentials().items():
        try:
            with transaction() as session:
                _upsert(session, channel, credentials)
        except IntegrityError:
            # Another process made the row between our look and our insert, from the same environment.
            log.info("installation.made_elsewhere", channel=str(channel))


def _upsert(session: Session, channel: Channel, credentials: Mapping[str, str]) -> None:
    row_id = IDS[channel]
    token = receipt_token() if channel is Channel.SOLAPI else None
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
    log.info("installation.connected", channel=str(channel))


def _opened(row: Connection) -> dict[str, str] | None:
    try:
        return reveal(row)
    except SealBroken:
        # Its master key is gone; the environment has the credentials to seal anew.
        return None
