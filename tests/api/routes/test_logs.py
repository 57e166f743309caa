"""One's own log: newest first, page by page, narrowed as asked, each page by its index, and nobody else's."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from config.vocabulary import LogEvent, Role
from models.account import Account
from models.log_record import Values, store
from models.session import engine, transaction
from models.types import first_id, new_id, utc_now
from tests.api.conftest import Person, Start
from tests.plans import watching

pytestmark = pytest.mark.store

NOW = utc_now()
MINUTE = timedelta(minutes=1)
NAMED = new_id()


def made_at(at: datetime, account_id: UUID | None, **changes: Any) -> Values:  # noqa: ANN401 - any column's value
    row: Values = {
        "id": UUID(int=first_id(at).int | new_id().int & (1 << 64) - 1),
        "created_at": at,
        "updated_at": at,
        "account_id": account_id,
        "event": LogEvent.REQUEST_SERVED,
        "notification_id": None,
        "request_id": None,
        "detail": '{"path":"/api/services","ms":1.5,"code":null}',
    }
    return row | changes  # type: ignore[return-value] # of the same columns


@pytest.fixture
def me(start: Start, database_url: str) -> Person:
    """Somebody with sixty events, one a minute, among those of others."""
    person = Person(start(database_url), "user@example.com").register()
    mine = UUID(person.ask("GET", "/api/user/me").json()["id"])
    rows = [made_at(NOW - number * MINUTE, mine, request_id=f"r-{number % 20}") for number in range(60)]
    rows[7] |= {"event": LogEvent.ATTEMPT_ENDED, "notification_id": NAMED}
    rows[50] |= {"event": LogEvent.ATTEMPT_ENDED, "notification_id": new_id()}
    others = [made_at(NOW - number * MINUTE, owner) for number in range(60) for owner in (None, new_id())]
    with transaction() as session:
        store(session, [*rows, *others])
        if engine().dialect.name != "sqlite":
            session.connection().exec_driver_sql("ANALYZE TABLE log_records")
    return person


def ask(me: Person, **asked: object) -> dict[str, Any]:
    answer = me.ask("GET", f"/api/user/logs?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_all_pages_together_are_ones_own_log_newest_first(me: Person) -> None:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = ask(me, limit=25, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(items) == len({each["id"] for each in items}) == 60
    assert all(earlier["at"] > later["at"] for earlier, later in pairwise(items))
    assert items[0] == {
        "id": items[0]["id"],
        "event": "request.served",
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "request_id": "r-0",
        "notification_id": None,
        "detail": {"path": "/api/services", "ms": 1.5, "code": None},
    }


@pytest.mark.parametrize(
    ("asked", "minutes", "index"),
    [
        ({}, [*range(20)], "account"),
        ({"event": "attempt.ended"}, [7, 50], "event"),
        ({"notification_id": NAMED}, [7], "notification"),
        ({"request_id": "r-3"}, [3, 23, 43], "request"),
        ({"request_id": "r-3", "event": "attempt.ended"}, [], "request"),
        ({"from": (NOW - 5 * MINUTE).isoformat(), "to": (NOW - 2 * MINUTE).isoformat()}, [3, 4, 5], "account"),
        ({"to": (NOW - 58 * MINUTE).isoformat()}, [59], "account"),
        ({"event": "attempt.ended", "from": (NOW - 9 * MINUTE).isoformat()}, [7], "event"),
    ],
)
def test_it_is_narrowed_by_an_index(me: Person, asked: dict[str, object], minutes: list[int], index: str) -> None:
    with watching() as looks:
        items = ask(me, **asked)["items"]
    at = [NOW - number * MINUTE for number in minutes]
    assert [datetime.fromisoformat(each["at"]) for each in items] == at
    [look] = looks
    assert (look.table, look.fault()) == ("log_records", None)
    if engine().dialect.name != "sqlite":
        assert look.index == f"ix_log_records_{index}"


def test_an_operator_sees_his_own_only(me: Person) -> None:
    with transaction() as session:
        [account] = Account.filter(session, Account.email == me.email)
        account.role = Role.OPERATOR
    assert len(ask(me, limit=100)["items"]) == 60


def test_what_is_no_filter_and_no_cursor_of_this_list_is_refused(me: Person) -> None:
    cursor = ask(me)["next_cursor"]
    for asked, status in (
        ({"cursor": "abc"}, 400),
        ({"cursor": cursor, "event": "request.served"}, 400),
        ({"event": "nothing"}, 422),
        ({"from": "2026-11-24T00:00:00"}, 422),
        ({"request_id": "a b"}, 422),
        ({"account_id": new_id()}, 422),
    ):
        assert me.ask("GET", f"/api/user/logs?{urlencode(asked)}").status_code == status, asked
