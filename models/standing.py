"""Standing: how many notifications wait, for what, and since when, channel by channel and lane by lane.

Everything is read from the index of what is due, and nothing is counted beyond a bound: with a million in a queue a
look takes no longer than with a hundred thousand. It locks nothing.
"""

from datetime import datetime
from itertools import product
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from config.vocabulary import Channel, Lane, State
from models.ledger import RING_AFTER
from models.notification import Notification
from models.plans import by_index

MOST: Final = 100_000
"""More than this is "that many or more"."""
LOOKED_AT: Final = 100
OF_DUE: Final = "ix_notifications_due"


class Standing(NamedTuple):
    """What waits on one channel in one lane.

    Attributes:
        due: queued, and their time has come.
        later: queued for later: scheduled, to be tried again, or held back by a closed connection.
        unfed: of batches, not yet fed to their queue.
        asked: unknown, and the provider will be asked.
        held: unknown, and a person must decide.
        oldest: when the oldest of those that are due was to be sent; none while none is.
    """

    channel: Channel
    lane: Lane
    due: int
    later: int
    unfed: int
    asked: int
    held: int
    oldest: datetime | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any((self.due, self.later, self.unfed, self.asked, self.held))


def look(session: Session, now: datetime) -> list[Standing]:
    """Look at every channel and lane."""
    return [_look(session, channel, lane, now) for channel, lane in product(Channel, Lane)]


def _look(session: Session, channel: Channel, lane: Lane, now: datetime) -> Standing:
    wake_at, soon = Notification.wake_at, now + RING_AFTER
    kind = (Notification.channel == channel, Notification.lane == lane)
    queued, unknown = (*kind, Notification.status == State.QUEUED), (*kind, Notification.status == State.UNKNOWN)
    due = _count(session, *queued, wake_at <= soon)
    return Standing(
        *(channel, lane, due),
        later=_count(session, *queued, wake_at > soon),
        unfed=_count(session, *queued, wake_at.is_(None)),
        asked=_count(session, *unknown, wake_at.is_not(None)),
        held=_count(session, *unknown, wake_at.is_(None)),
        oldest=_oldest(session, *queued, wake_at <= soon) if due else None,
    )


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    some = by_index(select(Notification.id).where(*where).limit(MOST), OF_DUE).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _oldest(session: Session, *where: ColumnElement[bool]) -> datetime | None:
    # They lie in the order in which they are looked at next, which is that of their age but for a few seconds.
    query = select(Notification.not_before).where(*where).order_by(Notification.wake_at).limit(LOOKED_AT)
    return min(session.scalars(by_index(query, OF_DUE)), default=None)
