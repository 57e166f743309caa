"""A time is found by ids: exactly the rows that were made in it, and by an index on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, select

from api.notifications import created_between
from config.vocabulary import Channel, Lane, State
from models.notification import Notification
from models.session import engine, snapshot, transaction
from models.types import first_id, new_id

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "mysql": "EXPLAIN"}


def made_at(moment: datetime, id_moment: datetime | None = None) -> dict[str, Any]:
    row_id = UUID(int=first_id(id_moment or moment).int | new_id().int & (1 << 64) - 1)
    return {
        **{name: new_id() for name in ("account_id", "api_key_id", "connection_id")},
        **dict.fromkeys(("not_before", "created_at", "updated_at"), moment),
        "id": row_id,
        "channel": Channel.SES,
        "lane": Lane.BULK,
        "type": "mail",
        "status": State.FAILED,
        "attempt": 1,
        "tries": 1,
        "sealed": b"sealed",
    }


def store(*rows: dict[str, Any]) -> list[UUID]:
    with transaction() as session:
        session.execute(insert(Notification), rows)
    return [row["id"] for row in rows]


def found(start: datetime | None, end: datetime | None) -> set[UUID]:
    with snapshot() as session:
        return set(session.scalars(select(Notification.id).where(*created_between(start, end))))


def test_a_time_holds_its_start_and_not_its_end() -> None:
    before, at, after = store(*(made_at(NOON + offset) for offset in (-SECOND, 0 * SECOND, SECOND)))
    assert found(None, None) == {before, at, after}
    assert found(NOON, None) == {at, after}
    assert found(None, NOON) == {before}
    assert found(NOON, NOON + SECOND) == {at}


def test_an_id_made_a_little_earlier_or_later_than_its_row_is_found_too() -> None:
    early, late = store(made_at(NOON, NOON - 30 * SECOND), made_at(NOON, NOON + 30 * SECOND))
    assert found(NOON, NOON + SECOND) == {early, late}


def test_a_short_time_of_an_account_is_found_by_an_index_alone() -> None:
    account_id, plans = new_id(), list[str]()
    store(*({**made_at(NOON + n * timedelta(minutes=1)), "account_id": account_id} for n in range(500)))

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_more: object) -> None:  # noqa: ANN401 - a driver's
        cursor.execute(f"{EXPLAIN[engine().dialect.name]} {statement}", parameters)
        plans.append(str(cursor.fetchall()))

    event.listen(engine(), "before_cursor_execute", explain)
    query = select(Notification.id).where(Notification.account_id == account_id, Notification.code == "1062")
    with snapshot() as session:
        session.scalars(query.where(*created_between(NOON, NOON + SECOND)).order_by(Notification.id.desc())).all()
    plan = plans[-1]
    assert "ix_notifications_account" in plan
    assert "'range'" in plan or "id>? AND id<?" in plan
