"""Plans: how the database goes about each statement of a block, as it says itself, and what is wrong with that.

Statements are taken from the functions that make them, on their way to the driver, and explained on the same
connection. Nothing here knows which index is meant for which query.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

TABLES: Final = ("notifications", "attempts", "log_records", "log_waiting")
"""The tables that grow with every message."""
EXPLAIN: Final = {"sqlite": "EXPLAIN QUERY PLAN", "mysql": "EXPLAIN"}
LOOK: Final = re.compile(r"(SEARCH|SCAN) (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
SORT: Final = "USE TEMP B-TREE FOR ORDER BY"
WHOLE: Final = {"ALL", "index", "SCAN"}
"""Every row of the table, or every entry of an index."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one table: by which index, and how.

    Attributes:
        kind: MariaDB's join type, SQLite's SEARCH or SCAN.
        sorts: the rows are sorted before the first one is known.
    """

    statement: str
    table: str
    kind: str
    index: str | None
    sorts: bool

    def fault(self) -> str | None:
        """What grows with the table in it; None if nothing does."""
        if self.kind in WHOLE and "LIMIT" in self.statement and "WHERE" not in self.statement and not self.sorts:
            return None  # the first ones of an order, with nothing to skip
        if self.kind in WHOLE or self.index is None:
            return f"reads all of {self.table} ({self.kind}, {self.index}): {self.statement}"
        if self.sorts and "LIMIT" in self.statement:
            return f"sorts all of what {self.index} finds for a slice of it: {self.statement}"
        return None


@contextmanager
def watching() -> Iterator[list[Look]]:
    """Note the looks at growing tables of every statement in the block, inserts excepted, on whatever engine."""
    looks: list[Look] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:  # noqa: ANN401 - a driver's
        name = connection.dialect.name
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            cursor.execute(f"{EXPLAIN[name]} {statement}", parameters)
            read = _of_sqlite if name == "sqlite" else _of_mariadb
            short = re.sub(r"(\?|%s)(, (\?|%s))+", "…", " ".join(statement.split()))
            looks.extend(read(short, cursor.fetchall()))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield looks
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


def _of_sqlite(statement: str, lines: list[tuple[Any, ...]]) -> Iterator[Look]:
    details = [line[3] for line in lines]
    for detail in details:
        found = LOOK.match(detail)
        if found and found[2] in TABLES:
            index = "PRIMARY" if found[3] == f"sqlite_autoindex_{found[2]}_1" else found[3]
            yield Look(statement, found[2], found[1], _unique(index), SORT in details)


def _of_mariadb(statement: str, lines: list[tuple[Any, ...]]) -> Iterator[Look]:
    sorts = any("filesort" in (line[-1] or "") for line in lines)
    for _, _, table, kind, _, index, *_ in lines:
        if table in TABLES:
            yield Look(statement, table, kind, index, sorts)


def _unique(index: str | None) -> str | None:
    # SQLite numbers the indexes of a table's constraints; each of our tables has one beside its primary key.
    names = {
        "sqlite_autoindex_notifications_2": "uq_notifications_api_key_id_idempotency",
        "sqlite_autoindex_attempts_2": "uq_attempts_notification_id_attempt",
    }
    return names.get(index or "", index)
