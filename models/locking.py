"""Locking: how the ledger finds and locks notifications.

Its statements are made once, which takes longer than to run them. Here nothing is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from config.vocabulary import State
from models.lifecycle import FROM, Verb
from models.plans import TABLE, among, by_index

_ROW: Final = TABLE.c
"""Of the table and not of the class: the mapper has nothing to add, and takes longer than the database."""
_BY_IDS: Final = among(_ROW.id)

COLUMNS: Final = (
    *(_ROW.id, _ROW.attempt, _ROW.account_id, _ROW.connection_id, _ROW.type, _ROW.tries, _ROW.sealed),
    *(_ROW.expires_at, _ROW.batch_id, _ROW.request_id, _ROW.not_before),
)
"""What a worker must know of a notification that it claims."""

WAITING: Final = by_index(
    select(*COLUMNS)
    .where(_BY_IDS, _ROW.status.in_(FROM[Verb.CLAIM]), _ROW.not_before <= bindparam("now"))
    .order_by(_ROW.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
"""Those of `ids` that may be claimed at `now` and that nobody else is about to claim, at most so many."""

_STANDING: Final = by_index(
    select(_ROW.id, _ROW.attempt, _ROW.wake_at, _ROW.expires_at)
    .where(_BY_IDS, _ROW.status.in_(bindparam("start", expanding=True)))
    .order_by(_ROW.id)
    .with_for_update()
)
"""Those of `ids` that are in one of the states `start`; waits for whoever has them locked."""

HELD: Final = (_ROW.status.in_(bindparam("start", expanding=True)), _ROW.attempt == bindparam("at_attempt"))
"""Whether one is in one of the states `start` and at this attempt."""

READY: Final = (
    *HELD,
    _ROW.wake_at > bindparam("now"),
    or_(_ROW.expires_at.is_(None), _ROW.expires_at > bindparam("now")),
)
"""The same, if its lease has not run out at `now` and it has not expired."""

_ALL_STANDING: Final = by_index(select(func.count()).select_from(TABLE).where(_BY_IDS, *HELD).with_for_update())
"""How many of `ids` are in one of the states `start` and at this attempt; locks them. To read which costs more."""

_ALL_READY: Final = by_index(select(func.count()).select_from(TABLE).where(_BY_IDS, *READY).with_for_update())
"""The same, of those that are ready."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Who holds a notification: its id and the claim's number. A verb with an old number changes nothing."""

    id: UUID
    attempt: int


def lock(session: Session, fences: Sequence[Fence], start: frozenset[State]) -> set[UUID]:
    """Lock those that are still in one of the states `start` and held as the fences say, and say which they are."""
    if _are_all(session, _ALL_STANDING, fences, start):
        return {fence.id for fence in fences}
    return {row.id for row in read(session, fences, start)}


def are_ready(session: Session, fences: Sequence[Fence], start: frozenset[State], now: datetime) -> bool:
    """Lock them, and say whether all are still held so, within their lease and not expired."""
    return _are_all(session, _ALL_READY, fences, start, now=now)


def read(
    session: Session, fences: Sequence[Fence], start: frozenset[State]
) -> list[Row[UUID, int, datetime | None, datetime | None]]:
    """Lock those that are in one of the states and held as the fences say; id, attempt, `wake_at`, `expires_at`."""
    held = {fence.id: fence.attempt for fence in fences}
    found = session.execute(_STANDING, {"ids": [*held], "start": [*start]})
    return [row for row in found if row.attempt == held[row.id]]


def _are_all(
    session: Session, statement: Select[int], fences: Sequence[Fence], start: frozenset[State], **values: datetime
) -> bool:
    ids, attempts = {fence.id for fence in fences}, {fence.attempt for fence in fences}
    if len(attempts) != 1:
        return False
    found = session.scalar(statement, {"ids": [*ids], "start": [*start], "at_attempt": attempts.pop(), **values})
    return found == len(ids)
