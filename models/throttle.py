"""Throttles: who has tried how often to get in, and until when he waits. `api.security.throttle` changes them."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import Moment


class Throttle(Base):
    """Tries of one thing by one account or from one address: the id is a keyed hash of both, and says neither."""

    __tablename__ = "throttles"

    tries: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime | None] = mapped_column(Moment)
    forgotten_at: Mapped[datetime] = mapped_column(Moment, index=True)
