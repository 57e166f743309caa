"""The statement that stores recipients of a batch: many notifications that differ in little.

What all of a batch have in common is written once a batch, and the rest as hexadecimal literals, which need no
escaping: a fifth of what binding every value costs. The caller owns the transaction. It must not know how a recipient
became a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple, Self, cast
from uuid import UUID

from sqlalchemy import Connection, Dialect, Table, select

from config.vocabulary import Channel, Lane
from models import ledger
from models.batch import Batch
from models.literal import literal
from models.notification import Notification

TABLE: Final = cast("Table", Notification.__table__)
OWN: Final = ("id", "type", "batch_row", "reference", "recipient_hash", "sealed", "idempotency")
"""The columns in which notifications of one batch differ, in the order of `BatchRow`."""
WHEN: Final = ("created_at", "updated_at")


class BatchRow(NamedTuple):
    """What is a recipient's own of its notification; `type` is a word of the channel's."""

    id: UUID
    type: str
    batch_row: int
    reference: str | None
    recipient_hash: bytes
    sealed: bytes
    idempotency: bytes | None


@dataclass(frozen=True)
class BatchFacts:
    """What all notifications of a batch have in common."""

    id: UUID
    account_id: UUID
    api_key_id: UUID
    connection_id: UUID
    channel: Channel
    lane: Lane
    request_id: str | None
    not_before: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """Take a batch's own columns."""
        return cls(**{each.name: getattr(batch, each.name) for each in fields(cls)})

    @cached_property
    def common(self) -> dict[str, Any]:
        """The columns that are the same in every row. Nobody looks at one before its lane is told of it."""
        values = {
            "account_id": self.account_id,
            "api_key_id": self.api_key_id,
            "connection_id": self.connection_id,
            "channel": self.channel,
            "lane": self.lane,
            "expires_at": self.expires_at,
            "request_id": self.request_id,
            "batch_id": self.id,
        }
        row = ledger.accept(values, self.not_before)
        return {name: value for name, value in row.items() if name not in WHEN} | {"wake_at": None}

    @cached_property
    def names(self) -> str:
        """The columns of the statement, the common ones first."""
        return ", ".join((*self.common, *WHEN, *OWN))

    @cached_property
    def literals(self) -> str:
        """The common values as MySQL writes them."""
        return ", ".join(literal(TABLE.c[name], value) for name, value in self.common.items())


def write(connection: Connection, facts: BatchFacts, rows: Sequence[BatchRow], now: datetime) -> None:
    """Insert the rows; one whose idempotency is there already changes nothing. Commits nothing."""
    if not rows:
        return
    start = f"INSERT INTO {TABLE.name} ({facts.names}) VALUES"
    if connection.dialect.name == "sqlite":
        _write_bound(connection, start, facts, rows, now)
        return
    head = ", ".join([facts.literals, *(literal(TABLE.c[name], now) for name in WHEN)])
    lines = ", ".join([f"({head}, {_own(row)})" for row in rows])
    connection.exec_driver_sql(f"{start} {lines} ON DUPLICATE KEY UPDATE id = id")


def doubles(connection: Connection, rows: Sequence[BatchRow]) -> list[int]:
    """Find which of the rows just written are not there, since another had their idempotency: their numbers."""
    found = {*connection.scalars(select(TABLE.c.id).where(TABLE.c.id.in_([row.id for row in rows])))}
    return [row.batch_row for row in rows if row.id not in found]


def _own(row: BatchRow) -> str:
    reference = "NULL" if row.reference is None else f"X'{row.reference.encode().hex()}'"
    idempotency = "NULL" if row.idempotency is None else f"X'{row.idempotency.hex()}'"
    return (
        f"X'{row.id.hex}', '{row.type}', {row.batch_row}, {reference}, "
        f"X'{row.recipient_hash.hex()}', X'{row.sealed.hex()}', {idempotency}"
    )


def _bound(name: str, value: object, dialect: Dialect) -> Any:  # noqa: ANN401 - what the driver takes
    bind = TABLE.c[name].type.dialect_impl(dialect).bind_processor(dialect)
    return bind(value) if bind else value


def _write_bound(
    connection: Connection, start: str, facts: BatchFacts, rows: Sequence[BatchRow], now: datetime
) -> None:
    values = {**facts.common, **dict.fromkeys(WHEN, now)}
    common = tuple(_bound(name, value, connection.dialect) for name, value in values.items())
    signs = ", ".join("?" * (len(common) + len(OWN)))
    connection.exec_driver_sql(
        f"{start} ({signs}) ON CONFLICT DO NOTHING",
        [(*common, row.id.bytes, *row[1:]) for row in rows],
    )
