"""One's own daily counts: how many notifications were accepted on a day, by channel and by what became of them."""

from datetime import date, timedelta
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select, true

from api.errors import problems
from api.schemas.statistics import DayOut, StatisticsOut
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.jobs import KST
from config.vocabulary import Channel, State
from models.session import snapshot
from models.statistic import Statistic
from models.types import utc_now

router = APIRouter(prefix="/api/user/statistics", tags=["user"])

LONGEST: Final = timedelta(days=366)
MONTH: Final = timedelta(days=30)


class Days(BaseModel):
    """Which days."""

    model_config = ConfigDict(extra="forbid")

    first: date | None = Field(None, alias="from", description="The first day, in Korea; 30 days before the last.")
    last: date | None = Field(None, alias="to", description="The last day, in Korea; today.")

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        first, last = self.span()
        if not timedelta(0) <= last - first <= LONGEST:
            raise ValueError("from: not after to, and at most 366 days before it")
        return self

    def span(self) -> tuple[date, date]:
        """The first day and the last one."""
        last = self.last or utc_now().astimezone(KST).date()
        return self.first or last - min(MONTH, last - date.min), last


@router.get("", summary="My daily counts", responses=problems(400, 401, 422, 503))
def list_statistics(
    me: Annotated[BearerAccount, Depends(bearer_account)], days: Annotated[Days, Query()]
) -> StatisticsOut:
    """Give one's own counts of each day, which is counted in the night after it and on two more nights."""
    row = Statistic
    first, last = days.span()
    mine = (row.account_id == me.id, row.day >= first, row.day <= last, row.is_final.is_(true()))
    query = select(row.day, row.channel, row.outcome, row.number).where(*mine).order_by(row.day, row.channel)
    found: dict[tuple[date, Channel], dict[State, int]] = {}
    with snapshot() as session:
        for day, channel, outcome, number in session.execute(query):
            found.setdefault((day, channel), {})[outcome] = number
    return StatisticsOut(items=[DayOut(day=day, channel=on, counts=counts) for (day, on), counts in found.items()])
