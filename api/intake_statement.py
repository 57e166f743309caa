"""The intake statement: insert many notifications at once and learn which of them won.

An idempotency key may have been used before, or twice within the batch. Rows are inserted in key order with
"already there changes nothing"; if as many rows are new as there are requests, all have won. Else a request won if the
database holds the id that it made, and the keys are read back. Rows without a key always win.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, Dialect, Table, and_, false, or_, select

from config.vocabulary import State
from models.notification import Notification

COUNTED: Final = {"preserve_rowcount": True}
TABLE: Final = cast("Table", Notification.__table__)


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


def store(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Receipt]:
    """Insert the rows, which all name the same columns, for good, and return one receipt for each.

    The connection is of `make_autocommit_engine`: the one statement is the COMMIT, and says how many rows are new.
    Twice with the same rows: the second changes nothing and gives the same receipts.

    Raises:
        ValueError: a value is none that its column takes.
    """
    ordered = sorted(rows, key=lambda row: (row["api_key_id"].bytes, row["idempotency"] or b""))
    try:
        if connection.dialect.name == "sqlite":
            with connection.begin():
                new = _insert(connection, ordered)
        else:
            new = _insert(connection, ordered)
        stored = {} if new == len(rows) else _read(connection, rows)
    finally:
        # Where every statement is a transaction there is nothing to undo: this only lets go of what was read or failed.
        connection.rollback()
    return [_receipt(row, stored) for row in rows]


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    # The text is ours and not the expression language's, which costs more than all else that a row costs.
    columns = tuple(rows[0])
    binders = _binders(connection.dialect, columns)
    values = [tuple([bind(row[name]) for name, bind in binders]) for row in rows]
    start = f"INSERT INTO {TABLE.name} ({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own columns
    if connection.dialect.name == "sqlite":
        line = ", ".join("?" * len(columns))
        return connection.exec_driver_sql(f"{start}({line}) ON CONFLICT DO NOTHING", values, COUNTED).rowcount
    lines = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
    text = f"{start}{lines} ON DUPLICATE KEY UPDATE id = id"
    return connection.exec_driver_sql(text, tuple(chain(*values)), COUNTED).rowcount


@cache
def _binders(dialect: Dialect, columns: tuple[str, ...]) -> list[tuple[str, Callable[[Any], object]]]:
    """How each column's value becomes the driver's."""
    types = ((name, TABLE.c[name].type.dialect_impl(dialect)) for name in columns)
    return [(name, kind.bind_processor(dialect) or _as_it_is) for name, kind in types]


def _as_it_is(value: object) -> object:
    return value


def _read(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[UUID, bytes | None], Receipt]:
    columns = TABLE.c
    keys: dict[UUID, list[bytes]] = defaultdict(list)
    for row in rows:
        if row["idempotency"] is not None:
            keys[row["api_key_id"]].append(row["idempotency"])
    # Not as pairs: SQLite finds no pairs by an index.
    wanted = [and_(columns.api_key_id == key, columns.idempotency.in_(names)) for key, names in keys.items()]
    found = connection.execute(
        select(
            columns.api_key_id, columns.idempotency, columns.id, columns.status, columns.created_at, columns.body_hash
        ).where(or_(false(), *wanted))
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
