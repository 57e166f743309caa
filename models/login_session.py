"""Login sessions: one refresh token each, stored as its hash and replaced at every use."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Ascii, Digest, Id, Moment


class LoginSession(Base):
    """A login that has not ended; deleting the row ends it, at once.

    `refresh_hash` is SHA-256 of the only refresh token that still works. `address` and `agent` are where it began: what
    a person knows his own logins by.
    """

    __tablename__ = "sessions"

    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    refresh_hash: Mapped[bytes] = mapped_column(Digest, unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    address: Mapped[str | None] = mapped_column(Ascii(45))
    agent: Mapped[str | None] = mapped_column(String(200))
