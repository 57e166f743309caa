"""Recall log records from CloudWatch or DynamoDB when they are hot no more: through the database into the archive.

Only copies: the sink lets go of its own by itself, some weeks later, so a day that could not be read today is read
tomorrow. What is recalled twice is there once.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from config.jobs import JOBS, Keeping
from config.log_sinks import AWAY_FROM_HOME, SPARE
from config.settings import Logs, settings
from config.vocabulary import Job
from models import slots
from models.archive_place import place
from models.session import snapshot
from models.types import moment_of, utc_now
from workers.celery_app import app
from workers.log_sinks import database, sink
from workers.tasks.once import Portion, once

SLICE = 500
DAY = timedelta(days=1)


@app.task(name=str(Job.RECALL))
def recall() -> str:
    """Write what the sink holds of each day that is hot no more into the database, from where `archive` moves it."""
    return once(Job.RECALL, recall_all)


def recall_all(portion: Portion) -> bool:
    """Recall day by day, page by page; whether nothing is left."""
    if settings(Logs).log_sink not in AWAY_FROM_HOME or place() is None:
        return True
    position = portion.position
    for day in _days(None if position is None else moment_of(position)):
        for page in sink.of_day(day, position if position is not None and moment_of(position) >= day else None):
            for start in range(0, len(page), SLICE):
                records = page[start : start + SLICE]
                database.recall(records)
                if not portion.goes_on(len(records), records[-1].id):
                    return False
    return True


def _days(reached: datetime | None) -> Iterator[datetime]:
    """Whole days in UTC that are hot no more, after those that earlier slots have recalled."""
    kept = timedelta(days=settings(Keeping).delete_logs_after_days)
    slot = JOBS[Job.RECALL].slot(utc_now())
    with snapshot() as session:
        last = slots.last_ended(session, Job.RECALL)
    day = _midnight(reached or (last or slot - SPARE) - kept)
    while day < _midnight(slot - kept):
        yield day
        day += DAY


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
