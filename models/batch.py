"""Batches: many recipients of one message, accepted under one name, and the recipients that were refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import BatchState, Channel, Lane
from models.base import Base
from models.types import Ascii, Digest, Id, Moment, Sealed, Word


class Batch(Base):
    """One message to many recipients, each of which becomes a notification. `models.batch_ledger` changes it.

    `filling` counts who began to fill it and fences: only the last may go on. `rows_read` is how many of the
    recipients have been judged, `prefix_hash` what they were written as: an upload that broke off goes on from there.
    `fed_id` is the last notification that its lane was told of. `sealed` holds the message until all recipients are
    there. `pace_from` and `pace_done` are since when, and from how many handled ones on, its rate is counted.
    """

    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("api_key_id", "idempotency"),
        Index("ix_batches_account", "account_id", "id"),
        Index("ix_batches_status", "status"),
    )

    account_id: Mapped[UUID] = mapped_column(Id)
    api_key_id: Mapped[UUID] = mapped_column(Id)
    connection_id: Mapped[UUID] = mapped_column(Id)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    lane: Mapped[Lane] = mapped_column(Word(Lane))
    status: Mapped[BatchState] = mapped_column(Word(BatchState))
    reference: Mapped[str | None] = mapped_column(Ascii(64))
    request_id: Mapped[str | None] = mapped_column(Ascii(64))
    idempotency: Mapped[bytes | None] = mapped_column(Digest)
    body_hash: Mapped[bytes | None] = mapped_column(Digest)
    all_or_nothing: Mapped[bool]
    distinct_by: Mapped[str | None] = mapped_column(String(100))
    not_before: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
    filling: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    prefix_hash: Mapped[bytes | None] = mapped_column(Digest)
    upload_hash: Mapped[bytes | None] = mapped_column(Digest)
    fed_id: Mapped[UUID | None] = mapped_column(Id)
    pace_from: Mapped[datetime | None] = mapped_column(Moment)
    pace_done: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class BatchReject(Base):
    """Why one recipient was not accepted: where it stands, which field is wrong and how; never its value."""

    __tablename__ = "batch_rejects"
    __table_args__ = (Index("ix_batch_rejects_batch", "batch_id", "number"),)

    batch_id: Mapped[UUID] = mapped_column(Id)
    number: Mapped[int]
    line: Mapped[int | None]
    field: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(Ascii(16))
    detail: Mapped[str] = mapped_column(String(500))
