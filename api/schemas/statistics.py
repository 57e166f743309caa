"""What one's own daily counts look like."""

from datetime import date

from pydantic import BaseModel, Field

from config.vocabulary import Channel, State


class DayOut(BaseModel):
    """One day on one channel; states that none is in are left out."""

    day: date
    channel: Channel
    counts: dict[State, int] = Field(description="How many notifications were in each state when it was counted.")


class StatisticsOut(BaseModel):
    """The days that were asked for, oldest first; a day on which nothing was sent has no line."""

    items: list[DayOut]
