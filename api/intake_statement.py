"""The intake statement: insert many notifications at once and learn which of them won.

An idempotency key may have been used before, or twice within the batch. Rows are inserted in key order with
"already there changes nothing", then read back by key: a request won if the id that comes back is the one it
made. Rows without a key always win. The caller owns the transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Insert, Table, select, tuple_
from sqlalchemy.dialects import mysql, sqlite

from config.vocabulary import State
from models.notification import Notification

TABLE: Final = cast("Table", Notification.__table__)
KEY: Final = ("api_key_id", "idempotency")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the database holds for a submitted row.

    Attributes:
        replayed: an earlier request with the same idempotency key had won; the other fields are its row's.
        body_hash: of the request that won.
    """

    id: UUID
    status: State
    created_at: datetime
    body_hash: bytes | None
    replayed: bool


def write(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Receipt]:
    """Insert the rows and return one receipt for each, in the order given; commits nothing."""
    ordered = sorted(rows, key=lambda row: (row["api_key_id"].bytes, row["idempotency"] or b""))
    connection.execute(_insert(connection.dialect.name), [dict(row) for row in ordered])
    keys = [(row["api_key_id"], row["idempotency"]) for row in rows if row["idempotency"] is not None]
    stored = _read(connection, keys)
    return [_receipt(row, stored) for row in rows]


def _insert(dialect: str) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(TABLE).on_conflict_do_nothing(index_elements=list(KEY))
    statement = mysql.insert(TABLE)
    return statement.on_duplicate_key_update(id=TABLE.c.id)


def _read(connection: Connection, keys: Sequence[tuple[UUID, bytes]]) -> dict[tuple[UUID, bytes | None], Receipt]:
    if not keys:
        return {}
    columns = TABLE.c
    found = connection.execute(
        select(
            columns.api_key_id, columns.idempotency, columns.id, columns.status, columns.created_at, columns.body_hash
        ).where(tuple_(columns.api_key_id, columns.idempotency).in_(keys))
    )
    return {
        (row.api_key_id, row.idempotency): Receipt(row.id, row.status, row.created_at, row.body_hash, replayed=True)
        for row in found
    }


def _receipt(row: Mapping[str, Any], stored: Mapping[tuple[UUID, bytes | None], Receipt]) -> Receipt:
    winner = stored.get((row["api_key_id"], row["idempotency"]))
    if winner is not None and winner.id != row["id"]:
        return winner
    return Receipt(row["id"], row["status"], row["created_at"], row["body_hash"], replayed=False)
