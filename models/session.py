"""Engines and transactions: the only place that decides how a database is spoken to.

MySQL and MariaDB run READ COMMITTED; SQLite runs WAL, `synchronous=FULL`, and every write transaction starts
with `BEGIN IMMEDIATE`, so that it waits for its turn instead of failing half-way. No session is ever open
during a call to a provider.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from pymysql.err import MySQLError
from sqlalchemy import Connection, CursorResult, Engine, Update, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from config.settings import Installation, settings
from models import schema as _every_table  # noqa: F401 - a flush must know the tables that foreign keys lead to

BUSY_SECONDS = 10
CONNECT_SECONDS = 5
ANSWER_SECONDS = 30
FRESH_SECONDS = 1.0
"""A connection that rested longer is asked first whether it still stands."""
FROM_A_THOUSAND = "/*M! , in_predicate_conversion_threshold = 0 */"
"""MariaDB, which alone reads this comment, would make a table of a thousand ids or more, and lock in no order."""


def make_engine(url: str, pool_size: int = 5, answer_within: int | None = ANSWER_SECONDS) -> Engine:
    """Make an engine with this product's rules; connects to nothing yet.

    A statement that is not answered within so many seconds is given up, on MySQL and MariaDB; None waits for ever.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_recycle=280,
        # Whoever opens a transaction here ends it; to roll back once more is a round trip for nothing.
        pool_reset_on_return=None,
        pool_size=pool_size,
        connect_args=_mysql(answer_within),
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _ping_idle)
    return engine


def _mysql(answer_within: int | None) -> dict[str, Any]:
    return {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": answer_within,
        "write_timeout": answer_within,
        "init_command": f"SET time_zone='+00:00' {FROM_A_THOUSAND}",
    }


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_idle(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:  # noqa: ANN401 - a driver's connection has no common type
    if time.monotonic() - record.info.get("used", math.inf) < FRESH_SECONDS:
        return
    try:
        connection.ping(reconnect=False)
    except (MySQLError, OSError) as error:
        raise InvalidatePoolError from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection has no common type
    # The driver's own BEGIN comes too late (before the first write); ours is sent by _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def changed(session: Session, statement: Update) -> int:
    """Execute an update that the session's own objects do not hear of; how many rows it changed."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


@cache
def engine() -> Engine:
    """This process's engine. A forked child calls `engine().dispose(close=False)` first."""
    return make_engine(settings(Installation).database())


def make_autocommit_engine(url: str) -> Engine:
    """Make an engine for one thread whose every statement is a transaction of its own, without a round trip to end it.

    On MySQL and MariaDB a statement's count of rows is that of the rows that it changed, not of those that it found:
    what was there already does not count. SQLite knows no round trips: there it is an engine like any other.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return make_engine(url)
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_pre_ping=True,
        pool_size=1,
        # SQLAlchemy asks for found rows (CLIENT_FOUND_ROWS); 0 asks for changed ones.
        connect_args={**_mysql(ANSWER_SECONDS), "client_flag": 0},
    )
    event.listen(engine, "connect", _read_committed)
    return engine


def _read_committed(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver's connection has no common type
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session for writing; commits at the end of the block, rolls back if it raises."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def snapshot() -> Iterator[Session]:
    """Open a session for reading only; takes no write lock and commits nothing."""
    with _reading(engine()) as session:
        yield session


@contextmanager
def listing() -> Iterator[Session]:
    """Open a session for a list that a person looks through, on the replica where there is one.

    What it shows may be seconds old. Nothing that is decided rests on it, and no application's own list: it would miss
    what it has just sent.
    """
    url = settings(Installation).database_read_url.get_secret_value()
    with _reading(replica(url) if url else engine()) as session:
        yield session


@cache
def replica(url: str) -> Engine:
    """This process's engine for a database that is read only."""
    return make_engine(url)


@contextmanager
def _reading(source: Engine) -> Iterator[Session]:
    with Session(source, expire_on_commit=False) as session:
        session.connection(execution_options={"reading": True})
        yield session
