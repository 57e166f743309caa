"""One installation for all flows of a session, on a private Redis and SQLite, and Flower in front of it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.flows.client import Client
from tests.flows.shelf import Shelf, in_a_bucket
from tests.flows.stack import PYTHON, ROOT, Stack, wait_for
from tests.servers.mariadb import Mariadb
from tests.servers.moto import MotoServer
from tests.servers.process import free_port
from tests.servers.redis import RedisServer

LEASE_SECONDS = 8


@contextmanager
def private_broker(redis_server: RedisServer, home: Path) -> Iterator[RedisServer]:
    """A Redis of one's own: workers on the session's would answer for whatever another test puts into its queues."""
    broker = RedisServer(redis_server.binary, home)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@contextmanager
def installed(
    factory: pytest.TempPathFactory,
    redis_server: RedisServer,
    *only: str,
    url: str | None = None,
    extra: Mapping[str, str] | None = None,
    **numbers: int,
) -> Iterator[Stack]:
    """An installation, or only these of its processes, on SQLite unless said, and on a Redis of its own.

    `numbers` are how many there are of each (webs, workers, beats).
    """
    directory: Path = factory.mktemp("flows")
    with private_broker(redis_server, factory.mktemp("b")) as broker:
        webs, workers, beats = (numbers.get(name, 1) for name in ("webs", "workers", "beats"))
        database = url or f"sqlite:///{directory}/alrim.db"
        running = Stack(directory, database, broker.url, dict(extra or {}), webs=webs, workers=workers, beats=beats)
        try:
            running.start(*only)
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    with installed(tmp_path_factory, redis_server) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def halted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> Iterator[Stack]:
    """Everything but workers and beat: what is accepted waits."""
    url = None
    if request.param == "mariadb":
        mariadb: Mariadb = request.getfixturevalue("mariadb")
        mariadb.start()
        url = mariadb.fresh_database()
    lease = {"ALRIM_LEASE_SECONDS": str(LEASE_SECONDS)}
    with installed(tmp_path_factory, redis_server, "sandbox", "web", url=url, extra=lease) as running:
        yield running


@pytest.fixture(scope="session")
def client(stack: Stack) -> Client:
    return Client.register(stack.api)


@pytest.fixture
def flower(stack: Stack) -> Iterator[str]:
    port = free_port()
    environment = {
        **stack.environment,
        "ALRIM_FLOWER_PORT": str(port),
        "ALRIM_FLOWER_USER": "operator",
        "ALRIM_FLOWER_PASSWORD": "zqxoperator",
    }
    command = [PYTHON, "-m", "celery", "-A", "workers.celery_app:app", "flower", "--conf=deploy/flower.py"]
    log = (stack.directory / "flower.log").open("ab")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for("Flower", lambda: requests.get(f"{url}/healthcheck", timeout=2).ok)
        # It serves before it hears, and an event that comes in between is lost to it: a sweep comes every two seconds.
        begun = time.time()
        wait_for("a task in Flower", lambda: _newest_task(url) > begun)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=10)
        log.close()


def _newest_task(flower: str) -> float:
    tasks = requests.get(f"{flower}/api/tasks", auth=("operator", "zqxoperator"), timeout=5).json()
    return max((task.get("received") or 0.0 for task in tasks.values()), default=0.0)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Shelf]:
    """An archive in a bucket of a server of its own."""
    moto = MotoServer(tmp_path)
    moto.start()
    yield in_a_bucket(moto)
    moto.stop()
