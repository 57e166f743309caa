"""What waits is written down, once a minute, and while the broker is away, too."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from config.vocabulary import Channel, Job, Lane, Queue, State
from models.queue_sample import QueueSample
from models.run import Run
from models.session import snapshot, transaction
from models.slots import LONG_AGO
from models.tidying import SAMPLES_FOR, tidy_slice
from models.types import utc_now
from tests.rows import a_row
from workers.tasks import sample
from workers.tasks.once import once
from workers.tasks.sample import take_samples

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def kept() -> list[tuple[Channel, Lane, int | None, int, int]]:
    with snapshot() as session:
        rows = session.scalars(select(QueueSample).order_by(QueueSample.channel)).all()
    return [(row.channel, row.lane, row.messages, row.due, row.held) for row in rows]


EMPTY: dict[tuple[str, ...], int] = {(str(queue),): 0 for queue in Queue}


@pytest.mark.parametrize(("depths", "messages"), [(EMPTY, 0), (None, None)])
def test_what_waits_is_written_down_once_a_slot(
    monkeypatch: pytest.MonkeyPatch, depths: Mapping[tuple[str, ...], int] | None, messages: int | None
) -> None:
    monkeypatch.setattr(sample, "look_at_queues", lambda: depths)
    a_row(State.UNKNOWN, due=True, channel=Channel.GMAIL, wake_at=None)
    for _ in range(2):
        a_row(State.QUEUED, due=True, channel=Channel.SES, lane=Lane.BULK)
    expected = [(Channel.GMAIL, Lane.NORMAL, messages, 0, 1), (Channel.SES, Lane.BULK, messages, 2, 0)]
    for _ in "twice":
        assert once(Job.QUEUE_SAMPLES, take_samples) == "finished 2"
        assert kept() == expected
        with transaction() as session:
            session.execute(update(Run).values(ended_at=None, touched_at=utc_now() - LONG_AGO))


def test_old_samples_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "look_at_queues", lambda: EMPTY | {(str(Queue.SEND_SES_URGENT),): 3})
    assert once(Job.QUEUE_SAMPLES, take_samples) == "finished 1"
    assert kept() == [(Channel.SES, Lane.URGENT, 3, 0, 0)]
    now = utc_now() + SAMPLES_FOR
    with transaction() as session:
        assert tidy_slice(session, now - timedelta(hours=1)) == 0
    with transaction() as session:
        tidy_slice(session, now + timedelta(minutes=1))
    assert kept() == []
