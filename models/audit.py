"""Audit: who decided what about which notification, key, connection or account, append-only."""

from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Action, Role
from models.base import Base
from models.types import Ascii, Id, Word


class Audit(Base):
    """One decision of a person or an application, by account and, if it came with one, by API key.

    `notification_id` is NULL where a decision was about a set or about no notification; then `subject_id` is the key's,
    connection's or account's, if it was about one. `detail` says in JSON what was chosen, with no
    recipient and no content.
    """

    __tablename__ = "audit"

    account_id: Mapped[UUID] = mapped_column(Id, index=True)
    api_key_id: Mapped[UUID | None] = mapped_column(Id)
    role: Mapped[Role] = mapped_column(Word(Role))
    action: Mapped[Action] = mapped_column(Word(Action))
    notification_id: Mapped[UUID | None] = mapped_column(Id, index=True)
    subject_id: Mapped[UUID | None] = mapped_column(Id)
    detail: Mapped[str] = mapped_column(String(1000))
    request_id: Mapped[str | None] = mapped_column(Ascii(64))
