"""Where providers report delivery: the path names the connection, the header proves the caller."""

import hmac
import json
from hashlib import sha1, sha256
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Header
from pydantic import BaseModel
from sqlalchemy import select

from api import reports
from api.errors import ApiError, Code, problems
from models.connection import Connection
from models.sealing import sealer
from models.session import snapshot
from workers.publish import Bell

router = APIRouter(prefix="/api/receipts", tags=["receipts"])

MOST_AT_ONCE: Final = 500
"""Reports in one Celery message."""
EXAMPLE: Final = [
    {
        "messageId": "M4V20261124094500CCCCCCCCCCCCCCC",
        "statusCode": "4000",
        "customFields": {"nid": "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11", "att": "1"},
    }
]


class QueuedOut(BaseModel):
    """How many reports were taken; others in the call are not about notifications of this installation."""

    queued: int


@router.post(
    "/solapi/{token}", summary="Report SOLAPI deliveries", responses=problems(400, 403, 404, 413, 415, 422, 503)
)
def take_solapi_reports(
    token: str,
    payload: Annotated[list[dict[str, Any]], Body(max_length=reports.MOST_REPORTS, examples=[EXAMPLE])],
    x_solapi_secret: Annotated[str, Header()] = "",
) -> QueuedOut:
    """Take SOLAPI's delivery reports; the same report twice changes nothing. 503 makes SOLAPI call again."""
    connection = _connection(token)
    if not hmac.compare_digest(x_solapi_secret.encode(), _expected(connection)):
        raise ApiError(
            Code.REPORT_NOT_TRUSTED, detail="X-Solapi-Secret: it is not the SHA-1 of this connection's secret"
        )
    kept = reports.reduce(payload)
    bell = Bell()
    try:
        chunks = [kept[start : start + MOST_AT_ONCE] for start in range(0, len(kept), MOST_AT_ONCE)]
        if not all(bell.receipts(connection.id, chunk) for chunk in chunks):
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


def _expected(connection: Connection) -> bytes:
    credentials = json.loads(sealer().open("connections.secrets", connection.id, connection.secrets))
    # SOLAPI sends plain SHA-1 of the secret: a token, not a signature.
    return sha1(credentials.get("receipt_secret", "").encode(), usedforsecurity=False).hexdigest().encode()
