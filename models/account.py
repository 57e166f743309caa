"""Accounts: who uses this installation."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import AccountStatus, Role
from models.base import Base
from models.types import Ascii, Word


class Account(Base):
    """A person or service that has registered; `email` is lower-case ASCII and unique while the account lives."""

    __tablename__ = "accounts"

    email: Mapped[str | None] = mapped_column(Ascii(320), unique=True)
    pw_hash: Mapped[str | None] = mapped_column(Ascii(60))
    name: Mapped[str | None] = mapped_column(String(100))
    status: Mapped[AccountStatus] = mapped_column(Word(AccountStatus), default=AccountStatus.ACTIVE)
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.USER)
