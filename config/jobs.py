"""When periodic work is due: each job in slots of its own, counted from midnight in Korea, and each slot once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from pydantic import Field

from config.settings import Group
from config.vocabulary import Job

KST: Final = timezone(timedelta(hours=9))
GRACE: Final = timedelta(minutes=20)
"""How long after its slot began a job may still be under way before somebody should look."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Slots of a length that divides a day; `at` is when the first one of a day begins, after midnight in Korea."""

    every: timedelta
    at: timedelta = timedelta(0)

    def slot(self, now: datetime) -> datetime:
        """The beginning of the present slot."""
        midnight = now.astimezone(KST).replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (now - midnight - self.at) // self.every
        return (midnight + self.at + passed * self.every).astimezone(UTC)


JOBS: Final[Mapping[Job, Rhythm]] = {
    Job.TIDY: Rhythm(timedelta(hours=1), at=timedelta(minutes=7)),
    # While few people send.
    Job.SCRUB_OLD: Rhythm(timedelta(days=1), at=timedelta(hours=3)),
    Job.DELETE_OLD: Rhythm(timedelta(days=1), at=timedelta(hours=4)),
    Job.RECALL: Rhythm(timedelta(days=1), at=timedelta(hours=4, minutes=30)),
    Job.ARCHIVE: Rhythm(timedelta(days=1), at=timedelta(hours=5)),
    Job.STATISTICS: Rhythm(timedelta(days=1), at=timedelta(hours=1)),
    Job.SOLAPI_ORPHANS: Rhythm(timedelta(days=1), at=timedelta(hours=2)),
    Job.QUEUE_SAMPLES: Rhythm(timedelta(minutes=1)),
}


def expected(since: datetime, now: datetime) -> dict[Job, datetime]:
    """The slots that must have ended by now, if somebody has looked after the jobs since then."""
    if now - since < GRACE:
        return {}
    return {job: rhythm.slot(now - GRACE) for job, rhythm in JOBS.items()}


class Keeping(Group):
    """How many days what is kept."""

    scrub_after_days: int = Field(default=30, ge=1, le=3650)
    """Recipients and contents of what was handled; an account can ask for less."""
    delete_after_days: int = Field(default=400, ge=31, le=3650)
    """States, times and the trail of decisions."""
    delete_logs_after_days: int = Field(default=60, ge=1, le=3650)
    """Log records in the sink; after that they go to the archive, if there is one."""
