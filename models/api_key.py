"""API keys and the networks they may be used from."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.vocabulary import KeyStatus
from models.base import Base
from models.types import Ascii, Id, Sealed, Word
from models.whitelist import Whitelist


class ApiKey(Base):
    """An access key and its sealed secret, which HMAC needs in the clear at every request."""

    __tablename__ = "api_keys"

    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    access_key: Mapped[str] = mapped_column(Ascii(60), unique=True)
    secret: Mapped[bytes] = mapped_column(Sealed)
    user_memo: Mapped[str] = mapped_column(String(100), default="")
    legacy_signing: Mapped[bool] = mapped_column(default=False)
    status: Mapped[KeyStatus] = mapped_column(Word(KeyStatus), default=KeyStatus.ACTIVE)
    whitelist: Mapped[list[Whitelist]] = relationship(
        order_by=Whitelist.id, cascade="all, delete-orphan", passive_deletes=True
    )
