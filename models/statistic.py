"""Statistics: how many notifications an account sent on a day, by channel and by what became of them.

A day is counted slice by slice into lines that are not final, which replace the day's final ones at once when it is
whole: whoever reads sees either what was known before, or everything. Nothing here knows when a day is counted.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Date, Executable, Index, Table, UniqueConstraint, delete, false, true, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.vocabulary import Channel, State
from models.base import Base
from models.types import Id, Word, new_id, utc_now

Kind = tuple[UUID, Channel, State]
KEY: Final = ("account_id", "day", "channel", "outcome", "is_final")


class Statistic(Base):
    """One count. The day is Korea's, of acceptance; `outcome` is the state in which they were seen last."""

    __tablename__ = "statistics"
    __table_args__ = (UniqueConstraint(*KEY, name="uq_statistics_key"), Index("ix_statistics_day", "day", "is_final"))

    account_id: Mapped[UUID] = mapped_column(Id)
    day: Mapped[date] = mapped_column(Date)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    outcome: Mapped[State] = mapped_column(Word(State))
    is_final: Mapped[bool]
    number: Mapped[int]


TABLE: Final = cast("Table", Statistic.__table__)


def begin(session: Session, day: date) -> None:
    """Forget what was counted of a day by somebody who did not come to its end."""
    session.execute(delete(Statistic).where(Statistic.day == day, Statistic.is_final.is_(false())))


def add(session: Session, day: date, counts: Mapping[Kind, int]) -> None:
    """Add to what is counted of a day."""
    if counts:
        now = utc_now()
        rows = [
            {
                "id": new_id(),
                "created_at": now,
                "updated_at": now,
                "day": day,
                "is_final": False,
                "account_id": account_id,
                "channel": channel,
                "outcome": outcome,
                "number": number,
            }
            for (account_id, channel, outcome), number in sorted(counts.items())
        ]
        session.connection().execute(_upsert(session.get_bind().dialect.name), rows)


def finish(session: Session, day: date) -> None:
    """Put what was counted in the place of what was known of the day."""
    mine = Statistic.day == day
    session.execute(delete(Statistic).where(mine, Statistic.is_final.is_(true())))
    session.execute(update(Statistic).where(mine).values(is_final=True, updated_at=utc_now()))


@cache
def _upsert(dialect: str) -> Executable:
    if dialect == "sqlite":
        lite: Any = sqlite.insert(TABLE)
        return cast(
            "Executable",
            lite.on_conflict_do_update(
                index_elements=list(KEY), set_={"number": TABLE.c.number + lite.excluded.number}
            ),
        )
    mine = mysql.insert(TABLE)
    return mine.on_duplicate_key_update(number=TABLE.c.number + mine.inserted.number)
