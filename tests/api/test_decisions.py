"""A set of failed notifications is queued again once, whatever is said of its time, and slices leave nobody out."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from api import decisions
from api.security.who import Viewer
from config.vocabulary import Role, State
from models import ledger
from models.audit import Audit
from models.notification import Notification
from models.session import snapshot
from models.types import new_id, utc_now
from tests.rows import LEASE, a_row, read

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

ME = Viewer(new_id(), Role.USER, new_id())


def failed(**changes: Any) -> UUID:  # noqa: ANN401 - columns
    return a_row(State.FAILED, **{"account_id": ME.account_id, "code": "1062", "wake_at": None, **changes})


def replay(ahead: timedelta = timedelta()) -> int:
    now = utc_now()
    return decisions.replay(ME, [Notification.account_id == ME.account_id], now + ahead, now, {}).total()


def queued(ids: list[UUID]) -> int:
    return sum(read(each).status is State.QUEUED for each in ids)


def audited() -> int:
    with snapshot() as session:
        return sum(json.loads(line.detail)["count"] for line in Audit.filter(session))


@pytest.fixture(autouse=True)
def slices_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "SLICE", 2)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
def test_slices_leave_nobody_out(number: int) -> None:
    ids = [failed() for _ in range(number)]
    assert (replay(), queued(ids), audited()) == (number, number, number)


def test_a_request_takes_no_more_than_its_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST", 3)
    ids = [failed() for _ in range(5)]
    assert [replay() for _ in range(3)] == [3, 2, 0]
    assert (queued(ids), audited()) == (5, 5)


def test_what_fails_again_meanwhile_is_not_taken_twice(request: pytest.FixtureRequest) -> None:
    first, *rest = [failed() for _ in range(5)]

    def fail_again(session: Session) -> None:
        for each in ledger.claim(session, [first], utc_now(), LEASE).held:
            ledger.fail(session, [each.fence], utc_now(), "1062", spends=True)

    event.listen(Session, "before_commit", fail_again)
    request.addfinalizer(lambda: event.remove(Session, "before_commit", fail_again))
    assert replay(ahead=timedelta(days=1)) == 5
    assert (read(first).status, read(first).attempt, queued(rest)) == (State.FAILED, 2, 4)


def test_the_audit_is_true_of_a_replay_that_was_cut_short(request: pytest.FixtureRequest) -> None:
    ids = [failed() for _ in range(5)]
    commits: list[None] = []

    def die(_session: Session) -> None:
        commits.append(None)
        if len(commits) == 2:
            raise ConnectionAbortedError

    event.listen(Session, "before_commit", die)
    request.addfinalizer(lambda: event.remove(Session, "before_commit", die))
    with pytest.raises(ConnectionAbortedError):
        replay()
    assert (queued(ids), audited()) == (2, 2)
