"""The statements by which the ledger finds and locks notifications; made once, which takes longer than to run them."""

from typing import Final

from sqlalchemy import bindparam, func, or_, select

from models.lifecycle import FROM, Verb
from models.notification import Notification
from models.plans import among, by_index

_ROW: Final = Notification
_BY_IDS: Final = among(_ROW.id)

WAITING: Final = by_index(
    select(
        *(_ROW.id, _ROW.attempt, _ROW.account_id, _ROW.connection_id, _ROW.type, _ROW.tries, _ROW.sealed),
        *(_ROW.expires_at, _ROW.batch_id, _ROW.request_id, _ROW.not_before),
    )
    .where(_BY_IDS, _ROW.status.in_(FROM[Verb.CLAIM]), _ROW.not_before <= bindparam("now"))
    .order_by(_ROW.id)
    .with_for_update(skip_locked=True)
)
"""Those of `ids` that may be claimed at `now` and that nobody else is about to claim."""

STANDING: Final = by_index(
    select(_ROW.id, _ROW.attempt, _ROW.wake_at, _ROW.expires_at)
    .where(_BY_IDS, _ROW.status.in_(bindparam("start", expanding=True)))
    .order_by(_ROW.id)
    .with_for_update()
)
"""Those of `ids` that are in one of the states `start`; waits for whoever has them locked."""

ALL_STANDING: Final = by_index(
    select(func.count())
    .select_from(_ROW)
    .where(_BY_IDS, _ROW.status.in_(bindparam("start", expanding=True)), _ROW.attempt == bindparam("attempt"))
    .with_for_update()
)
"""How many of `ids` are in one of the states `start` and at this attempt; locks them. To read which costs ten times more."""

ALL_READY: Final = ALL_STANDING.where(
    _ROW.wake_at > bindparam("now"), or_(_ROW.expires_at.is_(None), _ROW.expires_at > bindparam("now"))
)
"""The same, of those whose lease has not run out at `now` and that have not expired."""
