"""A new version is rolled out under traffic: each process is told to stop and replaced, one after the other."""

import signal
from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.chaos.messages import orders, word_in
from tests.chaos.sender import Sender
from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

PER_SECOND = 15
SECONDS = 60
GRACE_OF_A_WEB, GRACE_OF_A_WORKER = 30, 45
NOBODY_LISTENS = {"ConnectionRefusedError", "ConnectionResetError"}
"""What a balancer in front of two would answer for: it asks the other one. A reset is a connection that the system had
taken and the process had not."""


@pytest.fixture
def rolling(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    with installed(tmp_path_factory, redis_server, webs=2, workers=2) as stack:
        yield stack


def replaced(stack: Stack, name: str, grace: int) -> int:
    status = stack.end(name, grace)
    # Its successor writes a log of its own, which says when that one is ready.
    (stack.directory / f"{name}.log").rename(stack.directory / f"{name}.first.log")
    stack.launch(name)
    stack.wait_until_ready(name)
    return status


def number(stack: Stack, condition: str) -> int:
    engine = create_engine(stack.database_url)
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT COUNT(*) FROM notifications WHERE {condition}")).scalar_one()  # noqa: S608 - the test's own words
    engine.dispose()
    return int(found)


def waiting(stack: Stack) -> int:
    return number(stack, "status IN ('queued', 'sending')")


def test_a_rolling_restart_under_traffic_loses_and_doubles_nothing(rolling: Stack) -> None:
    # Long enough that whoever is told to stop is in the middle of something.
    slow = {"channel": "solapi", "kind": "latency", "rate": 1.0, "seconds": 0.5}
    requests.put(f"{rolling.sandbox}/faults", json=slow, timeout=5).raise_for_status()
    client = Client.register(rolling.api)
    apis = [f"http://127.0.0.1:{port}" for port in rolling.api_ports.values()]
    sender = Sender(client, apis, orders(1, PER_SECOND * SECONDS), SECONDS)
    sender.start()
    wait_for("messages under way", lambda: waiting(rolling) > 5)
    webs = {name: replaced(rolling, name, GRACE_OF_A_WEB) for name in ("web", "web2")}
    workers = {name: replaced(rolling, name, GRACE_OF_A_WORKER) for name in ("worker", "worker2")}
    replaced(rolling, "beat", GRACE_OF_A_WEB)
    sender.stop()
    # In order: uvicorn ends by the signal after it has finished, Celery with 0.
    assert set(webs.values()) <= {0, -signal.SIGTERM}
    assert set(workers.values()) == {0}
    assert sender.refused == []
    assert set(sender.repeated) <= NOBODY_LISTENS
    wait_for("the last of them", lambda: waiting(rolling) == 0, 60)

    inbox = requests.get(f"{rolling.sandbox}/inbox.json", timeout=10).json()
    assert len(sender.accepted) > PER_SECOND * 5
    assert {each.word for each in sender.accepted} <= {word_in(entry) for entry in inbox}
    arrived = Counter((word_in(entry), str(entry["to"])) for entry in inbox)
    assert [who for who, times in arrived.items() if times > 1] == []
    # Nobody left anything behind that a lease had to give to another.
    assert number(rolling, "attempt > 1") == 0
