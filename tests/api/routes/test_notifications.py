"""Where a replica is named, only what people search through is read from it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from config.log_vocabulary import LogEvent
from config.vocabulary import Role, State
from models.account import Account
from models.log_record import store
from models.schema import metadata
from models.session import replica, transaction
from models.types import new_id, utc_now
from tests.api.conftest import Person, Start
from tests.rows import a_row
from tests.servers.mariadb import Mariadb

pytestmark = pytest.mark.store
NOTIFICATIONS = "/api/services/notifications"


@pytest.fixture
def read_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Another database with the same tables, as a replica that has heard of nothing yet."""
    url = f"sqlite:///{tmp_path / 'replica.db'}"
    if not database_url.startswith("sqlite"):
        mariadb: Mariadb = request.getfixturevalue("mariadb")
        url = mariadb.fresh_database()
    metadata.create_all(replica(url))
    yield url
    replica(url).dispose()


@pytest.fixture
def me(start: Start, database_url: str, read_url: str) -> Person:
    return Person(start(database_url, DATABASE_READ_URL=read_url), "me@example.com").register()


def account_of(person: Person) -> UUID:
    return UUID(person.ask("GET", "/api/user/me").json()["id"])


def listed(person: Person, path: str) -> list[str]:
    answer = person.ask("GET", path)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def test_ones_own_notifications_are_read_where_they_are_written(me: Person) -> None:
    row_id = a_row(State.SENT, account_id=account_of(me))
    assert listed(me, NOTIFICATIONS) == [str(row_id)]


def test_an_operator_lists_from_the_replica_and_looks_at_the_primary(me: Person) -> None:
    with transaction() as session:
        session.execute(update(Account).values(role=Role.OPERATOR))
    row_id = a_row(State.SENT, account_id=new_id())
    assert listed(me, NOTIFICATIONS) == []
    assert me.ask("GET", f"{NOTIFICATIONS}/{row_id}").json()["status"] == State.SENT


def test_the_log_is_read_from_the_replica(me: Person, read_url: str) -> None:
    mine, now = account_of(me), utc_now()
    row = {"id": new_id(), "created_at": now, "updated_at": now, "account_id": mine, "event": LogEvent.REQUEST_SERVED}
    row |= {"notification_id": None, "request_id": None, "detail": "{}"}
    with transaction() as session:
        store(session, [row])  # type: ignore[list-item] # every column is there
    assert listed(me, "/api/user/logs") == []
    with Session(replica(read_url)) as session, session.begin():
        store(session, [row])  # type: ignore[list-item] # as above
    assert listed(me, "/api/user/logs") == [str(row["id"])]
