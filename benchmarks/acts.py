"""What the product does with its table, each act by the product's own functions, ready to be timed or watched.

An act is made first (its rows accepted, claimed, whatever it starts from) and then done; only the doing counts. All
acts are of the largest account, whose rows are the most.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from api import cursor
from api.routes.notifications import Filters, _scope, get_notification, list_notifications
from api.security.who import Viewer
from benchmarks.filling import DAYS, NEEDLE
from benchmarks.yard import BATCH, KIND, LEASE, Quiet, Yard, put
from config.settings import Secrets, settings
from config.vocabulary import Role, State
from models import ledger
from models.session import transaction
from models.types import first_id, new_id, utc_now
from workers.outcome import Accepted
from workers.publish import Report
from workers.tasks import receipts, sweep
from workers.tasks.record import Heard, record

OVERDUE: Final = timedelta(minutes=2)


class Doing(Protocol):
    """The part of an act that counts."""

    def __call__(self) -> object:
        """Do it."""


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
