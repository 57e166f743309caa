"""What waits is written down, once a minute, and while the broker is away, too."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from config.settings import settings
from config.vocabulary import Channel, Job, Lane, State
from models.queue_sample import QueueSample
from models.run import Run
from models.session import snapshot, transaction
from models.slots import LONG_AGO
from models.tidying import SAMPLES_FOR, tidy_slice
from models.types import utc_now
from tests.rows import a_row
from workers.celery_app import app
from workers.tasks.once import once
from workers.tasks.sample import take_samples

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def kept() -> list[tuple[Channel, Lane, int | None, int, int]]:
    with snapshot() as session:
        rows = session.scalars(select(QueueSample).order_by(QueueSample.channel)).all()
    return [(row.channel, row.lane, row.messages, row.due, row.held) for row in rows]


@pytest.mark.parametrize(("broker", "messages"), [("memory://", 0), ("redis://127.0.0.1:1/0", None)])
def test_what_waits_is_written_down_once_a_slot(
    monkeypatch: pytest.MonkeyPatch, broker: str, messages: int | None
) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", broker)
    settings.cache_clear()
    monkeypatch.setattr(app.conf, "broker_url", broker)
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
    monkeypatch.setenv("ALRIM_BROKER_URL", "memory://")
    settings.cache_clear()
    a_row(State.QUEUED, due=True, channel=Channel.SES)
    take = once(Job.QUEUE_SAMPLES, take_samples)
    assert (take, len(kept())) == ("finished 1", 1)
    now = utc_now() + SAMPLES_FOR
    with transaction() as session:
        assert tidy_slice(session, now - timedelta(hours=1)) == 0
    with transaction() as session:
        tidy_slice(session, now + timedelta(minutes=1))
    assert kept() == []
