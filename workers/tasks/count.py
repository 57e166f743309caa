"""Count: how many notifications each account sent on each of the last days, and what became of them.

A day is counted after it is over, and on two more nights: reports come late. It is read slice by slice without a lock;
a slice is added together with how far the count has come, so one that is killed goes on and adds nothing twice.
Messages of test keys, which reach nobody, do not count.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from config.jobs import JOBS, KST
from config.vocabulary import Job
from models import statistic
from models.connection import SANDBOX_IDS
from models.notification import Notification
from models.plans import by_index
from models.session import snapshot, transaction
from models.statistic import Kind
from models.types import first_id, moment_of, utc_now
from workers.celery_app import app
from workers.tasks.once import Portion, TakenOver, once

DAYS: Final = 3
SLICE: Final = 5_000
DAY: Final = timedelta(days=1)


@app.task(name=str(Job.STATISTICS))
def count() -> str:
    """Count the last days anew."""
    return once(Job.STATISTICS, count_days)


def count_days(portion: Portion) -> bool:
    """Count from where the slot has come to, up to the midnight before it; whether all is counted."""
    today = JOBS[Job.STATISTICS].slot(utc_now()).astimezone(KST).date()
    start, end = portion.position or first_of(today - DAYS * DAY), first_of(today)
    goes_on = True
    while goes_on and start < end:
        try:
            start, goes_on = _count_slice(portion, start)
        except TakenOver:
            return False
    return start >= end


def first_of(day: date) -> UUID:
    """The first id of a day in Korea."""
    return first_id(datetime.combine(day, time(), KST))


def _count_slice(portion: Portion, start: UUID) -> tuple[UUID, bool]:
    """Count a slice from this id on, or finish its day; where the next one starts, and whether there may be one."""
    day = moment_of(start).astimezone(KST).date()
    counts, following = _read(start, first_of(day + DAY))
    with transaction() as session:
        if start == first_of(day):
            statistic.begin(session, day)
        if counts:
            statistic.add(session, day, counts)
        else:
            statistic.finish(session, day)
        goes_on = portion.goes_on_with(session, counts.total(), following)
    return following, goes_on


def _read(start: UUID, end: UUID) -> tuple[Counter[Kind], UUID]:
    """Count a slice of the rows between these ids, and say where the next one starts."""
    row = Notification
    mine = (row.id >= start, row.id < end, row.connection_id.not_in(SANDBOX_IDS.values()))
    query = select(row.id, row.account_id, row.channel, row.status).where(*mine).order_by(row.id).limit(SLICE)
    with snapshot() as session:
        found = session.execute(by_index(query)).all()
    counts: Counter[Kind] = Counter((each.account_id, each.channel, each.status) for each in found)
    return counts, UUID(int=found[-1].id.int + 1) if found else end
