"""Samples of what waits, a line a minute for each channel and lane where anything does; kept for a month."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.vocabulary import Channel, Lane
from models.base import Base
from models.types import Moment, Word


class QueueSample(Base):
    """What waited at a moment (`models.standing.Standing`); `messages` is what the broker held, NULL if it was away."""

    __tablename__ = "queue_samples"
    __table_args__ = (UniqueConstraint("slot", "channel", "lane"),)

    slot: Mapped[datetime] = mapped_column(Moment)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    lane: Mapped[Lane] = mapped_column(Word(Lane))
    messages: Mapped[int | None]
    due: Mapped[int]
    later: Mapped[int]
    unfed: Mapped[int]
    asked: Mapped[int]
    held: Mapped[int]
    oldest_seconds: Mapped[int | None]
