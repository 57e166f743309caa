"""Every query on a table that grows is answered by the index that is meant for it, on both databases.

The queries are taken from the product's own functions at work. A function that asks such a table and is not at work
here is told.
"""

import ast
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from benchmarks import acts
from benchmarks.acts import WORK
from benchmarks.filling import a_row, needles, owner
from benchmarks.yard import KIND, LEASE, Yard
from config.vocabulary import Ending, Role, State
from models import ledger, writing
from models.attempt import Attempt
from models.notification import Notification
from models.session import engine, snapshot, transaction
from models.types import new_id, utc_now
from tests.batch_acts import ACTS as BATCHES
from tests.less_usual_acts import MORE
from tests.plans import TABLES, Look, watching
from tests.rows import a_connection
from tests.rules.sources import ROOT, python_files, text_of

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("filled")]

ROWS = 2000
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
    ends = (
        [(State.SENT, None)] * 30 + [(State.DELIVERED, None)] * 30 + [(State.FAILED, "3046"), (State.CANCELLED, None)]
    )
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


SPAN = (LONG_AGO - HOUR, LONG_AGO + HOUR)
ALL = {**WORK, **acts.lists(SPAN), **MORE, **BATCHES}

OF_ATTEMPTS = {"uq_attempts_notification_id_attempt"}
DUE = {"PRIMARY", "ix_notifications_due"}
MEANT: dict[str, set[str]] = {
    "accept, all replayed": {"uq_notifications_api_key_id_idempotency"},
    **dict.fromkeys(("record", "receipts", "show one"), {"PRIMARY"} | OF_ATTEMPTS),
    "sweep: look": {"ix_notifications_due"},
    **dict.fromkeys(("sweep: ring", "sweep: ask"), DUE),
    "sweep: take over": DUE | OF_ATTEMPTS,
    "deliver: refuse": DUE,
    "export": {"ix_notifications_account"},
    "scrub": {"PRIMARY", "ix_notifications_account"},
    "scrub old": {"PRIMARY", "ix_notifications_account"},
    "delete old": {"PRIMARY"} | OF_ATTEMPTS,
    "standing": {"ix_notifications_due"},
    **{name: {"PRIMARY", "ix_notifications_batch"} for name in BATCHES},
}
"""By which indexes each act finds; one that is not here or a list finds by ids alone."""
LISTS = {"reference": "reference", "recipient": "recipient", "state": "status", "failed": "status", "code": "code"}
SORTED = "operator list: reference"
"""The rows of one reference lie by account; there are few accounts that use the same."""
CHOSEN = {"user replay", "operator replay", "deliver: refuse"}
"""Where the planner may choose: nobody waits for it, or one row is enough."""
INSERTS = {"accept"}
"""What looks for nothing."""


def meant(name: str) -> set[str]:
    """The indexes of an act."""
    who, is_list, what = name.partition(" list: ")
    if not is_list:
        return MEANT.get(name, {"PRIMARY"})
    by = next((index for word, index in LISTS.items() if word in what.removeprefix("failed with ")), None)
    if by in {"reference", "recipient"}:
        return {f"ix_notifications_{by}"}
    if who == Role.OPERATOR:
        return {f"ix_notifications_{by}" if by else "PRIMARY"}
    return {f"ix_notifications_account_{by}" if by else "ix_notifications_account"}


def faults(name: str, looks: list[Look]) -> Iterator[str]:
    """What is wrong with how an act finds its rows."""
    sqlite = engine().dialect.name == "sqlite"
    for look in looks:
        fault = look.fault()
        if fault and not (name == SORTED and look.sorts) and not (name in CHOSEN and look.sorts):
            yield f"{name}: {fault}"
    used = {look.index or "none" for look in looks}
    # SQLite, which locks no rows, may find ids within a state, or the state within a code.
    also = {"ix_notifications_status", "ix_notifications_account_status"} if sqlite else set()
    if name in INSERTS and not used:
        return
    if name not in CHOSEN and not (used <= meant(name) | also and used & (meant(name) | also)):
        yield f"{name}: finds by {sorted(used)}, not by {sorted(meant(name))}"


def test_the_largest_batch_is_locked_in_the_order_of_its_ids() -> None:
    with transaction() as session, watching() as looks:
        ledger.claim(session, [new_id() for _ in range(1500)], utc_now(), LEASE)
    [look] = looks
    assert look.kind in {"range", "SEARCH"}
    assert not look.sorts


def test_a_whole_table_is_told() -> None:
    row = Notification
    with snapshot() as session, watching() as looks:
        session.scalars(select(row.id).where(row.provider_id == "M4V1")).all()
        session.scalars(select(row.id).where(row.lane == KIND[1]).order_by(row.updated_at).limit(5)).all()
        session.scalars(select(row.id).where(row.id > ME.account_id).order_by(row.updated_at).limit(5)).all()
    assert [bool(look.fault()) for look in looks] == [True] * 3
    assert list(faults("user list: failed", looks))[-1].startswith("user list: failed: finds by")


@contextmanager
def noting(called: set[tuple[str, str]]) -> Iterator[None]:
    """Note which functions of ours are called in the block."""

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(ROOT)):
            called.add((str(Path(code.co_filename).relative_to(ROOT)), code.co_name))

    # A batch is written by a thread of its own.
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def asking(path: Path) -> Iterator[tuple[str, str]]:
    """The functions of a file that make a query on a table that grows."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            words |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if words & QUERY and words & NAMES:
                yield str(path), node.name


def test_every_query_is_answered_by_its_index_and_every_function_that_asks_is_watched() -> None:
    yard, found, called = Yard(ME), dict[str, list[str]](), set[tuple[str, str]]()
    # Statements that are made once would have been made before anybody watched.
    writing._writing.cache_clear()
    for name, make in ALL.items():
        do = make(yard)
        with watching() as looks, noting(called):
            do()
        if wrong := list(faults(name, looks)):
            found[name] = wrong
    assert found == {}
    parts = [path for path in python_files() if path.parts[0] in {"api", "workers", "models"}]
    asked = {each for path in parts if "migrations" not in path.parts for each in asking(path)}
    assert ("workers/tasks/sweep.py", "_due") in asked
    assert asked - called == set()
