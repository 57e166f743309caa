"""Writing: how the ledger changes notifications, by statements that are made once. What may change, the ledger says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, TextClause, Update, bindparam, update
from sqlalchemy.orm import Session

from config.vocabulary import State
from models.locking import HELD, READY, Fence, lock
from models.plans import TABLE, among, by_index

_GUARDS: Final[Mapping[str, tuple[ColumnElement[bool], ...]]] = {"none": (), "held": HELD, "ready": READY}


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of rows.

    Attributes:
        now: the present moment, for `updated_at`.
        values: columns and what they are set to; a text is SQL.
        more: columns that are counted up, and by how much.
    """

    now: datetime
    values: Mapping[str, Any]
    more: Mapping[str, int] = field(default_factory=dict)


def change(session: Session, fences: Sequence[Fence], start: frozenset[State], it: Change) -> set[UUID]:
    """Change those that are still in one of the states `start` and held as the fences say, and say which they are."""
    if len(fences) == 1:
        return {fences[0].id} if change_one(session, fences[0], start, it) else set()
    ids = lock(session, fences, start)
    write(session, ids, it)
    return ids


def change_one(session: Session, fence: Fence, start: frozenset[State], it: Change, *, ready: bool = False) -> bool:
    """Change one, if it is still in one of the states and held so; `ready`: within its lease, too, and not expired.

    Looked at and changed by one statement: a round trip less than for several, of whom it would not say which.
    """
    guard = {"start": [*start], "at_attempt": fence.attempt}
    return _execute(session, [fence.id], it, "ready" if ready else "held", guard) == 1


def write(session: Session, ids: Collection[UUID], it: Change) -> None:
    """Change rows that are locked."""
    if ids:
        _execute(session, ids, it, "none", {})


def _execute(session: Session, ids: Collection[UUID], it: Change, guard: str, guarding: Mapping[str, Any]) -> int:
    """How many rows there were to change. What is no text is a parameter of a statement made once."""
    texts = {name: value for name, value in it.values.items() if isinstance(value, TextClause)}
    said = {f"new_{name}": value for name, value in it.values.items() if name not in texts}
    said |= {f"more_{name}": number for name, number in it.more.items()}
    statement = _writing(tuple(name for name in it.values if name not in texts), tuple(it.more), guard)
    asked = {"ids": [*ids], "now": it.now, **said, **guarding}
    result = session.execute(statement.values(**texts) if texts else statement, asked)
    return cast("CursorResult[Any]", result).rowcount


@cache
def _writing(columns: tuple[str, ...], counts: tuple[str, ...], guard: str) -> Update:
    table = TABLE.c
    values = {name: bindparam(f"new_{name}", type_=table[name].type) for name in columns}
    counted = {name: table[name] + bindparam(f"more_{name}") for name in counts}
    changes = {"updated_at": bindparam("now", type_=table.updated_at.type), **values, **counted}
    return by_index(update(TABLE).where(among(table.id), *_GUARDS[guard]).values(changes))
