"""One's own connections: a provider account each, through which one's messages leave.

Credentials are sealed and never shown. Another's connection is as good as none.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import update
from sqlalchemy.orm import Session

from api import accounts
from api.errors import ApiError, Code, problems
from api.schemas.connections import (
    ConnectionChangeIn,
    ConnectionIn,
    ConnectionMadeOut,
    ConnectionOut,
    ReceiptsOut,
    TestQueuedOut,
    words,
)
from api.security import trail
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.settings import Api, settings
from config.vocabulary import Action, Channel, ConnectionStatus
from models import credentials, gate
from models.connection import Connection
from models.sealing import SealBroken
from models.session import snapshot, transaction
from models.types import new_id
from workers.publish import Bell

MOST_CONNECTIONS: Final = 20
RECEIPT_BYTES: Final = 24
REPORTS: Final = "receipt_secret"

router = APIRouter(prefix="/api/user/connections", tags=["connections"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="List my connections", responses=problems(401, 503))
def list_connections(me: Me) -> list[ConnectionOut]:
    """List one's connections, oldest first."""
    with snapshot() as session:
        return [shown(row) for row in _all(session, me)]


@router.post(
    "", summary="Make a connection", status_code=201, responses=problems(400, 401, 408, 409, 413, 415, 422, 503)
)
def create_connection(me: Me, body: ConnectionIn) -> ConnectionMadeOut:
    """Connect a SOLAPI, Gmail or SES account. Kakao is connected by consent: see `kakao/authorize`."""
    channel, row_id, known = body.credentials.channel, new_id(), words(body.credentials)
    receipts, token_hash = _receipts(channel)
    if receipts is not None:
        known[REPORTS] = receipts.secret
    with transaction() as session:
        accounts.find(session, me.id, lock=True)
        row = make(
            session,
            me.id,
            id=row_id,
            channel=channel,
            name=body.name,
            secrets=credentials.seal(row_id, known),
            receipt_token_hash=token_hash,
        )
        if body.is_default:
            _set_default(session, row)
        trail.note(session, me.viewer, Action.CONNECTED, row.id, chosen={"channel": channel})
        return ConnectionMadeOut(**shown(row).model_dump(), receipts=receipts)


@router.get("/{connection_id}", summary="Show a connection", responses=problems(401, 404, 422, 503))
def get_connection(me: Me, connection_id: UUID) -> ConnectionOut:
    """Show a connection and what is known of its state."""
    with snapshot() as session:
        return shown(own(session, me.id, connection_id))


@router.put(
    "/{connection_id}", summary="Change a connection", responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 503)
)
def update_connection(me: Me, connection_id: UUID, body: ConnectionChangeIn) -> ConnectionOut:
    """Change its name, its credentials, or make it the one that is used when a message names none."""
    with transaction() as session:
        row = own(session, me.id, connection_id, lock=True)
        if body.name is not None:
            row.name = body.name
        if body.credentials is not None:
            if body.credentials.channel is not row.channel:
                raise ApiError(Code.STATE_CONFLICT, detail=f"credentials: this is a {row.channel} connection")
            replace(session, row, words(body.credentials))
            trail.note(session, me.viewer, Action.RECONNECTED, row.id)
        if body.is_default:
            _set_default(session, row)
        elif body.is_default is not None:
            row.is_default = False
        session.flush()
        return shown(row)


@router.delete(
    "/{connection_id}", summary="Remove a connection", status_code=204, responses=problems(401, 404, 422, 503)
)
def delete_connection(me: Me, connection_id: UUID) -> None:
    """Forget its credentials, at once and for good. What still waits for it fails with `connection_gone`."""
    with transaction() as session:
        session.delete(own(session, me.id, connection_id, lock=True))
        trail.note(session, me.viewer, Action.DISCONNECTED, connection_id)


@router.post(
    "/{connection_id}/test",
    summary="Try a connection out",
    status_code=202,
    responses=problems(401, 404, 422, 503),
)
def try_connection(me: Me, connection_id: UUID) -> TestQueuedOut:
    """Have a worker try the credentials, without sending anything; it writes what it finds to the connection."""
    with snapshot() as session:
        row = own(session, me.id, connection_id)
    bell = Bell()
    try:
        if not bell.test(row.id):
            raise ApiError(Code.BROKER_AWAY)
    finally:
        bell.close()
    return TestQueuedOut(id=row.id, tested_at=row.tested_at)


def make(session: Session, account_id: UUID, **values: object) -> Connection:
    """Make a connection of an account that is locked.

    Raises:
        ApiError: it has as many as it may have.
    """
    if len(Connection.filter(session, Connection.account_id == account_id)) >= MOST_CONNECTIONS:
        raise ApiError(Code.TOO_MANY_CONNECTIONS)
    return Connection.create(session, account_id=account_id, **values)


def own(session: Session, account_id: UUID, connection_id: UUID, *, lock: bool = False) -> Connection:
    """Find an account's connection.

    Raises:
        ApiError: there is none, or it is somebody else's.
    """
    if lock:
        accounts.find(session, account_id, lock=True)
    row = session.get(Connection, connection_id, with_for_update=lock)
    if row is None or row.account_id != account_id:
        raise ApiError(Code.CONNECTION_NOT_FOUND, detail=f"you have no connection {connection_id}")
    return row


def replace(session: Session, row: Connection, known: dict[str, str]) -> None:
    """Give a connection new credentials: what was wrong with the old ones is forgotten, and its messages go on.

    Nothing of the old ones stays but the secret of its provider's reports, which was shown only once.
    """
    row.secrets = credentials.seal(row.id, {**known, **_reports(row)})
    row.status, row.problem, row.renew_at, row.renewing_until = ConnectionStatus.ACTIVE, None, None, None
    session.flush()
    gate.open_by_hand(session, row.id)
    session.refresh(row)


def _reports(row: Connection) -> dict[str, str]:
    try:
        return {name: word for name, word in credentials.reveal(row).items() if name == REPORTS}
    except SealBroken:
        # Its master key is gone: what its owner gives anew is all there is.
        return {}


def shown(row: Connection) -> ConnectionOut:
    """Show a connection without its secrets."""
    return ConnectionOut.model_validate(row, from_attributes=True)


def _all(session: Session, me: BearerAccount) -> Sequence[Connection]:
    return Connection.filter(session, Connection.account_id == me.id)


def _set_default(session: Session, row: Connection) -> None:
    others = (Connection.account_id == row.account_id, Connection.channel == row.channel, Connection.id != row.id)
    session.execute(update(Connection).where(*others).values(is_default=False))
    row.is_default = True


def _receipts(channel: Channel) -> tuple[ReceiptsOut | None, bytes | None]:
    """Where SOLAPI shall report, with a token and a secret of this connection's own."""
    if channel is not Channel.SOLAPI:
        return None, None
    token, secret = secrets.token_urlsafe(RECEIPT_BYTES), secrets.token_urlsafe(RECEIPT_BYTES)
    url = settings(Api).url(f"/api/receipts/solapi/{token}")
    return ReceiptsOut(url=url, secret=secret), sha256(token.encode()).digest()
