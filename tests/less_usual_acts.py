"""What the product does with its table less often than it sends, as acts to be watched."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement

from api import decisions
from api.notifications import find
from api.rotate_keys import recipient_in
from api.routes import export
from api.security.who import Viewer
from benchmarks.acts import Doing
from benchmarks.filling import owner
from benchmarks.yard import Yard
from config.vocabulary import AccountStatus, Role
from models import deletion, gathering, ledger, scrubbing, standing
from models.account import Account
from models.gathering import Others
from models.locking import Fence
from models.notification import Notification
from models.rotation import carry_out, place_of, rehashing, resealing, sealed_columns
from models.session import snapshot, transaction
from models.types import first_id, utc_now
from workers.tasks import count, deliver, drop_orphans, reconcile

HOUR = timedelta(hours=1)
ME = owner(0)


def _cancel(yard: Yard) -> Doing:
    row_id = yard.accepted(utc_now())[0]

    def do() -> None:
        with transaction() as session:
            find(session, Viewer(ME.account_id, Role.USER), row_id, lock=True)
            ledger.cancel(session, [row_id], utc_now())

    return do


def _failed(yard: Yard) -> Doing:
    fences = [each.fence for each in yard.claimed(utc_now())]
    moments = (utc_now(), "http_503")

    def do() -> None:
        with transaction() as session:
            ledger.requeue(session, fences[:30], utc_now(), *moments, spends=True)
            ledger.fail(session, fences[30:60], *moments, spends=True)
            ledger.park(session, fences[60:], *moments)

    return do


def _deliver(yard: Yard) -> Doing:
    ids = yard.accepted(utc_now())

    def do() -> None:
        with transaction() as session:
            connection, lane = deliver._connection(session, ids[0])
            assert connection is not None
            assert lane is not None
            gathering.lock(session, Others(connection.id, connection.channel, lane, 100), ids[1:], utc_now())
            assert deliver._is_due(session, ids, utc_now())

    return do


def _ask(yard: Yard) -> Doing:
    now = utc_now()
    ids = [fence.id for fence in yard.sent(now, now + HOUR)]
    return lambda: reconcile._ask_later(reconcile._group(ids))


def _replay(conditions: list[ColumnElement[bool]]) -> Callable[[Yard], Doing]:
    viewer, now = Viewer(ME.account_id, Role.OPERATOR), utc_now() + HOUR

    def do() -> None:
        decisions.count_dead(conditions, now, now)
        decisions.replay(viewer, conditions, now, now, {})

    return lambda _: do


def _resend(yard: Yard) -> Doing:
    fence = Fence(yard.claimed(utc_now())[0].fence.id, 1)

    def do() -> None:
        with transaction() as session:
            ledger.fail(session, [fence], utc_now(), "1062", spends=True)
            row = find(session, Viewer(ME.account_id, Role.USER), fence.id, lock=True)
            assert decisions.resend(session, row, 1, utc_now())

    return do


def _scrub(yard: Yard) -> Doing:
    yard.accepted(utc_now())
    with transaction() as session:
        Account.create(session, id=ME.account_id, status=AccountStatus.DELETED, deleted_at=utc_now())

    def do() -> None:
        with transaction() as session:
            assert scrubbing.scrub_account(session, ME.account_id, utc_now())

    return do


def _rotate(yard: Yard) -> Doing:
    yard.accepted(utc_now())
    [contents] = [column for column in sealed_columns() if place_of(column) == "notifications.sealed"]

    def do() -> None:
        for work in (resealing(contents), rehashing(recipient_in)):
            next(carry_out(work))

    return do


def _scrub_old(yard: Yard) -> Doing:
    yard.accepted(utc_now())

    def do() -> None:
        with transaction() as session:
            assert scrubbing.scrub_slice(session, ME.account_id, scrubbing.NONE, scrubbing.ALL).count

    return do


def _delete_old(_: Yard) -> Doing:
    def do() -> None:
        with transaction() as session:
            assert deletion.delete_slice(session, scrubbing.ALL, scrubbing.ALL, 50)

    return do


def _stand(yard: Yard) -> Doing:
    yard.accepted(utc_now())

    def do() -> None:
        with snapshot() as session:
            assert any(each.due for each in standing.look(session, utc_now()))

    return do


def _count(yard: Yard) -> Doing:
    yard.accepted(utc_now())
    today = first_id(utc_now() - HOUR)
    return lambda: len(count._read(today, scrubbing.ALL)[0]) and None


def _orphans(yard: Yard) -> Doing:
    ids = frozenset(str(each) for each in yard.accepted(utc_now()))
    return lambda: drop_orphans._is_nobodys(ME.connection_id, "G1", ids) and None


MORE: dict[str, Callable[[Yard], Doing]] = {
    "cancel": _cancel,
    "requeue, fail, park": _failed,
    "deliver: refuse": _deliver,
    "reconcile": _ask,
    "resend": _resend,
    "export": lambda _: lambda: len([*export._rows(Notification, Notification.account_id == ME.account_id)]) and None,
    "scrub": _scrub,
    "scrub old": _scrub_old,
    "delete old": _delete_old,
    "standing": _stand,
    "statistics": _count,
    "orphans": _orphans,
    "rotate": _rotate,
    "user replay": _replay([Notification.account_id == ME.account_id]),
    "operator replay": _replay([Notification.code == "3046"]),
}
