"""Search of one's own log over what is hot and what is archived, as one list, newest first.

A record that is on its way from one to the other is shown once. It must not know who asks, nor what a page looks like.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.errors import ApiError, Code
from api.notifications import APART, created_between
from config.log_vocabulary import LogEvent
from models import archive_search
from models.archive_part import ArchivePart
from models.archive_place import Place, place
from models.archive_search import Found, parts_between
from models.archive_text import Line
from models.log_record import LogRecord
from models.plans import by_index
from models.session import listing
from models.types import first_id

LAST: Final = UUID(int=2**128 - 1)


class Wanted(NamedTuple):
    """Whose records, and which of them; `end` is excluded, and so is the id `before`."""

    account_id: UUID
    event: LogEvent | None
    notification_id: UUID | None
    request_id: str | None
    start: datetime | None
    end: datetime | None
    before: UUID | None

    def holds(self, line: Line) -> bool:
        """Whether an archived record is one of them."""
        equal = (
            (self.event, line.event),
            (self.notification_id, line.notification_id),
            (self.request_id, line.request_id),
        )
        return (
            all(asked is None or asked == said for asked, said in equal)
            and (self.start is None or line.at >= self.start)
            and (self.end is None or line.at < self.end)
            and (self.before is None or line.id < self.before)
        )


def search(wanted: Wanted, limit: int) -> tuple[list[Line], UUID | None]:
    """Find the newest records, at most so many, and the id before which to go on; None if these are all.

    There may be fewer and something to go on with: one search reads 20 parts of the archive.

    Raises:
        ApiError: the archive is away.
    """
    where = place()
    with listing() as session:
        hot = _hot(session, wanted, limit + 1)
        parts = [] if where is None else _parts(session, wanted)
    if len(hot) > limit:
        # Only what came late can be archived and newer.
        parts = [part for part in parts if part.last_id > hot[limit].id]
    found = Found([], None) if where is None or not parts else _archived(where, parts, wanted, limit + 1)
    lines = sorted({line.id: line for line in (*found.lines, *hot)}.values(), key=lambda line: line.id, reverse=True)
    if found.down_to is not None:
        lines = [line for line in lines if line.id > found.down_to]
    page = lines[:limit]
    if len(lines) > limit:
        return page, page[-1].id
    return page, None if found.down_to is None else UUID(int=found.down_to.int + 1)


def _hot(session: Session, wanted: Wanted, most: int) -> list[Line]:
    row = LogRecord
    exact = {
        row.event: wanted.event,
        row.notification_id: wanted.notification_id,
        row.request_id: wanted.request_id,
    }
    narrowed = [column == value for column, value in exact.items() if value is not None]
    if wanted.before is not None:
        narrowed.append(row.id < wanted.before)
    conditions = (row.account_id == wanted.account_id, *narrowed, *created_between(wanted.start, wanted.end, row))
    query = select(row).where(*conditions).order_by(row.id.desc()).limit(most)
    rows = session.scalars(by_index(query, _index(wanted), row))
    return [
        Line(each.id, each.created_at, each.event, each.account_id, each.request_id, each.notification_id, each.detail)
        for each in rows
    ]


def _index(wanted: Wanted) -> str:
    """The index by which a page is read: of what narrows most, in the order of ids."""
    if wanted.notification_id is not None:
        return "ix_log_records_notification"
    if wanted.request_id is not None:
        return "ix_log_records_request"
    return "ix_log_records_account" if wanted.event is None else "ix_log_records_event"


def _parts(session: Session, wanted: Wanted) -> list[ArchivePart]:
    after = UUID(int=0) if wanted.start is None else first_id(wanted.start - APART)
    end = LAST if wanted.end is None else first_id(wanted.end + APART)
    return list(parts_between(session, after, min(end, wanted.before or LAST)))


def _archived(where: Place, parts: list[ArchivePart], wanted: Wanted, most: int) -> Found:
    try:
        return archive_search.search(where, parts, wanted.account_id, most, matches=wanted.holds)
    except OSError as error:
        detail = f"archive: {type(error).__name__}; narrow the search to what is newer with from, or repeat it"
        raise ApiError(Code.ARCHIVE_AWAY, detail=detail) from None
