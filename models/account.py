"""Accounts: who uses this installation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.settings import Installation, settings
from config.vocabulary import AccountStatus, Role
from models.base import Base
from models.types import Ascii, Id, Moment, Word


class Account(Base):
    """A person or service that has registered; `email` is lower-case ASCII and unique while the account lives.

    `email_verified_at` is when somebody proved that the address is his. `pw_hash` is NULL for who logs in elsewhere.
    Recipients and contents go after `retention_days` (NULL: the installation's), and when the account was deleted, at
    `deleted_at`: up to notification `scrubbed_to` they are gone, and `scrubbed_at` is when all of a deleted one's were.
    """

    __tablename__ = "accounts"

    email: Mapped[str | None] = mapped_column(Ascii(320), unique=True)
    email_verified_at: Mapped[datetime | None] = mapped_column(Moment)
    pw_hash: Mapped[str | None] = mapped_column(Ascii(60))
    name: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[AccountStatus] = mapped_column(Word(AccountStatus), default=AccountStatus.ACTIVE)
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.USER)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    scrubbed_to: Mapped[UUID | None] = mapped_column(Id)
    retention_days: Mapped[int | None]
    scrubbed_at: Mapped[datetime | None] = mapped_column(Moment)


def is_proven(account: Account) -> bool:
    """Whether its address is known to be its owner's; in `local` and `test` everybody is taken at his word."""
    return account.email_verified_at is not None or settings(Installation).has_sandbox
