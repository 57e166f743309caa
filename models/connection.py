"""Connections: a provider account through which notifications leave."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Channel, ConnectionStatus
from models.base import Base
from models.types import Ascii, Digest, Id, Moment, Sealed, Word


class Connection(Base):
    """Credentials of one provider account, sealed; `account_id` NULL means the installation's own.

    `receipt_token_hash` is SHA-256 of the token in the path to which the provider reports.
    `closed_until`, `closed_reason` and `failures` (rounds in a row without a usable answer) are its gate's; only
    `models.gate` changes them.
    """

    __tablename__ = "connections"

    account_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    secrets: Mapped[bytes] = mapped_column(Sealed)
    status: Mapped[ConnectionStatus] = mapped_column(Word(ConnectionStatus), default=ConnectionStatus.ACTIVE)
    receipt_token_hash: Mapped[bytes | None] = mapped_column(Digest, unique=True)
    closed_until: Mapped[datetime | None] = mapped_column(Moment)
    closed_reason: Mapped[str | None] = mapped_column(Ascii(64))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
