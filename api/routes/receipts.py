"""Where providers report delivery: the path names the connection, the header proves the caller."""

import hmac
from hashlib import sha1, sha256
from typing import Annotated, Final

from fastapi import APIRouter, Header
from sqlalchemy import select

from api import reports
from api.errors import ApiError, Code, problems
from api.schemas.receipts import QueuedOut, ReportsIn
from models.connection import Connection
from models.credentials import reveal
from models.session import snapshot
from workers.publish import Bell

router = APIRouter(prefix="/api/receipts", tags=["receipts"])

MOST_AT_ONCE: Final = 500
"""Reports in one Celery message."""


@router.post(
    "/solapi/{token}", summary="Report SOLAPI deliveries", responses=problems(400, 403, 404, 408, 413, 415, 422, 503)
)
def take_solapi_reports(token: str, payload: ReportsIn, x_solapi_secret: Annotated[str, Header()] = "") -> QueuedOut:
    """Take SOLAPI's delivery reports; the same report twice changes nothing. A 503 makes SOLAPI call again."""
    connection = _connection(token)
    expected = _expected(connection)
    if expected is None or not hmac.compare_digest(x_solapi_secret.encode(), expected):
        raise ApiError(Code.REPORT_NOT_TRUSTED, detail="X-Solapi-Secret: not the SHA-1 of this connection's secret")
    kept = reports.reduce(payload.root)
    bell = Bell()
    try:
        for start in range(0, len(kept), MOST_AT_ONCE):
            if not bell.receipts(connection.id, kept[start : start + MOST_AT_ONCE]):
                raise ApiError(Code.BROKER_AWAY)
    finally:
        bell.close()
    return QueuedOut(queued=len(kept))


def _connection(token: str) -> Connection:
    with snapshot() as session:
        digest = sha256(token.encode()).digest()
        found = session.scalar(select(Connection).where(Connection.receipt_token_hash == digest))
    if found is None:
        raise ApiError(Code.RECEIPTS_NOT_FOUND)
    return found


def _expected(connection: Connection) -> bytes | None:
    secret = reveal(connection).get("receipt_secret", "")
    # SOLAPI sends plain SHA-1 of the secret: a token, not a signature. That of an empty one is no secret.
    return sha1(secret.encode(), usedforsecurity=False).hexdigest().encode() if secret else None
