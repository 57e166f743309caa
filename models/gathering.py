"""Gathering: who else waits for the same connection and lane, so that a worker comes back with full hands.

Rings carry few ids where messages are accepted one by one. Whoever is called to some of them takes others along that
somebody was called to as well; their own ring then finds nothing. It claims nothing itself.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.vocabulary import Lane, State
from models.connection import Connection
from models.notification import Notification
from models.plans import by_index

LOOKED_AT: Final = 1_000
"""Rows of a lane that are looked at; among those of others, one's own may be further on."""


def others(
    session: Session, connection: Connection, lane: Lane, known: Collection[UUID], most: int, now: datetime
) -> list[UUID]:
    """Find notifications that wait in this lane for this connection, those first that wait longest.

    A row of a batch that its lane was not told of has no `wake_at` and is left where it is: accounts take turns.
    """
    row = Notification
    lane_rows = (
        select(row.id, row.connection_id, row.not_before)
        .where(
            row.status == State.QUEUED, row.channel == connection.channel, row.lane == lane, row.wake_at.is_not(None)
        )
        .order_by(row.wake_at)
        .limit(LOOKED_AT)
    )
    waiting = by_index(lane_rows, "ix_notifications_due").subquery()
    query = select(waiting.c.id).where(waiting.c.connection_id == connection.id, waiting.c.not_before <= now)
    found = session.scalars(query.limit(most + len(known)))
    return [each for each in found if each not in known][:most]
