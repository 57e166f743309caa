"""Shipping on a real database and real brokers: a sink that is away costs patience, and no record."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import Ignore, Reject, Retry

from config.log_vocabulary import LogEvent
from config.settings import settings
from config.vocabulary import Queue
from models.log_record import LogRecord as Row
from models.session import engine, snapshot
from models.types import new_id, utc_now
from tests.broker import use_broker
from tests.flows.stack import wait_for
from tests.servers.moto import MotoServer
from workers import log_post
from workers.celery_app import app
from workers.log_post import LogPost
from workers.log_record import LogRecord
from workers.tasks import ship_logs


def a_batch(number: int) -> list[Any]:
    about = (LogEvent.REQUEST_SERVED, utc_now(), new_id(), "r-1", None, {"path": "/"})
    return [LogRecord(new_id(), *about).wire() for _ in range(number)]


@pytest.fixture(autouse=True)
def _own_post() -> Iterator[None]:
    # Its connection is that of another test's broker.
    ship_logs._post.cache_clear()
    yield
    ship_logs._post().close()
    ship_logs._post.cache_clear()


def stored() -> int:
    with snapshot() as session:
        return len(Row.filter(session))


def next_message() -> tuple[dict[str, Any], list[Any]]:
    """Headers and arguments of the next message in the queue."""
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get(str(Queue.LOGS))  # type: ignore[attr-defined]
    return message.headers, json.loads(message.body)[0]


@pytest.mark.flow
@pytest.mark.usefixtures("database")
def test_a_batch_that_redis_keeps_is_written_once_and_forgotten(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_broker(redis_url, monkeypatch)
    post = LogPost()
    assert post.ship(a_batch(3))
    headers, [name] = next_message()
    assert headers["id"] == name
    # Nobody comes for it now: the message is gone, as with a worker that is killed while it takes it.
    assert ship_logs.ship(name) == {"database": 3}
    with pytest.raises(Ignore):
        ship_logs.ship(name)
    assert stored() == 3
    post.close()


@pytest.mark.store
@pytest.mark.usefixtures("database")
def test_a_batch_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = a_batch(3)
    assert ship_logs.ship(batch) == {"database": 3}
    assert ship_logs.ship(batch) == {"database": 3}
    assert stored() == 3
    monkeypatch.setenv("ALRIM_LOG_SINK", "none")
    settings.cache_clear()
    assert ship_logs.ship(a_batch(2)) == {"none": 2}
    assert stored() == 3


@pytest.mark.usefixtures("database")
def test_what_another_sink_has_is_not_in_the_database_and_the_rest_is(
    cloud: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALRIM_LOG_SINK", "cloudwatch")
    settings.cache_clear()
    long_ago = LogRecord(new_id(), LogEvent.REQUEST_SERVED, utc_now() - timedelta(days=15), None, None, None, {})
    assert ship_logs.ship([*a_batch(2), long_ago.wire()]) == {"cloudwatch": 2, "database": 1}
    assert stored() == 1
    cloud.kill()
    # No RETRY: nothing comes again under this name. What waits is forwarded by another task.
    assert ship_logs.ship(a_batch(3)) == {"waiting": 3}
    assert stored() == 4


@pytest.mark.flow
@pytest.mark.usefixtures("no_database")
def test_with_the_database_away_too_only_what_it_should_keep_goes_back(
    cloud: MotoServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del cloud
    monkeypatch.setenv("ALRIM_LOG_SINK", "cloudwatch")
    use_broker(redis_url, monkeypatch)
    old = LogRecord(new_id(), LogEvent.REQUEST_SERVED, utc_now() - timedelta(days=15), None, None, None, {}).wire()
    ship_logs.ship.push_request(id="a-name")
    with pytest.raises(Retry, match="sink_away"):
        ship_logs.ship.run([*a_batch(2), old])
    ship_logs.ship.pop_request()
    _, [name] = next_message()
    assert (name, LogPost().take(name)) == ("a-name", [old])


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A database that cannot be reached, and little patience with it."""
    monkeypatch.setenv("ALRIM_DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/alrim.db")
    monkeypatch.setenv("ALRIM_LEASE_SECONDS", "5")
    settings.cache_clear()
    engine.cache_clear()
    yield
    settings.cache_clear()
    engine.cache_clear()


@pytest.mark.flow
@pytest.mark.usefixtures("no_database")
def test_while_the_sink_is_away_the_batch_goes_back_under_its_name(
    broker_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = request.getfixturevalue("rabbitmq" if broker_url.startswith("amqp") else "redis_server")
    use_broker(broker_url, monkeypatch)
    batch, bell = a_batch(3), LogPost()
    ship_logs.ship.push_request(id="a-name")
    try:
        with pytest.raises(Retry, match="sink_away"):
            ship_logs.ship.run(batch)
        wait_for("the batch", lambda: bell.depth(Queue.LOGS) == 1, 5)
        headers, arguments = next_message()
        carried = bell.take(arguments[0]) if isinstance(arguments[0], str) else arguments[0]
        assert (headers["id"], headers["eta"], carried) == ("a-name", None, batch)
        server.kill()
        with pytest.raises(Reject) as refused:
            ship_logs.ship.run(batch)
    finally:
        ship_logs.ship.pop_request()
        server.start()
        bell.close()
    assert refused.value.args == ("broker_away", True)


@pytest.mark.flow
def test_a_queue_that_nobody_empties_takes_no_more(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker(broker_url, monkeypatch)
    monkeypatch.setattr(log_post, "MOST_LOGS", 3)
    bell = LogPost()

    def ship() -> bool:
        taken = bell.ship(a_batch(1))
        if taken:
            before = sent.pop()
            sent.append(before + 1)
            wait_for("it", lambda: bell.depth(Queue.LOGS) == before + 1, 5)
        return taken

    sent = [0]
    assert [ship() for _ in range(4)] == [True, True, True, False]
    assert bell.ship_again(a_batch(1), "back")
    bell.close()


def test_its_message_is_acknowledged_last() -> None:
    task = app.tasks["logs.ship"]
    assert (task.acks_late, task.reject_on_worker_lost, task.time_limit) == (True, True, ship_logs.LONGEST)
    assert ship_logs.LONGEST < 120
