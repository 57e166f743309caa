"""Batches on both brokers: Redis keeps them until they are written, RabbitMQ's messages carry them."""

from collections.abc import Iterator

import pytest
from redis import Redis

from config.vocabulary import Queue
from tests.broker import use_broker
from tests.flows.stack import wait_for
from workers import log_copies, log_post
from workers.log_post import LogPost

pytestmark = pytest.mark.flow

BATCH = [["a", 1, None], ["\ub098", 2.5, {"path": "/"}]]


@pytest.fixture
def post(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogPost]:
    use_broker(broker_url, monkeypatch)
    made = LogPost()
    yield made
    made.close()


@pytest.fixture
def at_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogPost]:
    use_broker(redis_url, monkeypatch)
    made = LogPost()
    yield made
    made.close()


def names(redis_url: str) -> list[str]:
    with Redis.from_url(redis_url, decode_responses=True) as client:
        found: list[str] = client.zrange(log_copies.DUE, 0, -1)
    return found


def test_a_batch_is_taken_by_one_at_a_time_until_it_was_written(at_redis: LogPost, redis_url: str) -> None:
    assert at_redis.ship(BATCH)
    [name] = names(redis_url)
    assert at_redis.take(name) == BATCH
    assert at_redis.take(name) is None
    # Given back with what is left of it.
    assert at_redis.ship_again(BATCH[1:], name)
    assert at_redis.take(name) == BATCH[1:]
    at_redis.shipped(name)
    assert at_redis.take(name) is None
    assert names(redis_url) == []


def test_whoever_was_killed_with_a_batch_is_followed_by_another(
    at_redis: LogPost, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_post, "CALL_AFTER", 0.3)
    assert at_redis.ship(BATCH)
    assert at_redis.call_again(20) == 0
    wait_for("a second call", lambda: at_redis.call_again(20), 5)
    assert at_redis.depth(Queue.LOGS) == 2
    [name] = names(redis_url)
    with Redis.from_url(redis_url) as client:
        # One who took it long ago.
        assert log_copies.take(client, name, now=0, lease=0.2) is not None
        assert at_redis.take(name) is None
        wait_for("the end of his lease", lambda: at_redis.take(name) == BATCH, 5)


def test_with_the_broker_away_nothing_is_taken_and_nothing_is_said_to_be(
    post: LogPost, broker_url: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("rabbitmq" if broker_url.startswith("amqp") else "redis_server")
    assert post.ship(BATCH)
    server.kill()
    assert (post.ship(BATCH), post.ship_again(BATCH, "name")) == (False, False)
    assert (post.take("name"), post.call_again(20)) == (None, 0)
    post.shipped("name")
    server.start()
    assert post.ship(BATCH)
    wait_for("both", lambda: post.depth(Queue.LOGS) == 2, 5)


def test_on_rabbitmq_nobody_is_called_again(post: LogPost, broker_url: str) -> None:
    assert post.ship(BATCH)
    if broker_url.startswith("amqp"):
        assert (post.call_again(20), post.take("name")) == (0, None)
