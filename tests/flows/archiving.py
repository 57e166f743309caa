"""An archive whose worker dies again and again, day by day: SIGKILL before or after a commit, or an act on the place.

Run as a process of its own, with the days as JSON in its input. For each day it forks workers, each of which dies some
points later than the one before, until one comes to the end. The product's own code runs; only the moment of death is
added from outside. It writes how many died at which point, and how often a record was in no place after a death.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from typing_extensions import override

from config.logging import configure
from config.settings import settings
from config.vocabulary import Job
from models import archiving, slots
from models.archive_part import ArchivePart
from models.archive_place import Place, place
from models.archive_text import unpack
from models.log_record import LogRecord
from models.session import engine, snapshot, transaction
from models.types import utc_now
from tests.flows.stopping import Stopper
from workers.tasks import archive
from workers.tasks.once import Portion

PORTION = 600.0


class Mortal(Place):
    """The installation's place, on which one may die before and after each act."""

    def __init__(self, real: Place, stopper: Stopper) -> None:
        self._real = real
        self._stopper = stopper

    @override
    def write(self, name: str, data: bytes) -> None:
        self._stopper.point("before write")
        self._real.write(name, data)
        self._stopper.point("after write")

    @override
    def read(self, name: str) -> bytes:
        self._stopper.point("before read")
        return self._real.read(name)

    @override
    def delete(self, name: str) -> None:
        self._stopper.point("before delete")
        self._real.delete(name)
        self._stopper.point("after delete")


def here() -> Place:
    where = place()
    assert where is not None
    return where


def live(at: int, said: int) -> None:
    with transaction() as session:
        turn = slots.take(session, Job.ARCHIVE, utc_now(), utc_now())
    assert turn is not None
    stopper = Stopper(at, said)
    stopper.watch_commits()
    mortal = Mortal(here(), stopper)
    setter: Any = archive
    setter.place = lambda: mortal
    assert archive.archive_all(Portion(turn, time.monotonic() + PORTION))


def fork(at: int) -> str | None:
    """Let a worker die at this point; which one that was, or None if it came to the end before."""
    engine().dispose()
    heard, said = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(heard)
        live(at, said)
        sys.stdout.flush()
        os._exit(0)
    os.close(said)
    with os.fdopen(heard) as points:
        passed = points.read().splitlines()
    _, status = os.waitpid(worker, 0)
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGKILL}, passed
    return passed[-1] if os.WIFSIGNALED(status) else None


def everywhere() -> Counter[UUID]:
    """In how many places each record is: the hot table, and each object that a part names."""
    with snapshot() as session:
        hot = session.scalars(select(LogRecord.id)).all()
        names = [part.name for part in ArchivePart.filter(session, ArchivePart.status.in_(archiving.HELD))]
    return Counter([*hot, *(line.id for name in names for line in unpack(here().read(name)))])


def die_daily(days: Iterable[int], every_so_many: int, *, look: bool) -> dict[str, object]:
    died: Counter[str] = Counter()
    lost, every = 0, everywhere().keys()
    for day in days:
        os.environ["ALRIM_DELETE_LOGS_AFTER_DAYS"] = str(day)
        settings.cache_clear()
        for number in count(step=every_so_many):
            point = fork(number)
            if point is None:
                break
            died[point] += 1
            lost += bool(look and every - everywhere().keys())
    found = everywhere()
    return {"died": died, "lost": lost, "records": len(found), "most": max(found.values()), "of": len(every)}


if __name__ == "__main__":
    configure("archiving")
    asked = json.load(sys.stdin)
    archiving.MOST_RECORDS = asked["most_records"]  # type: ignore[misc] # small ones, so that there are many
    json.dump(die_daily(asked["days"], asked["every"], look=asked["look"]), sys.stderr)
