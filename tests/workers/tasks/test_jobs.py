"""The periodic jobs, at work on real databases."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from config.jobs import JOBS
from config.settings import settings
from config.vocabulary import Job, State
from models import scrubbing
from models.account import Account
from models.notification import Notification
from models.run import Run
from models.session import snapshot, transaction
from models.types import utc_now
from tests.rows import a_row, id_at, read
from workers.tasks import once
from workers.tasks.jobs import delete_all_old, scrub_all_old, tidy_all

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def id_ago(days: float) -> UUID:
    """An id that was made so many days ago."""
    return id_at(utc_now() - timedelta(days=days))


def accounts(number: int, **values: object) -> list[UUID]:
    with transaction() as session:
        return [Account.create(session, **values).id for _ in range(number)]


def runs() -> list[tuple[Job, datetime, int, bool]]:
    with snapshot() as session:
        return [(run.name, run.slot, run.done, run.ended_at is not None) for run in Run.filter(session)]


def test_old_contents_are_scrubbed_of_every_account_and_none_is_looked_at_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scrubbing, "SLICE", 2)
    one, other = accounts(2)
    [brief] = accounts(1, retention_days=5)
    old = [a_row(State.SENT, id=id_ago(31 + number), account_id=one) for number in range(5)]
    old += [a_row(State.DELIVERED, id=id_ago(40), account_id=other), a_row(State.SENT, id=id_ago(6), account_id=brief)]
    young = [a_row(State.SENT, id=id_ago(6), account_id=one), a_row(State.SENT, id=id_ago(4), account_id=brief)]
    slot = JOBS[Job.SCRUB_OLD].slot(utc_now())
    assert once.once(Job.SCRUB_OLD, scrub_all_old) == "finished 7"
    assert [read(each).sealed is None for each in (*old, *young)] == [True] * 7 + [False] * 2
    assert runs() == [(Job.SCRUB_OLD, slot, 7, True)]
    assert once.once(Job.SCRUB_OLD, scrub_all_old) == "not_due"


def test_what_waited_is_scrubbed_when_it_has_been_sent() -> None:
    [account] = accounts(1)
    waiting, sent = (
        a_row(state, id=id_ago(days), account_id=account) for state, days in ((State.QUEUED, 50), (State.SENT, 40))
    )
    once.once(Job.SCRUB_OLD, scrub_all_old)
    assert [read(each).sealed is None for each in (waiting, sent)] == [False, True]
    with transaction() as session:
        session.merge(read(waiting)).status = State.SENT
    with transaction() as session:
        session.delete(Run.filter(session)[0])
    once.once(Job.SCRUB_OLD, scrub_all_old)
    assert read(waiting).sealed is None


def test_a_portion_that_is_over_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "SLICE", 1)
    monkeypatch.setattr(once, "PORTION", 0.0)
    monkeypatch.setenv("ALRIM_BROKER_URL", "redis://127.0.0.1:9/0")
    settings.cache_clear()
    [account] = accounts(1)
    rows = [a_row(State.SENT, id=id_ago(31 + number), account_id=account) for number in range(3)]
    said = [once.once(Job.SCRUB_OLD, scrub_all_old) for _ in range(6)]
    assert said == ["unfinished 1"] * 3 + ["unfinished 0", "finished 0", "not_due"]
    assert [read(each).sealed for each in rows] == [None] * 3
    assert [run[2:] for run in runs()] == [(3, True)]


def test_however_many_accounts_there_are_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions that go through accounts without an end, or begin with the first each time, never come to the last."""
    monkeypatch.setattr(once, "PORTION", 0.0)
    monkeypatch.setenv("ALRIM_BROKER_URL", "redis://127.0.0.1:9/0")
    settings.cache_clear()
    everybody = accounts(4)
    last = a_row(State.SENT, id=id_ago(31), account_id=everybody[-1])
    said = [once.once(Job.SCRUB_OLD, scrub_all_old) for _ in range(6)]
    assert said == [*["unfinished 0"] * 3, "unfinished 1", "unfinished 0", "finished 0"]
    assert read(last).sealed is None


def test_what_is_older_than_anybody_needs_is_deleted() -> None:
    for number in range(5):
        a_row(State.SENT, id=id_ago(401 + number))
    kept = a_row(State.SENT, id=id_ago(399))
    assert once.once(Job.DELETE_OLD, delete_all_old) == "finished 5"
    with snapshot() as session:
        assert [row.id for row in Notification.filter(session)] == [kept]


def test_nothing_to_tidy_is_tidy() -> None:
    assert once.once(Job.TIDY, tidy_all) == "finished 0"
