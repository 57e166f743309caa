"""A row is written once, however often it comes, and a text that does not fit is refused and not cut."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from config.log_vocabulary import LogEvent
from models.log_record import LogRecord, Values, store
from models.session import snapshot, transaction
from models.types import new_id, utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def a_row(**changes: Any) -> Values:  # noqa: ANN401 - any column's value
    now = utc_now()
    row: Values = {
        "id": new_id(),
        "created_at": now,
        "updated_at": now,
        "account_id": new_id(),
        "event": LogEvent.REQUEST_SERVED,
        "notification_id": None,
        "request_id": "r-1",
        "detail": '{"path":"/경로"}',
    }
    return row | changes  # type: ignore[return-value] # of the same columns


def write(*rows: Values) -> None:
    with transaction() as session:
        store(session, rows)


def kept() -> dict[UUID, str]:
    with snapshot() as session:
        return {row.id: row.detail for row in session.scalars(select(LogRecord))}


def test_rows_that_come_twice_are_one() -> None:
    rows = [a_row() for _ in range(20)]
    write(*rows[:12])
    write(*reversed(rows))
    write(*rows[5:7], *rows[5:7])
    assert kept() == {row["id"]: row["detail"] for row in rows}


def test_what_is_there_stays_as_it_is() -> None:
    first = a_row()
    write(first)
    write(a_row(id=first["id"], detail="{}"))
    assert kept() == {first["id"]: first["detail"]}


def test_nothing_to_write_is_nothing() -> None:
    write()
    assert kept() == {}
