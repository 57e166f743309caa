"""Identities: who somebody is at a provider where he logs in."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import SnsType
from models.base import Base
from models.types import Ascii, Id, Word


class Identity(Base):
    """One person at one provider, by the id that the provider gave him: addresses change hands, ids do not."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("sns_type", "subject"),)

    account_id: Mapped[UUID] = mapped_column(Id, ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    sns_type: Mapped[SnsType] = mapped_column(Word(SnsType))
    subject: Mapped[str] = mapped_column(Ascii(255))
