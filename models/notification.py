"""Notifications: the row that remembers. It is the outbox, the lock, the schedule and the record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Channel, Lane, State
from models.base import Base
from models.types import Ascii, Digest, Id, Moment, Sealed, Word


class Notification(Base):
    """One message to one recipient list on one channel. Only `models.ledger` changes it after it was accepted.

    `not_before` is the earliest claim; `wake_at` is when somebody must look again if nothing else happens.
    `sealed` holds recipient and content. No foreign keys lead in here: accounts go, the record stays.
    `batch_row` is its number among the batch's recipients, from 1. A batch's row without a `wake_at` has not been
    fed to its lane yet.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("api_key_id", "idempotency"),
        Index("ix_notifications_due", "status", "channel", "lane", "wake_at"),
        # Each list and search has its index, which ends in `id`: a page is read from it in order, however many rows
        # there are and wherever they lie. What that costs stands in docs/adr/0010-every-list-has-its-index.md.
        Index("ix_notifications_account", "account_id", "id"),
        Index("ix_notifications_batch", "batch_id", "status", "id"),
        Index("ix_notifications_account_status", "account_id", "status", "id"),
        Index("ix_notifications_status", "status", "id"),
        Index("ix_notifications_account_code", "account_id", "code", "id"),
        Index("ix_notifications_code", "code", "id"),
        Index("ix_notifications_reference", "reference", "account_id", "id"),
        Index("ix_notifications_recipient", "recipient_hash", "id"),
    )

    account_id: Mapped[UUID] = mapped_column(Id)
    api_key_id: Mapped[UUID] = mapped_column(Id)
    connection_id: Mapped[UUID] = mapped_column(Id)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    lane: Mapped[Lane] = mapped_column(Word(Lane))
    type: Mapped[str] = mapped_column(Ascii(16))
    status: Mapped[State] = mapped_column(Word(State))
    attempt: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(Moment)
    wake_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    departed_at: Mapped[datetime | None] = mapped_column(Moment)
    group_id: Mapped[str | None] = mapped_column(Ascii(64))
    provider_id: Mapped[str | None] = mapped_column(Ascii(128))
    code: Mapped[str | None] = mapped_column(Ascii(64))
    reference: Mapped[str | None] = mapped_column(Ascii(64))
    recipient_hash: Mapped[bytes | None] = mapped_column(Digest)
    sealed: Mapped[bytes | None] = mapped_column(Sealed)
    idempotency: Mapped[bytes | None] = mapped_column(Digest)
    body_hash: Mapped[bytes | None] = mapped_column(Digest)
    request_id: Mapped[str | None] = mapped_column(Ascii(64))
    batch_id: Mapped[UUID | None] = mapped_column(Id)
    batch_row: Mapped[int | None]
