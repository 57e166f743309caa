"""One's own log: newest first, page by page, narrowed as asked, each page by its index, and nobody else's."""

import shutil
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from config.log_vocabulary import LogEvent
from config.settings import settings
from config.vocabulary import Role
from models import archiving
from models.account import Account
from models.archive_place import Directory
from models.archive_text import pack
from models.log_record import store
from models.session import engine, transaction
from models.types import first_id, new_id, utc_now
from tests.api.conftest import Person, Start
from tests.logging_rows import record_at
from tests.plans import watching

pytestmark = pytest.mark.store

NOW = utc_now()
MINUTE = timedelta(minutes=1)
NAMED = new_id()


@pytest.fixture
def me(start: Start, database_url: str) -> Person:
    """Somebody with sixty events, one a minute, among those of others."""
    person = Person(start(database_url), "user@example.com").register()
    mine = UUID(person.ask("GET", "/api/user/me").json()["id"])
    rows = [record_at(NOW - number * MINUTE, mine, request_id=f"r-{number % 20}") for number in range(60)]
    rows[7] |= {"event": LogEvent.ATTEMPT_ENDED, "notification_id": NAMED}
    rows[50] |= {"event": LogEvent.ATTEMPT_ENDED, "notification_id": new_id()}
    others = [record_at(NOW - number * MINUTE, owner) for number in range(60) for owner in (None, new_id())]
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


@pytest.fixture
def archived(me: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """The same, with everything older than twenty minutes in the archive, in parts of seven."""
    monkeypatch.setenv("ALRIM_ARCHIVE", str(tmp_path / "shelf"))
    monkeypatch.setattr(archiving, "MOST_RECORDS", 7)
    settings.cache_clear()
    shelf = Directory(tmp_path / "shelf")
    while True:
        with transaction() as session:
            part = archiving.begin(session, first_id(NOW - 20 * MINUTE))
            if part is None:
                return me
            lines = archiving.hot_lines(session, part)
            shelf.write(part.name, pack(lines))
            archiving.verify(session, part, len(lines), 1, bytes(32))
            # The newest of them is still on its way.
            archiving.delete_hot(session, [line.id for line in lines[:-1]])
            if len(lines) < archiving.MOST_RECORDS:
                return me
            archiving.delete_hot(session, [lines[-1].id])


def test_what_is_hot_and_what_is_archived_is_one_list(archived: Person) -> None:
    for limit in (1, 9, 100):
        items: list[dict[str, Any]] = []
        page = ask(archived, limit=limit)
        while page["next_cursor"] is not None:
            items += page["items"]
            page = ask(archived, limit=limit, cursor=page["next_cursor"])
        items += page["items"]
        at = [datetime.fromisoformat(each["at"]) for each in items]
        assert at == [NOW - number * MINUTE for number in range(60)]


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        ({"notification_id": NAMED}, [7]),
        ({"event": "attempt.ended"}, [7, 50]),
        ({"request_id": "r-3"}, [3, 23, 43]),
        ({"from": (NOW - 25 * MINUTE).isoformat(), "to": (NOW - 18 * MINUTE).isoformat()}, list(range(19, 26))),
    ],
)
def test_the_archive_is_narrowed_in_the_same_way(
    archived: Person, asked: dict[str, object], minutes: list[int]
) -> None:
    at: list[datetime] = []
    page: dict[str, Any] = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        page = ask(archived, **asked, **({"cursor": page["next_cursor"]} if page["next_cursor"] else {}))
        at += [datetime.fromisoformat(each["at"]) for each in page["items"]]
    assert at == [NOW - number * MINUTE for number in minutes]


def test_an_archive_that_is_away_is_said_and_what_is_hot_is_still_found(archived: Person, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "shelf")
    answer = archived.ask("GET", "/api/user/logs?limit=100")
    assert (answer.status_code, answer.json()["code"]) == (503, "5030004")
    assert len(ask(archived, limit=10)["items"]) == 10
