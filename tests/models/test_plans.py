"""Every query on a table that grows is answered by the index that is meant for it, on both databases.

The queries are taken from the product's own functions at work. A function that asks such a table and is not at work
here is told.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

import pytest
from celery.exceptions import Retry
from sqlalchemy import ColumnElement, insert, select, text

from api import decisions
from api.notifications import find
from api.security.caller import Viewer
from benchmarks import acts
from benchmarks.acts import BATCH, KIND, LEASE, WORK, Doing, Yard
from benchmarks.filling import a_row, needles, owner
from config.vocabulary import Ending, Role, State
from models import ledger
from models.ledger import Fence
from models.attempt import Attempt
from models.notification import Notification
from models.session import engine, snapshot, transaction
from models.types import new_id, utc_now
from tests.plans import TABLES, Look, watching
from tests.rows import a_connection
from tests.rules.sources import python_files, text_of
from workers.tasks import deliver, receipts, reconcile

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("filled")]

ROWS = 4000
HOUR = timedelta(hours=1)
LONG_AGO = utc_now() - timedelta(days=40)
ME = owner(0)
QUERY = {"select", "sql_select", "update", "delete", "exec_driver_sql"}
NAMES = {"Notification", "Attempt", "TABLE"}


@pytest.fixture
def filled(database: str) -> None:
    """A table in which most rows are final, and statistics of it."""
    del database
    a_connection(KIND[0], id=ME.connection_id)
    now = utc_now()
    ends = [(State.SENT, None)] * 30 + [(State.DELIVERED, None)] * 30 + [(State.FAILED, "3046"), (State.CANCELLED, None)]
    lines = [(number, *ends[number % len(ends)]) for number in range(ROWS)]
    rows = [
        a_row(now - number * timedelta(minutes=10), owner(number % 7), status=status, code=code, channel=KIND[0])
        for number, status, code in lines
    ]
    with engine().begin() as connection:
        connection.execute(insert(Notification), rows)
        connection.execute(insert(Attempt), [_attempt(row) for row in rows])
    needles(engine(), LONG_AGO)
    analyse()


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    moments = dict.fromkeys(("created_at", "updated_at", "started_at", "ended_at"), row["created_at"])
    return {**moments, "id": new_id(), "notification_id": row["id"], "attempt": 1, "outcome": Ending.ACCEPTED}


def analyse() -> None:
    """Give the planner its statistics: of SQLite's it has none by itself, of MariaDB's late ones."""
    with engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            return
        for table in TABLES:
            connection.execute(text(f"ANALYZE TABLE {table}"))


def _cancel(yard: Yard) -> Doing:
    row_id = yard.accepted(utc_now())[0]

    def do() -> None:
        with transaction() as session:
            find(session, Viewer(ME.account_id, Role.USER), row_id, lock=True)
            ledger.cancel(session, row_id, utc_now())

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
        with transaction() as session, pytest.raises(Retry):
            connection = deliver._connection(session, ids[0])
            assert connection is not None
            deliver._refuse(session, ids, connection, utc_now())

    return do


def _ask(yard: Yard) -> Doing:
    now = utc_now()
    ids = [fence.id for fence in yard.sent(now, now + HOUR)]
    return lambda: reconcile._ask_later(reconcile._group(ids))


def _replay(conditions: list[ColumnElement[bool]]) -> Callable[[Yard], Doing]:
    viewer, now = Viewer(ME.account_id, Role.OPERATOR), utc_now() + HOUR

    def do() -> None:
        decisions.count_dead(conditions, now, now)
        decisions.replay(viewer, conditions, now, now, None, {})

    return lambda _: do


def _resend(yard: Yard) -> Doing:
    fence = Fence(yard.claimed(utc_now())[0].fence.id, 1)

    def do() -> None:
        with transaction() as session:
            ledger.fail(session, [fence], utc_now(), "1062", spends=True)
            row = find(session, Viewer(ME.account_id, Role.USER), fence.id, lock=True)
            assert decisions.resend(session, row, 1, utc_now())

    return do


MORE: dict[str, Callable[[Yard], Doing]] = {
    "cancel": _cancel,
    "requeue, fail, park": _failed,
    "deliver: refuse": _deliver,
    "reconcile": _ask,
    "resend": _resend,
    "user replay": _replay([Notification.account_id == ME.account_id]),
    "operator replay": _replay([Notification.code == "3046"]),
}

SPAN = (LONG_AGO - HOUR, LONG_AGO + HOUR)
ALL = {**WORK, **acts.lists(SPAN), **MORE}


def test_print(capsys):
    yard = Yard(ME)
    with capsys.disabled():
        print(engine().dialect.name)
        for name, make in ALL.items():
            do = make(yard)
            with watching(engine()) as looks:
                do()
            print(name, sorted({(each.table, each.index or "-", each.kind) for each in looks}))
            for each in looks:
                if each.fault(): print("   FAULT", each.fault()[:300])
