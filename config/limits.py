"""How much a connection may send: per second and per day, as the vendors say and the operator decides.

The sandbox has no limits unless somebody sets one. Nothing here counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import Field

from config.settings import Group, Installation, settings
from config.vocabulary import Channel


class Day(StrEnum):
    """When a daily quota fills again: at midnight in Korea, or bit by bit as the last 24 hours move on."""

    KOREAN = "korean"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Limit:
    """What one connection may send.

    Attributes:
        rate: messages a second, 0 for no limit.
        per_day: recipients a day, 0 for no limit.
        day: when the day's quota fills again.
    """

    rate: float
    per_day: int
    day: Day

    @property
    def none(self) -> bool:
        """Whether there is nothing to count."""
        return not self.rate and not self.per_day

    def shared_by(self, slots: int) -> "Limit":
        """The part of one of so many that cannot see each other; a day's quota leaves at least one to each."""
        return Limit(self.rate / slots, self.per_day and max(self.per_day // slots, 1), self.day)


DEFAULTS: Final[Mapping[Channel, Limit]] = {
    # 100 a sender and day; no figure a second is published (developers.kakao.com, "Quota").
    Channel.KAKAO: Limit(0, 100, Day.KOREAN),
    # No figure a second is published, and the daily one is each account's own (GET /quota/v1/me).
    Channel.SOLAPI: Limit(0, 0, Day.KOREAN),
    # 500 recipients in 24 hours, 2,000 in Workspace; hammering on suspends (support.google.com/a/answer/166852).
    Channel.GMAIL: Limit(2, 500, Day.ROLLING),
    # 14 a second is what an account gets that has left SES's own sandbox; its daily quota differs.
    Channel.SES: Limit(14, 0, Day.ROLLING),
}


class Limits(Group):
    """What the operator says instead of the defaults; 0 is no limit."""

    rate_kakao: float | None = Field(default=None, ge=0)
    rate_solapi: float | None = Field(default=None, ge=0)
    rate_gmail: float | None = Field(default=None, ge=0)
    rate_ses: float | None = Field(default=None, ge=0)
    per_day_kakao: int | None = Field(default=None, ge=0)
    per_day_solapi: int | None = Field(default=None, ge=0)
    per_day_gmail: int | None = Field(default=None, ge=0)
    per_day_ses: int | None = Field(default=None, ge=0)
    worker_slots: int = Field(default=8, ge=1)


def limit_of(channel: Channel) -> Limit:
    """The limit of each connection of this channel."""
    said = settings(Limits)
    default = Limit(0, 0, DEFAULTS[channel].day) if settings(Installation).has_sandbox else DEFAULTS[channel]
    rate: float | None = getattr(said, f"rate_{channel}")
    per_day: int | None = getattr(said, f"per_day_{channel}")
    return Limit(default.rate if rate is None else rate, default.per_day if per_day is None else per_day, default.day)
