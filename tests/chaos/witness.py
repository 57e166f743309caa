"""The witnesses of a run: the recipients' inbox and the product's rows, each asked by itself.

Reads only, save `bring_forward`, which stands in for waiting. Knows no processes and judges nothing.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pymysql
import requests
from sqlalchemy.engine import make_url

from tests.chaos.judge import Arrived, Row
from tests.chaos.messages import word_in

MOVING = ("queued", "sending")
BRING_FORWARD = (
    """UPDATE notifications SET not_before = UTC_TIMESTAMP(6), wake_at = UTC_TIMESTAMP(6)
    WHERE status = 'queued' AND not_before > UTC_TIMESTAMP(6) + INTERVAL 12 SECOND""",
    """UPDATE notifications SET wake_at = UTC_TIMESTAMP(6)
    WHERE status = 'unknown' AND wake_at > UTC_TIMESTAMP(6) + INTERVAL 12 SECOND""",
)


@dataclass(frozen=True, slots=True)
class Witness:
    """Where to look."""

    sandbox: str
    database_url: str

    def inbox(self) -> list[Arrived]:
        """Everything that arrived."""
        with requests.get(f"{self.sandbox}/inbox.json", timeout=30) as answer:
            return [
                Arrived(
                    entry["notification_id"],
                    entry["channel"],
                    word_in(entry),
                    entry["to"],
                    datetime.fromisoformat(entry["received_at"]),
                )
                for entry in answer.json()
            ]

    def rows(self) -> dict[str, Row]:
        """Every notification that the product remembers."""
        found = self._ask("SELECT id, channel, status, code FROM notifications")
        return {str(UUID(bytes=id_)): Row(channel, status, code) for id_, channel, status, code in found}

    def states(self) -> Counter[tuple[str, str]]:
        """How many notifications are in which (channel, state)."""
        found = self._ask("SELECT channel, status, COUNT(*) FROM notifications GROUP BY channel, status")
        return Counter({(channel, status): number for channel, status, number in found})

    def held_by_workers(self) -> dict[str, int]:
        """Notifications that are claimed, with their attempt."""
        found = self._ask("SELECT id, attempt FROM notifications WHERE status = 'sending'")
        return {str(UUID(bytes=id_)): attempt for id_, attempt in found}

    def attempts(self) -> dict[str, tuple[str, int]]:
        """State and attempt of every notification."""
        found = self._ask("SELECT id, status, attempt FROM notifications")
        return {str(UUID(bytes=id_)): (status, attempt) for id_, status, attempt in found}

    def bring_forward(self) -> int:
        """Have waiting retries and questions come due now: a run need not sit out their minutes; returns how many.

        It moves the times of rows that wait for a time, and nothing else; what is claimed or held is left alone.
        """
        with self._cursor() as cursor:
            return sum(cursor.execute(statement) for statement in BRING_FORWARD)

    def connections(self) -> list[int]:
        """The database connections of everybody else."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID()"
            )
            return [number for (number,) in cursor.fetchall()]

    def cut(self, connections: list[int]) -> None:
        """Kill these database connections; one that has gone is none."""
        for number in connections:
            with self._cursor() as cursor:
                try:
                    cursor.execute(f"KILL {number:d}")
                except pymysql.MySQLError:
                    continue

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            cursor.execute(question)
            return [*cursor.fetchall()]

    @contextmanager
    def _cursor(self) -> Iterator[pymysql.cursors.Cursor]:
        url = make_url(self.database_url)
        connection = pymysql.connect(
            host=url.host,
            port=url.port or 3306,
            user=url.username,
            database=url.database,
            autocommit=True,
            connect_timeout=5,
            read_timeout=30,
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
