"""Rotation: what another master key sealed than the first is sealed anew, and recipients are hashed anew, online.

A table is walked by id, slice by slice, and nothing is locked in between. A row is changed only where it still holds
what was read of it, so that a value replaced meanwhile is never overwritten with an older one; such a row is looked at
again. What is as it should be is left alone: it may be killed at any moment and begun anew. When a row was last
changed stays as it is, since sweep and lists go by it. It must not know the command line, nor what a content says.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Row,
    Table,
    Update,
    and_,
    bindparam,
    case,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from config.vocabulary import Channel
from models.base import Base
from models.notification import Notification
from models.plans import DIALECTS
from models.sealing import MARK_BYTES, SealBroken, recipient_hash, sealer
from models.session import snapshot, transaction
from models.types import Sealed

SLICE_ROWS: Final = 200
"""Rows that are looked at together and, where they must, changed in one transaction: whoever wants one waits for it."""
PART_BYTES: Final = 4 * 1024 * 1024
"""Of a slice of large mails not more is held at a time."""

RecipientIn = Callable[[Channel, bytes], str | None]
"""Whom an opened content is for, as it was hashed when it was accepted; None if it does not say."""


class ContentGone(Exception):  # noqa: N818 - the name says what happened
    """What a hash would have to be made of is not there any more."""


@dataclass
class Tally:
    """How far it has come, in rows.

    Attributes:
        broken: could not be opened, and stay as they are; `fault` says what was wrong with the first, by its id.
        kept: keep the hash they have, since their content is gone.
    """

    looked: int = 0
    changed: int = 0
    broken: int = 0
    kept: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a row gets, and what it must still hold for that."""

    new: bytes
    held: bytes


@dataclass(frozen=True, slots=True)
class Work:
    """What is made anew in the rows of one table.

    Attributes:
        due: which rows are looked into; the others are only counted.
        sealed: the column that may be large.
        target: what is changed.
        guard: what must still be as it was; of a sealed value its start, since no two have the same.
        anew: what a row gets, from its id and what `reads` names; raises SealBroken or ContentGone.
    """

    due: ColumnElement[bool]
    sealed: Column[Any]
    target: Column[Any]
    guard: ColumnElement[bytes]
    reads: Sequence[Column[Any]]
    anew: Callable[[Row[*tuple[Any, ...]]], Change | None]

    @property
    def table(self) -> Table:
        """The table whose rows they are."""
        return self.sealed.table

    def step(self) -> Update:
        """The statement that changes one row, made once: that takes longer than to execute it."""
        table, same = self.table, {"updated_at": self.table.c.updated_at}
        step = update(table).where(table.c.id == bindparam("row"), self.guard == bindparam("held"))
        return step.values({self.target.name: bindparam("new"), **same})


def sealed_columns() -> list[Column[Any]]:
    """Every column that holds sealed values, of every table."""
    return [
        column for table in Base.metadata.sorted_tables for column in table.columns if isinstance(column.type, Sealed)
    ]


def place_of(column: Column[Any]) -> str:
    """The word with which a column's values are sealed."""
    return f"{column.table.name}.{column.name}"


def resealing(column: Column[Any]) -> Work:
    """Seal a column's values with the first master key."""
    place, seals = place_of(column), sealer()

    def anew(row: Row[*tuple[Any, ...]]) -> Change:
        _, old = row
        plain = seals.open(place, row.id, old)
        return Change(seals.seal(place, row.id, plain), old[:MARK_BYTES])

    # SQLite finds no first byte in an empty value, and NULL is unlike nothing.
    other = _start(column, len(seals.first)).is_distinct_from(seals.first)
    return Work(and_(column.is_not(None), other), column, column, _start(column, MARK_BYTES), [column], anew)


def rehashing(recipient_in: RecipientIn) -> Work:
    """Hash the recipients of all notifications that still have their content with the present index key."""
    table = cast("Table", Notification.__table__)
    place, hashed = place_of(table.c.sealed), table.c.recipient_hash

    def anew(row: Row[*tuple[Any, ...]]) -> Change | None:
        recipient = None if row.sealed is None else recipient_in(row.channel, sealer().open(place, row.id, row.sealed))
        if recipient is None:
            raise ContentGone
        new = recipient_hash(row.account_id, recipient)
        return None if new == row.recipient_hash else Change(new, row.recipient_hash)

    reads = [table.c.account_id, table.c.channel, hashed, table.c.sealed]
    return Work(hashed.is_not(None), table.c.sealed, hashed, hashed, reads, anew)


def carry_out(work: Work) -> Iterator[Tally]:
    """Do it, and tell after each slice, which is committed, how far it has come; the tally is the same one."""
    tally, step, after = Tally(), work.step(), UUID(int=0)
    while found := _look(work, after):
        for part in _parts(found):
            left = part
            while left:
                left = _change(work, step, left, tally)
        tally.looked += len(found)
        after = found[-1].id
        yield tally


def _look(work: Work, after: UUID) -> Sequence[Row[UUID, int | None]]:
    """The next rows, and how large they are if they are due."""
    row_id, size = work.table.c.id, func.coalesce(func.length(work.sealed), 0)
    query = select(row_id, case((work.due, size)).label("size")).where(row_id > after).order_by(row_id)
    with snapshot() as session:
        return session.execute(query.limit(SLICE_ROWS)).all()


def _parts(found: Sequence[Row[UUID, int | None]]) -> Iterator[list[UUID]]:
    part: list[UUID] = []
    total = 0
    for row_id, size in found:
        if size is None:
            continue
        if part and total + size > PART_BYTES:
            yield part
            part, total = [], 0
        part.append(row_id)
        total += size
    yield part


def _change(work: Work, step: Update, ids: Sequence[UUID], tally: Tally) -> list[UUID]:
    """Change these rows; returns those that somebody else changed between our look and our step."""
    row_id = work.table.c.id
    query = select(row_id, *work.reads).where(row_id.in_(ids), work.due).order_by(row_id)
    for dialect in DIALECTS:
        query = query.with_hint(work.table, "FORCE INDEX (PRIMARY)", dialect)
    with snapshot() as session:
        rows = session.execute(query).all()
    changes = {row.id: change for row in rows if (change := _anew(work, row, tally)) is not None}
    if not changes:
        return []
    with transaction() as session:
        # In the order of ids, as everybody locks them.
        lost = [each for each, change in changes.items() if not _write(session, step, each, change)]
    tally.changed += len(changes) - len(lost)
    return lost


def _anew(work: Work, row: Row[*tuple[Any, ...]], tally: Tally) -> Change | None:
    try:
        return work.anew(row)
    except SealBroken as error:
        tally.broken += 1
        tally.fault = tally.fault or str(error)
    except ContentGone:
        tally.kept += 1
    return None


def _write(session: Session, step: Update, row_id: UUID, change: Change) -> bool:
    # The table's own: the mapper has nothing to add to it.
    done = session.connection().execute(step, {"row": row_id, "held": change.held, "new": change.new})
    return done.rowcount == 1


def _start(column: Column[Any], length: int) -> ColumnElement[bytes]:
    return func.substr(column, 1, length, type_=LargeBinary)
