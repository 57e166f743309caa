"""Archive: log records that are hot no more become text in a directory or a bucket, and none is lost or doubled.

Step by step, each of which may be done again: choose the records of a part, write its object, read it back and compare,
only then delete the records. Small objects of a month that is over become one in the same way. Nobody else is about
it meanwhile: its run is one worker's, and a task is killed long before its run is given to another.
"""

import time
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Final, assert_never
from uuid import UUID

import structlog

from config.jobs import Keeping
from config.log_vocabulary import PartState
from config.settings import settings
from config.vocabulary import Job
from models import archiving
from models.archive_part import ArchivePart
from models.archive_place import Place, place
from models.archive_text import Line, pack, unpack
from models.session import snapshot, transaction
from models.types import first_id, utc_now
from workers.celery_app import app
from workers.tasks.once import Portion, once
from workers.tasks.slices import FIRST_SLICE, next_size

log = structlog.get_logger()

LONGEST: Final = 40
"""Seconds, well within those after which a silent worker's run is another's."""


class DamagedError(Exception):
    """An object does not hold what was written: nothing that it should hold is deleted."""


@app.task(name=str(Job.ARCHIVE), time_limit=LONGEST)
def archive() -> str:
    """Move log records that are hot no more into the archive."""
    return once(Job.ARCHIVE, archive_all)


def archive_all(portion: Portion) -> bool:
    """Move step by step; whether nothing is left."""
    where = place()
    if where is None:
        return True
    before = first_id(utc_now() - timedelta(days=settings(Keeping).delete_logs_after_days))
    goes_on = True
    while goes_on:
        with transaction() as session:
            part = archiving.under_way(session) or archiving.begin(session, before)
            part = part or archiving.begin_merge(session, before)
        if part is None:
            return True
        goes_on = _step(where, part, portion)
    return False


def _step(where: Place, part: ArchivePart, portion: Portion) -> bool:
    """Take a part one step further; whether the portion goes on."""
    match part.status:
        case PartState.WRITING:
            return portion.goes_on(_write(where, part))
        case PartState.VERIFIED:
            return _delete_hot(where, part, portion)
        case PartState.MERGING:
            return portion.goes_on(_merge(where, part))
        case PartState.REPLACED:
            where.delete(part.name)
            with transaction() as session:
                archiving.forget(session, [part])
            return portion.goes_on(0)
        case PartState.KEPT:
            raise AssertionError(f"{part.id} is finished")
        case _:
            assert_never(part.status)


def _write(where: Place, part: ArchivePart) -> int:
    """Write a part's object; how many records that were."""
    with snapshot() as session:
        lines, others = archiving.hot_lines(session, part), archiving.overlapping(session, part)
    known = {line.id for other in others for line in _read(where, other)} if others else set[UUID]()
    twice = [line.id for line in lines if line.id in known]
    lines = [line for line in lines if line.id not in known]
    facts = _put(where, part, lines) if lines else None
    with transaction() as session:
        if twice:
            archiving.delete_hot(session, twice)
        if facts is None:
            archiving.forget(session, [part])
        else:
            archiving.verify(session, part, *facts)
    log.info("archive.written", name=part.name, records=len(lines), known=len(twice))
    return len(lines)


def _delete_hot(where: Place, part: ArchivePart, portion: Portion) -> bool:
    """Delete what the part's object holds from the hot table, those that are still there."""
    held = {line.id for line in _read(where, part)}
    with snapshot() as session:
        left = [row_id for row_id in archiving.hot_ids(session, part) if row_id in held]
    size, goes_on = FIRST_SLICE, True
    while left and goes_on:
        begun = time.monotonic()
        with transaction() as session:
            archiving.delete_hot(session, left[:size])
        left = left[size:]
        size = next_size(size, time.monotonic() - begun)
        goes_on = portion.goes_on(0)
    if not left:
        with transaction() as session:
            archiving.keep(session, part)
    return goes_on


def _merge(where: Place, part: ArchivePart) -> int:
    """Write the object of a part that takes over others; how many objects become one."""
    with snapshot() as session:
        parts = archiving.merged(session, part)
    facts = _put(where, part, {line.id: line for each in parts for line in _read(where, each)}.values())
    with transaction() as session:
        archiving.replace(session, part, *facts)
    log.info("archive.merged", name=part.name, objects=len(parts))
    return len(parts)


def _put(where: Place, part: ArchivePart, lines: Iterable[Line]) -> tuple[int, int, bytes]:
    """Write an object and read it back; how many records it holds, its size, and its hash.

    Raises:
        DamagedError: it holds something else.
    """
    wanted = sorted(lines, key=lambda line: line.id)
    data = pack(wanted)
    where.write(part.name, data)
    there = where.read(part.name)
    if there != data or unpack(there) != wanted:
        raise DamagedError(part.name)
    return len(wanted), len(there), sha256(there).digest()


def _read(where: Place, part: ArchivePart) -> list[Line]:
    """Read what a part holds.

    Raises:
        DamagedError: its object is not the one that was verified.
    """
    data = where.read(part.name)
    if sha256(data).digest() != part.sha256:
        raise DamagedError(part.name)
    return unpack(data)
