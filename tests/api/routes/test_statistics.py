"""One's own daily counts: whole days only, nobody else's, and no more than was asked for."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from config.jobs import KST
from config.vocabulary import Channel, State
from models import statistic
from models.session import transaction
from models.types import new_id, utc_now
from tests.api.conftest import Person, Start

pytestmark = pytest.mark.store

TODAY = utc_now().astimezone(KST).date()
DAY = timedelta(days=1)


@pytest.fixture
def me(start: Start, database_url: str) -> Person:
    return Person(start(database_url), "user@example.com").register()


def counted(account_id: UUID, day: date, numbers: dict[tuple[Channel, State], int], *, whole: bool = True) -> None:
    with transaction() as session:
        statistic.add(session, day, {(account_id, *kind): number for kind, number in numbers.items()})
        if whole:
            statistic.finish(session, day)


def days(person: Person, query: str = "") -> list[tuple[str, str, dict[str, int]]]:
    answer = person.ask("GET", f"/api/user/statistics{query}")
    assert answer.status_code == 200, answer.text
    return [(each["day"], each["channel"], each["counts"]) for each in answer.json()["items"]]


def test_the_days_that_were_asked_for(me: Person) -> None:
    mine = UUID(me.ask("GET", "/api/user/me").json()["id"])
    sent, failed = (Channel.SOLAPI, State.DELIVERED), (Channel.SOLAPI, State.FAILED)
    counted(mine, TODAY - DAY, {sent: 7, failed: 2, (Channel.SES, State.SENT): 1})
    counted(mine, TODAY - 2 * DAY, {sent: 3})
    counted(mine, TODAY - 40 * DAY, {failed: 5})
    counted(new_id(), TODAY - 3 * DAY, {sent: 100})
    counted(mine, TODAY, {sent: 1}, whole=False)
    yesterday = [
        (str(TODAY - DAY), "ses", {"sent": 1}),
        (str(TODAY - DAY), "solapi", {"delivered": 7, "failed": 2}),
    ]
    assert days(me) == [(str(TODAY - 2 * DAY), "solapi", {"delivered": 3}), *yesterday]
    assert days(me, f"?from={TODAY - DAY}&to={TODAY}") == yesterday
    assert days(me, f"?to={TODAY - 40 * DAY}") == [(str(TODAY - 40 * DAY), "solapi", {"failed": 5})]


@pytest.mark.parametrize("query", ["?from=2026-02-30", "?from=2026-01-02&to=2026-01-01", "?from=2020-01-01", "?day=1"])
def test_what_is_no_span_of_days(me: Person, query: str) -> None:
    answer = me.ask("GET", f"/api/user/statistics{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_the_first_day_of_all(me: Person) -> None:
    assert days(me, "?to=0001-01-02") == []
