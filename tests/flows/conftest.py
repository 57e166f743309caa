"""One installation for all flows of a session, on a private Redis and SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.client import Client
from tests.flows.stack import Stack
from tests.servers.redis import RedisServer


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    directory: Path = tmp_path_factory.mktemp("flows")
    running = Stack(directory, f"sqlite:///{directory}/alrim.db", redis_server.url)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def client(stack: Stack) -> Client:
    return Client.register(stack.api)
