"""Mailed codes: what proves that somebody reads the mail of an address; one of a purpose for an account at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import CodePurpose
from models.base import Base
from models.types import Ascii, Digest, Id, Moment, Word


class MailedCode(Base):
    """A code that was mailed to `email` and not used yet; `code_hash` is keyed, and `tries` counts wrong ones."""

    __tablename__ = "mailed_codes"
    __table_args__ = (UniqueConstraint("account_id", "purpose"),)

    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[CodePurpose] = mapped_column(Word(CodePurpose))
    email: Mapped[str] = mapped_column(Ascii(320))
    code_hash: Mapped[bytes] = mapped_column(Digest)
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
