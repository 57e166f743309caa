"""What the product does with its table, each act by the product's own functions, ready to be timed or watched.

An act is made first (its rows accepted, claimed, whatever it starts from) and then done; only the doing counts. All acts
are of the largest account, whose rows are the most.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from typing_extensions import override

from api import cursor
from api.intake_statement import write
from api.routes.notifications import Filters, _scope, get_notification, list_notifications
from api.security.caller import Viewer
from benchmarks.filling import DAYS, NEEDLE, Owner
from config.settings import Secrets, settings
from config.vocabulary import Channel, Lane, Role, State
from models import ledger
from models.ledger import Claimed, Fence
from models.session import engine, transaction
from models.types import first_id, new_id, utc_now
from workers.outcome import Accepted
from workers.publish import Bell, Report, Ring
from workers.tasks import receipts, sweep
from workers.tasks.record import Heard, record

BATCH: Final = 100
LEASE: Final = timedelta(seconds=50)
OVERDUE: Final = timedelta(minutes=2)
KIND: Final = (Channel.SOLAPI, Lane.NORMAL)


class Doing(Protocol):
    """The part of an act that counts."""

    def __call__(self) -> object:
        """Do it."""


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
        return [
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

    def accepted(self, now: datetime) -> list[UUID]:
        """Have rows in the queue, and nothing left of the act before."""
        if self._made:
            with transaction() as session:
                ledger._write(session, self._made, now, status=State.DELIVERED, wake_at=None)  # noqa: SLF001 - no verb leads there from everywhere
        rows = self.new(now)
        put(rows)
        self._made = [row["id"] for row in rows]
        return self._made

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
    with engine().begin() as connection:
        write(connection, rows)


def _accept(yard: Yard) -> Doing:
    rows = yard.new(utc_now())
    return lambda: put(rows)


def _accept_again(yard: Yard) -> Doing:
    rows = yard.new(utc_now())
    put(rows)
    again = [{**row, "id": new_id()} for row in rows]
    return lambda: put(again)


def _claim(yard: Yard) -> Doing:
    ids = yard.accepted(utc_now())

    def do() -> None:
        with transaction() as session:
            assert len(ledger.claim(session, ids, utc_now(), LEASE).held) == BATCH  # noqa: S101 - else nothing was timed

    return do


def _depart(yard: Yard) -> Doing:
    fences = [each.fence for each in yard.claimed(utc_now())]

    def do() -> None:
        with transaction() as session:
            ledger.depart(session, fences, utc_now(), LEASE, "G4V1", all_or_none=True)

    return do


def _record(yard: Yard) -> Doing:
    held, now = yard.departed(utc_now()), utc_now()
    heard = Heard({str(each.fence.id): Accepted(new_id().hex) for each in held}, reached=True, started=now)

    def do() -> None:
        with transaction() as session:
            record(session, KIND[0], held, heard, utc_now(), 0.5)

    return do


def _settle(yard: Yard) -> Doing:
    now = utc_now()
    said = [Report(str(each.id), each.attempt, "4000", None, None) for each in yard.sent(now, now + OVERDUE)]
    return lambda: receipts.settle(yard.owner.connection_id, said)


def _ring(yard: Yard) -> Doing:
    yard.accepted(utc_now() - OVERDUE)
    return lambda: sweep.ring_due(Quiet(), *KIND, utc_now())


def _take_over(yard: Yard) -> Doing:
    yard.claimed(utc_now() - OVERDUE)
    return lambda: sweep.settle_leases(*KIND, utc_now())


def _ask(yard: Yard) -> Doing:
    now = utc_now() - OVERDUE
    yard.sent(now, now)
    return lambda: sweep.ask_due(Quiet(), State.SENT, *KIND, utc_now())


def _look(_: Yard) -> Doing:
    return lambda: sweep.due_kinds(utc_now())


def _show(yard: Yard) -> Doing:
    row_id = yard.accepted(utc_now())[0]
    viewer = Viewer(yard.owner.account_id, Role.USER)
    return lambda: get_notification(row_id, viewer)


def _listing(role: Role, narrowed: Mapping[str, Any], *, deep: bool) -> Callable[[Yard], Doing]:
    def make(yard: Yard) -> Doing:
        viewer, filters = Viewer(yard.owner.account_id, role), Filters(**narrowed)
        if deep:
            key = settings(Secrets).index_key.get_secret_value().encode()
            filters.cursor = cursor.make(key, _scope(viewer, filters), first_id(utc_now() - timedelta(days=DAYS / 2)))
        return lambda: list_notifications(viewer, filters)

    return make


WORK: Final[dict[str, Callable[[Yard], Doing]]] = {
    "accept": _accept,
    "accept, all replayed": _accept_again,
    "claim": _claim,
    "depart": _depart,
    "record": _record,
    "receipts": _settle,
    "sweep: look": _look,
    "sweep: ring": _ring,
    "sweep: take over": _take_over,
    "sweep: ask": _ask,
    "show one": _show,
}
"""Of 100 notifications each, where it is of several."""


def lists(needles: tuple[datetime, datetime]) -> dict[str, Callable[[Yard], Doing]]:
    """Every kind of list and search, one's own and an operator's; the needles were made in this time."""
    narrowed: dict[str, dict[str, Any]] = {
        "all": {},
        "reference": {"reference": NEEDLE},
        "recipient": {"recipient": NEEDLE},
        "rare state": {"status": State.UNKNOWN},
        "failed": {"status": State.FAILED},
        "rare code": {"code": NEEDLE},
        "common code": {"code": "3046"},
        "failed with rare code": {"status": State.FAILED, "code": NEEDLE},
        "failed in a time": {"status": State.FAILED, "created_from": needles[0], "created_to": needles[1]},
        "time": {"created_from": needles[0], "created_to": needles[1]},
    }
    made = {
        f"{role} list: {name}": _listing(role, filters, deep=False)
        for role in (Role.USER, Role.OPERATOR)
        for name, filters in narrowed.items()
    }
    deep = {
        f"{role} list: {name}, deep page": _listing(role, narrowed[name], deep=True)
        for role in (Role.USER, Role.OPERATOR)
        for name in ("all", "failed", "common code")
    }
    return made | deep
