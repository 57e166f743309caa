"""Gathering: who else waits for the same connection and lane, so that a worker comes back with full hands.

Rings carry few ids where messages are accepted one by one. Whoever is called to some of them takes others along that
somebody was called to as well; their own ring then finds nothing. It changes nothing itself.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from config.vocabulary import Channel, Lane, State
from models.locking import COLUMNS
from models.plans import TABLE, among, by_index

LOOKED_AT: Final = 4
"""How many of a lane's rows are looked at for each that is wanted: some are of others, some in other workers' hands."""

_WAITING: Final = TABLE.alias()
_WAITS: Final = _WAITING.c
_LANE: Final = by_index(
    select(_WAITS.id, _WAITS.connection_id, _WAITS.not_before)
    .where(
        *(_WAITS.status == State.QUEUED, _WAITS.channel == bindparam("channel"), _WAITS.lane == bindparam("lane")),
        _WAITS.wake_at.is_not(None),
    )
    .order_by(_WAITS.wake_at)
    .limit(bindparam("looked_at")),
    "ix_notifications_due",
    _WAITING,
).subquery("lane_rows")
_ROW: Final = TABLE.c
_OTHERS: Final = by_index(
    select(*COLUMNS)
    # The lane's rows first: none but those that are taken is locked.
    .prefix_with("STRAIGHT_JOIN", dialect="mysql")
    .prefix_with("STRAIGHT_JOIN", dialect="mariadb")
    .select_from(_LANE)
    .join(TABLE, _ROW.id == _LANE.c.id)
    .where(_LANE.c.connection_id == bindparam("connection_id"), _LANE.c.not_before <= bindparam("now"))
    .where(_ROW.status == State.QUEUED, _ROW.not_before <= bindparam("now"), ~among(_ROW.id))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


class Others(NamedTuple):
    """Who may be taken along: at most `most` of one connection and lane."""

    connection_id: UUID
    channel: Channel
    lane: Lane
    most: int


def lock(session: Session, wanted: Others, known: Collection[UUID], now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Lock notifications that wait, beside the `known` ones, those first that wait longest; `COLUMNS` of each.

    Rows that somebody else has locked are passed over, so that workers who come at once share what waits. A row of a
    batch that its lane was not told of has no `wake_at` and is left where it is: accounts take turns.
    """
    values = {**wanted._asdict(), "ids": [*known], "now": now, "looked_at": wanted.most * LOOKED_AT}
    return session.execute(_OTHERS, values).all()
