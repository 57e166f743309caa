"""Where acts are made: rows in any state, made by the product's own functions, and a bell that nobody hears."""

import os
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine
from typing_extensions import override

from api.intake_statement import store
from benchmarks.filling import Owner
from config.settings import Installation, settings
from config.vocabulary import Channel, Lane, State
from models import ledger
from models.ledger import Claimed
from models.locking import Fence
from models.session import make_autocommit_engine, transaction
from models.types import new_id
from models.writing import Change, write
from workers.publish import Bell, Ring

BATCH: Final = 100
LEASE: Final = timedelta(seconds=50)
KIND: Final = (Channel.SOLAPI, Lane.NORMAL)


class Quiet(Bell):
    """A bell with empty queues and nobody to hear it."""

    @override
    def depth(self, queue: object) -> int:
        return 0

    @override
    def ring(self, rings: Any) -> bool:
        return bool(list[Ring](rings))

    @override
    def reconcile(self, ids: object) -> bool:
        return True


class Yard:
    """The rows with which acts are made; those of the act before are out of the way when the next one is made."""

    def __init__(self, owner: Owner) -> None:
        """Work with this account's rows; its connection must be there."""
        self.owner = owner
        self._made: list[UUID] = []

    def new(self, now: datetime, number: int = BATCH) -> list[dict[str, Any]]:
        """Make rows as the API would hand them to be accepted."""
        whose, channel, lane = self.owner, *KIND
        rows = [
            ledger.accept(
                {
                    "id": new_id(),
                    "account_id": whose.account_id,
                    "api_key_id": whose.api_key_id,
                    "connection_id": whose.connection_id,
                    "channel": channel,
                    "lane": lane,
                    "type": "SMS",
                    "expires_at": None,
                    "reference": f"order-{os.urandom(4).hex()}",
                    "recipient_hash": os.urandom(32),
                    "sealed": os.urandom(200),
                    "idempotency": os.urandom(32),
                    "body_hash": os.urandom(32),
                    "request_id": os.urandom(16).hex(),
                },
                now,
            )
            for _ in range(number)
        ]
        self._made += [row["id"] for row in rows]
        return rows

    def accepted(self, now: datetime) -> list[UUID]:
        """Have rows in the queue, and nothing left of the act before."""
        if self._made:
            with transaction() as session:
                # No verb leads there from everywhere.
                write(session, self._made, Change(now, {"status": State.DELIVERED, "wake_at": None}))
        self._made = []
        put(rows := self.new(now))
        return [row["id"] for row in rows]

    def claimed(self, now: datetime) -> list[Claimed]:
        """Have rows in hands since `now`."""
        ids = self.accepted(now)
        with transaction() as session:
            return ledger.claim(session, ids, now, LEASE).held

    def departed(self, now: datetime) -> list[Claimed]:
        """Have rows under way since `now`."""
        held = self.claimed(now)
        with transaction() as session:
            ledger.depart(session, [each.fence for each in held], now, LEASE, new_id().hex)
        return held

    def sent(self, now: datetime, report_by: datetime) -> list[Fence]:
        """Have rows sent, whose reports are asked for at `report_by`."""
        fences = [each.fence for each in self.departed(now)]
        with transaction() as session:
            ledger.sent(session, {fence: new_id().hex for fence in fences}, now, report_by)
        return fences


def put(rows: list[dict[str, Any]]) -> None:
    """Accept as the API's writer does."""
    with _writer(settings(Installation).database()).connect() as connection:
        store(connection, rows)


@cache
def _writer(url: str) -> Engine:
    return make_autocommit_engine(url)
