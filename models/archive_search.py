"""Search of the archive: one account's records, newest first, part by part, no more than one request may cost.

It knows no database: the parts are handed in.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.archive_part import ArchivePart
from models.archive_place import Place
from models.archive_text import Line, of_account
from models.archiving import HELD

MOST_PARTS: Final = 20
"""Parts that one search reads: half a second."""


class Found(NamedTuple):
    """The newest matching records, newest first. All newer than `down_to` have been looked at; None: all there are."""

    lines: list[Line]
    down_to: UUID | None


def parts_between(session: Session, after: UUID, before: UUID) -> Sequence[ArchivePart]:
    """Find the parts that may hold records between two ids, newest first, one more than a search reads."""
    row = ArchivePart
    between = (row.status.in_(HELD), row.last_id >= after, row.first_id < before)
    return session.scalars(select(row).where(*between).order_by(row.last_id.desc()).limit(MOST_PARTS + 1)).all()


def search(
    where: Place, parts: Sequence[ArchivePart], account_id: UUID, most: int, *, matches: Callable[[Line], bool]
) -> Found:
    """Look for an account's newest records in the parts that `parts_between` found.

    Raises:
        OSError: the archive is away, or holds something else.
    """
    lines: list[Line] = []
    for number, part in enumerate(parts):
        # No record of this part or of those after it is newer than its last.
        is_enough = sum(line.id > part.last_id for line in lines) >= most
        if is_enough or number == MOST_PARTS:
            return Found(_newest(lines, most, part.last_id), part.last_id)
        lines += [line for line in of_account(where.read(part.name), account_id) if matches(line)]
    return Found(_newest(lines, most, None), None)


def _newest(lines: Sequence[Line], most: int, after: UUID | None) -> list[Line]:
    sure = [line for line in lines if after is None or line.id > after]
    return sorted(sure, key=lambda line: line.id, reverse=True)[:most]
