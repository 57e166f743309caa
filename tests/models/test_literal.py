"""Literals on a real MariaDB: it reads back what was written, and nothing breaks out of its place."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from config.vocabulary import Channel
from models.literal import literal
from models.notification import Notification
from models.session import engine

TABLE: Any = Notification.__table__
ROW = UUID(int=7)
WRITTEN = [
    ("id", ROW, ROW.bytes),
    ("channel", Channel.SOLAPI, b"solapi"),
    ("code", "a'b\\c%s\"); --", b"a'b\\c%s\"); --"),
    ("code", None, None),
    ("sealed", bytes(range(256)), bytes(range(256))),
    ("batch_row", 17, 17),
    ("attempt", True, 1),
]


@pytest.mark.store
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
@pytest.mark.parametrize(("name", "value", "read"), WRITTEN)
def test_it_is_read_as_it_was_written(name: str, value: object, read: object) -> None:
    with engine().connect() as connection:
        assert connection.exec_driver_sql(f"SELECT {literal(TABLE.c[name], value)}").scalar() == read


@pytest.mark.store
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_a_moment_keeps_its_microseconds() -> None:
    moment = datetime(2026, 11, 28, 1, 2, 3, 456789, UTC)
    with engine().connect() as connection:
        found = connection.execute(text(f"SELECT CAST({literal(TABLE.c.not_before, moment)} AS DATETIME(6))")).scalar()
    assert found == moment.replace(tzinfo=None)


def test_what_no_column_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="attempt: no literal is known for float"):
        literal(TABLE.c.attempt, 1.5)
