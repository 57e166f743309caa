"""Feed on real databases: how much each lane is told, that accounts share, and that batches come to an end."""

from datetime import timedelta
from uuid import UUID

import pytest

from config.vocabulary import BatchState, Channel, Lane, State
from models.batch import Batch
from models.types import new_id, utc_now
from tests.rows import a_batch, a_connection, its_row, read, read_batch
from tests.workers.tasks.noting import Noting
from workers.tasks import feed
from workers.tasks.feed import clear_up, feed_lane, waiting_batches

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def fed(depth: int | None, *batches: Batch) -> list[UUID]:
    bell = Noting(depth)
    feed_lane(bell, Channel.SOLAPI, Lane.BULK, batches)
    return bell.rung


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queues with room for six notifications of one message each."""
    monkeypatch.setattr(feed, "ROOM", 6)
    monkeypatch.setattr(feed, "SHORT", 0)
    monkeypatch.setattr(feed, "size_of", lambda *_: 1)


@pytest.mark.usefixtures("small")
def test_a_lane_is_told_as_much_as_its_queue_has_room_for() -> None:
    batch = a_batch()
    rows = [its_row(batch) for _ in range(10)]
    assert fed(0, batch) == rows[:6]
    assert all(read(row).wake_at is not None for row in rows[:6])
    assert all(read(row).wake_at is None for row in rows[6:])
    assert fed(6, batch) == []
    assert fed(None, batch) == []
    assert fed(4, batch) == rows[6:8]


@pytest.mark.usefixtures("small")
def test_accounts_share_and_so_do_the_batches_of_one() -> None:
    one = new_id()
    mine, too, others = a_batch(account_id=one), a_batch(account_id=one), a_batch()
    rows = {batch.id: {its_row(batch) for _ in range(10)} for batch in (mine, too, others)}
    rung = {*fed(0, mine, too, others)}
    assert [len(rung & rows[batch.id]) for batch in (mine, too, others)] == [2, 1, 3]


def test_a_batch_that_waits_for_nobody_has_finished() -> None:
    batch = a_batch()
    row = its_row(batch, State.SENDING)
    assert fed(0, batch) == []
    assert read_batch(batch.id).status is BatchState.RUNNING
    done = a_batch()
    its_row(done, State.UNKNOWN)
    assert fed(0, done) == []
    assert read_batch(done.id).status is BatchState.FINISHED
    assert read(row).status is State.SENDING


def test_who_has_changed_meanwhile_is_not_fed() -> None:
    batch = a_batch(BatchState.PAUSED)
    its_row(batch)
    assert fed(0, batch) == []


def test_only_batches_that_want_something_are_looked_at() -> None:
    now = utc_now()
    wanted = [a_batch(), a_batch(BatchState.CANCELLING), a_batch(BatchState.REFUSED)]
    a_batch(not_before=now + timedelta(minutes=1))
    a_batch(connection_id=a_connection(closed_until=now + timedelta(minutes=1), closed_reason="429"))
    probe = a_batch(connection_id=a_connection(closed_until=now - timedelta(seconds=1), closed_reason="429"))
    a_batch(BatchState.REFUSED, ended_at=now)
    for status in (BatchState.RECEIVING, BatchState.PAUSED, BatchState.FINISHED, BatchState.CANCELLED):
        a_batch(status)
    assert {batch.id for batch in waiting_batches(now)} == {batch.id for batch in [*wanted, probe]}


def test_what_a_cancelled_batch_left_is_cancelled() -> None:
    batch = a_batch(BatchState.CANCELLING)
    waiting, gone = its_row(batch), its_row(batch, State.SENDING)
    assert clear_up(batch) == 1
    assert (read(waiting).status, read(gone).status) == (State.CANCELLED, State.SENDING)
    assert read_batch(batch.id).status is BatchState.CANCELLED


def test_what_a_refused_batch_left_is_deleted() -> None:
    batch, other = a_batch(BatchState.REFUSED), a_batch()
    its_row(batch)
    kept = its_row(other)
    assert clear_up(batch) == 1
    assert read(kept).status is State.QUEUED
    assert read_batch(batch.id).ended_at is not None
