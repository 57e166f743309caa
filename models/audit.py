"""Audit: what people decided about notifications, and who they were; append-only.

A line is written in the transaction that carries the decision out, so neither exists without the other. It holds ids,
words and numbers, nothing personal. It must not know what a decision means.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Action, Role
from models.base import Base
from models.types import Ascii, Id, Word


class Audit(Base):
    """One decision. `notification_id` is NULL where it was about a set; `detail` then says which, and how many."""

    __tablename__ = "audit"

    account_id: Mapped[UUID] = mapped_column(Id)
    api_key_id: Mapped[UUID | None] = mapped_column(Id)
    role: Mapped[Role] = mapped_column(Word(Role))
    action: Mapped[Action] = mapped_column(Word(Action))
    notification_id: Mapped[UUID | None] = mapped_column(Id, index=True)
    detail: Mapped[str] = mapped_column(String(1000))
    request_id: Mapped[str] = mapped_column(Ascii(64))

    def say(self, facts: Mapping[str, Any]) -> None:
        """Keep these facts as the line's detail; they must be JSON values."""
        self.detail = json.dumps(facts, separators=(",", ":"))

    def facts(self) -> dict[str, Any]:
        """Read the detail."""
        said: dict[str, Any] = json.loads(self.detail)
        return said
