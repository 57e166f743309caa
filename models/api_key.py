"""API keys and the networks they may be used from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.vocabulary import KeyKind, KeyStatus
from models.base import Base
from models.types import Ascii, Id, Moment, Sealed, Word
from models.whitelist import Whitelist


class ApiKey(Base):
    """An access key and its sealed secret, which HMAC needs in the clear at every request.

    After a rotation `previous_secret` still signs until `previous_until`. `channels` are the words of those it may
    send on, separated by spaces; none means all. `last_used_at` and `last_used_from` are written some seconds late.
    """

    __tablename__ = "api_keys"

    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    access_key: Mapped[str] = mapped_column(Ascii(60), unique=True)
    secret: Mapped[bytes] = mapped_column(Sealed)
    user_memo: Mapped[str] = mapped_column(String(100), default="")
    legacy_signing: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[KeyKind] = mapped_column(Word(KeyKind), default=KeyKind.LIVE, server_default=KeyKind.LIVE)
    read_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    channels: Mapped[str] = mapped_column(Ascii(64), default="", server_default="")
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    previous_secret: Mapped[bytes | None] = mapped_column(Sealed)
    previous_until: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_from: Mapped[str | None] = mapped_column(Ascii(45))
    status: Mapped[KeyStatus] = mapped_column(Word(KeyStatus), default=KeyStatus.ACTIVE)
    whitelist: Mapped[list[Whitelist]] = relationship(
        order_by=Whitelist.id, cascade="all, delete-orphan", passive_deletes=True
    )
