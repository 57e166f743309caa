"""Whitelists: the networks from which an API key may be used; none means everywhere."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Ascii, Id


class Whitelist(Base):
    """One network in CIDR form (`203.0.113.7/32`)."""

    __tablename__ = "whitelists"

    api_key_id: Mapped[UUID] = mapped_column(Id, ForeignKey("api_keys.id", ondelete="CASCADE"), index=True)
    network: Mapped[str] = mapped_column(Ascii(49))
