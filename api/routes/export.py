"""Everything that is stored about an account, for its owner to take away.

One JSON object a line, each with its `kind` and its `row`, read while it is sent: an account can have a million
notifications. No secret is in it, and no recipient or content: those are sealed for sending and scrubbed later.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from pydantic_core import to_json
from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.orm import defer

from api import notifications
from api.errors import problems
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from models.account import Account
from models.api_key import ApiKey
from models.audit import Audit
from models.base import Base
from models.batch import Batch
from models.connection import Connection
from models.identity import Identity
from models.log_record import LogRecord
from models.login_session import LoginSession
from models.notification import Notification
from models.session import snapshot
from models.statistic import Statistic
from models.whitelist import Whitelist

MEDIA_TYPE: Final = "application/x-ndjson"
PAGE: Final = 1000
NONE: Final = UUID(int=0)
SECRET: Final = frozenset(
    {
        *("pw_hash", "refresh_hash", "secret", "previous_secret", "secrets", "receipt_token_hash", "sealed"),
        *("prefix_hash", "upload_hash", "idempotency", "body_hash", "sha256", "account_id"),
    }
)
"""Columns that open something, or mean nothing outside."""
OWNER_OF_NETWORK: Final = (
    select(ApiKey.account_id).where(ApiKey.id == Whitelist.api_key_id).correlate(Whitelist).scalar_subquery()
)
OF_ACCOUNT: Final[tuple[tuple[str, type[Base], Any], ...]] = (
    ("account", Account, Account.id),
    ("identity", Identity, Identity.account_id),
    ("login", LoginSession, LoginSession.account_id),
    ("api_key", ApiKey, ApiKey.account_id),
    ("network", Whitelist, OWNER_OF_NETWORK),
    ("connection", Connection, Connection.account_id),
    ("batch", Batch, Batch.account_id),
    ("audit", Audit, Audit.account_id),
    ("log_record", LogRecord, LogRecord.account_id),
    ("statistic", Statistic, Statistic.account_id),
)

router = APIRouter(prefix="/api/user/export", tags=["user"])


@router.get(
    "",
    summary="Export my data",
    response_class=StreamingResponse,
    responses={
        **problems(401, 503),
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "One JSON object a line."},
    },
)
def export(me: Annotated[BearerAccount, Depends(bearer_account)]) -> StreamingResponse:
    """Give everything that is stored about one's account, one JSON object a line."""
    headers = {"Content-Disposition": 'attachment; filename="alrim-export.ndjson"'}
    return StreamingResponse(_lines(me.id), media_type=MEDIA_TYPE, headers=headers)


def _lines(account_id: UUID) -> Iterator[bytes]:
    for kind, table, owner in OF_ACCOUNT:
        for row in _rows(table, owner == account_id):
            yield _line(kind, _columns(row))
    for row in _rows(Notification, Notification.account_id == account_id):
        yield _line("notification", notifications.facts(row))


def _rows(table: type[Any], mine: ColumnElement[bool]) -> Iterator[Any]:
    """Read rows page by page; no session is open while somebody slow takes them."""
    last = NONE
    while True:
        page = select(table).where(mine, table.id > last).order_by(table.id).limit(PAGE)
        if table is Notification:
            page = page.options(defer(Notification.sealed))
        with snapshot() as session:
            rows = session.scalars(page).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def _columns(row: Base) -> Mapping[str, object]:
    names = (column.key for column in inspect(type(row)).column_attrs)
    return {name: getattr(row, name) for name in names if name not in SECRET}


def _line(kind: str, values: Mapping[str, object]) -> bytes:
    return to_json({"kind": kind, "row": values}) + b"\n"
