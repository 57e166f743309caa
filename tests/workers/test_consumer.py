"""A worker looks for its broker every two seconds, as often as it takes."""

import time
from pathlib import Path

import pytest

from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(100)]

AWAY_SECONDS = 13.0
"""Celery's own waits 2, 4, 6 and then 8 s: it would look again 20 s after the loss."""


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
