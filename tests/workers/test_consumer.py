"""A worker looks for its broker every two seconds, as often as it takes, and for every node of it."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.vocabulary import Queue
from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for
from tests.servers.process import free_port
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer
from workers.consumer import Persistent

pytestmark = [pytest.mark.flow, pytest.mark.timeout(100)]

AWAY_SECONDS = 13.0
"""Celery's own waits 2, 4, 6 and then 8 s: it would look again 20 s after the loss."""
READY_SECONDS = 30.0
CONF = {
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_enable_prefetch_count_reduction": False,
}
APP: Any = SimpleNamespace(conf=SimpleNamespace(**CONF))


def test_a_broker_that_was_away_for_long_is_found_at_once(tmp_path: Path, redis_server: RedisServer) -> None:
    broker = RedisServer(redis_server.binary, tmp_path)
    broker.start()
    stack = Stack(tmp_path, f"sqlite:///{tmp_path}/alrim.db", broker.url)
    try:
        stack.start("sandbox", "web", "worker")
        lost, found = (
            stack.log("worker").count(b"Connection to broker lost"),
            stack.log("worker").count(b"Connected to"),
        )
        broker.kill()
        wait_for("the loss", lambda: stack.log("worker").count(b"Connection to broker lost") > lost)
        time.sleep(AWAY_SECONDS)
        broker.start()
        wait_for("the worker's return", lambda: stack.log("worker").count(b"Connected to") > found, 4)
        assert stack.processes["worker"].poll() is None, "without a restart"
    finally:
        stack.stop()
        broker.stop()


class Forgetful:
    """A connection as kombu 5.7 leaves one whose channels could not be closed: to close it again finds nothing."""

    connection_errors = channel_errors = (ConnectionError,)
    transport = None

    def collect(self, socket_timeout: float) -> None:
        """Break off in the middle, as everything is."""

    def close(self) -> None:
        raise AttributeError("'NoneType' object has no attribute 'hostname'")


def test_a_broken_connection_that_cannot_be_closed_does_not_end_the_worker() -> None:
    consumer: Any = object.__new__(Persistent)
    consumer.connection, consumer.app = Forgetful(), APP
    consumer.on_connection_error_after_connected(ConnectionError())
    assert consumer.connection is None


def test_of_three_nodes_the_one_that_is_left_is_enough(tmp_path: Path, rabbitmq: RabbitmqServer) -> None:
    rabbitmq.start()
    rabbitmq.delete(Queue)
    gone = [f"amqp://guest:guest@127.0.0.1:{free_port()}//" for _ in range(2)]
    stack = Stack(tmp_path, f"sqlite:///{tmp_path}/alrim.db", ";".join([*gone, rabbitmq.url]))
    try:
        started = time.monotonic()
        stack.start("sandbox", "web", "worker")
        # Celery prepares each node for delayed messages, and waits 17 s for one that is away.
        assert time.monotonic() - started < READY_SECONDS
        client = Client.register(stack.api)
        client.settled(client.send("solapi", {"to": "01012345678", "from": "0212345678", "text": "third node"}))
    finally:
        stack.stop()
