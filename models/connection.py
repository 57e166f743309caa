"""Connections: a provider account through which notifications leave."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Channel, ConnectionStatus
from models.base import Base
from models.types import Ascii, Digest, Id, Moment, Sealed, Word

IDS: Final[Mapping[Channel, UUID]] = {
    Channel.KAKAO: UUID("01900000-0000-7000-8000-000000000001"),
    Channel.SOLAPI: UUID("01900000-0000-7000-8000-000000000002"),
    Channel.GMAIL: UUID("01900000-0000-7000-8000-000000000003"),
    Channel.SES: UUID("01900000-0000-7000-8000-000000000004"),
}
"""Fixed UUIDv7s, of June 2024: the row's day is part of its sealing key."""
SANDBOX_IDS: Final[Mapping[Channel, UUID]] = {channel: UUID(int=row_id.int + 0x100) for channel, row_id in IDS.items()}
"""The sandbox's connections, through which the messages of test keys leave."""
_SANDBOXES: Final = frozenset(SANDBOX_IDS.values())


class Connection(Base):
    """Credentials of one provider account, sealed; `account_id` NULL means the installation's own.

    `receipt_token_hash` is SHA-256 of the token in the path to which the provider reports.
    `closed_until`, `closed_reason` and `failures` (rounds in a row without a usable answer) are its gate's; only
    `models.gate` changes them. `renew_at` (when its token must be renewed; NULL: it needs no renewal, or nothing
    helps but the person) and `renewing_until` (somebody is about it) are `models.renewal`'s. `problem` says in words
    what is wrong, and `tested_at` when its owner last had it tried.
    """

    __tablename__ = "connections"

    account_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    name: Mapped[str] = mapped_column(String(100), default="", server_default="")
    is_default: Mapped[bool] = mapped_column(default=False, server_default=false())
    secrets: Mapped[bytes] = mapped_column(Sealed)
    status: Mapped[ConnectionStatus] = mapped_column(Word(ConnectionStatus), default=ConnectionStatus.ACTIVE)
    problem: Mapped[str | None] = mapped_column(String(200))
    tested_at: Mapped[datetime | None] = mapped_column(Moment)
    receipt_token_hash: Mapped[bytes | None] = mapped_column(Digest, unique=True)
    closed_until: Mapped[datetime | None] = mapped_column(Moment)
    closed_reason: Mapped[str | None] = mapped_column(Ascii(64))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    renew_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    renewing_until: Mapped[datetime | None] = mapped_column(Moment)


def is_sandbox(connection_id: UUID) -> bool:
    """Whether messages on this connection go to the sandbox, by a test key."""
    return connection_id in _SANDBOXES
