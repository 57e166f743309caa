"""Archiving: every way a part of the archive changes, and which records and parts it concerns.

One part is under way at a time, and whoever comes after a crash goes on with it. A record leaves the hot table only
when the part that holds it has been read back. It never commits, and knows no place and no bytes.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from config.log_vocabulary import PartState
from models.archive_part import ArchivePart
from models.archive_text import Line
from models.log_record import LogRecord
from models.types import first_id, moment_of, new_id

MOST_RECORDS: Final = 20_000
"""In one object: some megabytes of text, which are held in memory."""
SMALL: Final = 128 * 1024
"""Bytes; an object of this size is left as it is."""
ENOUGH: Final = 1024 * 1024
"""Bytes of small objects that are merged into one."""
HELD: Final = (PartState.VERIFIED, PartState.KEPT)
"""In these a part's object can be read."""
UNDER_WAY: Final = (PartState.WRITING, PartState.VERIFIED, PartState.MERGING, PartState.REPLACED)


def under_way(session: Session) -> ArchivePart | None:
    """The part that somebody has begun and nobody finished."""
    return session.scalar(
        select(ArchivePart).where(ArchivePart.status.in_(UNDER_WAY)).order_by(ArchivePart.id).limit(1)
    )


def begin(session: Session, before: UUID) -> ArchivePart | None:
    """Begin a part for the oldest hot records before this id, of one month; None if there are none."""
    row = LogRecord
    oldest = select(row.id).where(row.id < before).order_by(row.id)
    first = session.scalar(oldest.limit(1))
    if first is None:
        return None
    end = min(before, first_id(_next_month(moment_of(first))))
    ids = session.scalars(oldest.where(row.id < end).limit(MOST_RECORDS)).all()
    return _create(session, PartState.WRITING, first, ids[-1])


def hot_lines(session: Session, part: ArchivePart) -> list[Line]:
    """The hot records of a part's range."""
    row = LogRecord
    columns = (row.id, row.created_at, row.event, row.account_id, row.request_id, row.notification_id, row.detail)
    found = session.execute(select(*columns).where(row.id >= part.first_id, row.id <= part.last_id).order_by(row.id))
    return [Line._make(each) for each in found]


def hot_ids(session: Session, part: ArchivePart) -> Sequence[UUID]:
    """The ids of the hot records of a part's range."""
    row = LogRecord.id
    return session.scalars(select(row).where(row >= part.first_id, row <= part.last_id).order_by(row)).all()


def overlapping(session: Session, part: ArchivePart) -> Sequence[ArchivePart]:
    """Find other parts that may hold records of the same range: some arrived late, or a second time."""
    row = ArchivePart
    same = (row.last_id >= part.first_id, row.first_id <= part.last_id, row.id != part.id)
    return ArchivePart.filter(session, row.status.in_(HELD), *same)


def delete_hot(session: Session, ids: Sequence[UUID]) -> None:
    """Delete hot records, those that are still there."""
    gone = delete(LogRecord).where(LogRecord.id.in_(ids))
    session.execute(gone, execution_options={"synchronize_session": False})


def verify(session: Session, part: ArchivePart, count: int, size: int, sha256: bytes) -> None:
    """Note what was read back of an object that was written from hot records."""
    _set(session, (part.id,), status=PartState.VERIFIED, count=count, size=size, sha256=sha256)


def keep(session: Session, part: ArchivePart) -> None:
    """Note that the hot table holds none of its records any more."""
    _set(session, (part.id,), status=PartState.KEPT)


def forget(session: Session, parts: Iterable[ArchivePart]) -> None:
    """Forget parts that hold nothing."""
    session.execute(delete(ArchivePart).where(ArchivePart.id.in_([part.id for part in parts])))


def begin_merge(session: Session, before: UUID) -> ArchivePart | None:
    """Begin to merge small parts of one month that will get no further ones; None if there are none.

    A month is over when the records before this id are of a later one.
    """
    row = ArchivePart
    over = row.last_id < first_id(_month(moment_of(before)))
    small = ArchivePart.filter(session, row.status == PartState.KEPT, row.size < SMALL, over)
    ordered = sorted(small, key=lambda part: part.first_id)
    for _, parts in groupby(ordered, lambda part: _month(moment_of(part.first_id))):
        chosen = _first_of(parts)
        if len(chosen) > 1:
            part = _create(session, PartState.MERGING, chosen[0].first_id, max(each.last_id for each in chosen))
            _set(session, [each.id for each in chosen], merged_into=part.id)
            return part
    return None


def merged(session: Session, part: ArchivePart) -> Sequence[ArchivePart]:
    """Find the parts whose records this one takes over."""
    return ArchivePart.filter(session, ArchivePart.merged_into == part.id)


def replace(session: Session, part: ArchivePart, count: int, size: int, sha256: bytes) -> None:
    """Note that a part which was read back has taken over the records of smaller ones."""
    _set(session, [each.id for each in merged(session, part)], status=PartState.REPLACED)
    _set(session, (part.id,), status=PartState.KEPT, count=count, size=size, sha256=sha256)


def _first_of(parts: Iterable[ArchivePart]) -> list[ArchivePart]:
    chosen, size = list[ArchivePart](), 0
    for part in parts:
        if size < ENOUGH:
            chosen.append(part)
            size += part.size
    return chosen


def _create(session: Session, status: PartState, first: UUID, last: UUID) -> ArchivePart:
    part_id, moment = new_id(), moment_of(first)
    # By month, in names that Athena and DuckDB read as columns.
    name = f"year={moment:%Y}/month={moment:%m}/{moment:%Y-%m-%d}_{part_id}.json.gz"
    return ArchivePart.create(session, id=part_id, name=name, status=status, first_id=first, last_id=last)


def _set(session: Session, ids: Sequence[UUID], **values: Any) -> None:  # noqa: ANN401 - columns of several types
    session.execute(update(ArchivePart).where(ArchivePart.id.in_(ids)).values(**values))


def _month(moment: datetime) -> datetime:
    return datetime(moment.year, moment.month, 1, tzinfo=UTC)


def _next_month(moment: datetime) -> datetime:
    return datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=UTC)
