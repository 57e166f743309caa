"""The broker away, the database away: what is accepted then, and that nothing is lost or failed because of it.

`PROVE_SECONDS` makes the time longer (`make prove-away`); the suite has it short.
"""

import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest
import requests

from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.alone, pytest.mark.timeout(300)]

AWAY_SECONDS = float(os.environ.get("PROVE_SECONDS", "8"))
CALM_SECONDS = min(AWAY_SECONDS, 8)
PAUSE = 0.04
SLOWEST = 0.1
"""Seconds that all but one of a hundred requests may take while the broker is away."""
SMS = {"to": "01012345678", "from": "0212345678"}


Servers = tuple[RedisServer, Mariadb]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, mariadb: Mariadb) -> Iterator[Servers]:
    """Servers like the session's, that may be killed without harm to the other flows."""
    broker = RedisServer(redis_server.binary, tmp_path_factory.mktemp("r"))
    database = Mariadb(mariadb.binary, tmp_path_factory.mktemp("m"))
    broker.start()
    database.start()
    yield broker, database
    broker.stop()
    database.stop()


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Stack]:
    broker, database = servers
    directory: Path = tmp_path_factory.mktemp("away")
    running = Stack(directory, database.fresh_database(), broker.url, {"ALRIM_LEASE_SECONDS": "10"})
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_with_the_broker_away_everything_is_accepted_quickly_and_goes_when_it_is_back(
    lonely: Stack, servers: Servers
) -> None:
    broker, _ = servers
    client = Client.register(lonely.api)
    client.settled(client.send("solapi", {**SMS, "text": "warm"}), among={"sent", "delivered"})
    calm = accepted(client, "calm", CALM_SECONDS)
    broker.kill()
    took = accepted(client, "away", AWAY_SECONDS)
    assert requests.get(f"{lonely.api}/ready", timeout=10).json()["status"] == "degraded"
    broker.start()
    back = time.monotonic()
    expected = Counter(f"away {number}" for number in range(len(took)))
    wait_for("all of them", lambda: expected <= arrived(lonely), 90)
    usual, slowest = (quantiles(each, n=100)[98] for each in (calm, took))
    said = (
        f"broker away {AWAY_SECONDS:.0f} s: {len(took)} of {len(took)} accepted, p99 {slowest * 1000:.0f} ms "
        f"({usual * 1000:.0f} ms before)"
    )
    sys.stdout.write(f"{said}, all delivered {time.monotonic() - back:.1f} s after its return\n")
    assert {text: number for text, number in arrived(lonely).items() if number > 1} == {}
    assert slowest < SLOWEST


def accepted(client: Client, word: str, seconds: float) -> list[float]:
    """Send for a while, and return how long each took to be accepted; none is refused."""
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        answer = client.post("/api/services/solapi/send", {**SMS, "text": f"{word} {len(took)}"})
        took.append(time.perf_counter() - begun)
        assert answer.status_code == 202, answer.text
        time.sleep(PAUSE)
    return took


def arrived(stack: Stack) -> Counter[str]:
    return Counter(entry["text"] for entry in requests.get(f"{stack.sandbox}/inbox.json", timeout=10).json())


def test_with_the_database_away_nothing_is_accepted_and_nothing_fails(lonely: Stack, servers: Servers) -> None:
    _, database = servers
    client = Client.register(lonely.api)
    # Due while it is away: the workers find nobody to ask.
    before = [client.send("solapi", {**SMS, "text": f"under way {number}"}) for number in range(5)]
    throttled = client.send("solapi", {**SMS, "to": "01000000004", "text": "again after"})
    database.kill()
    key = uuid.uuid4().hex
    refused = client.post("/api/services/solapi/send", {**SMS, "text": "later"}, key)
    assert (refused.status_code, refused.json()["code"]) == (503, "5030002")
    assert int(refused.headers["Retry-After"]) > 0
    assert requests.get(f"{lonely.api}/ready", timeout=20).status_code == 503
    time.sleep(AWAY_SECONDS)
    database.start()
    accepted = wait_for("the database", lambda: again(client, key), 40)
    for each in (*before, throttled, accepted):
        assert client.settled(each, 60, among={"sent", "delivered", "failed", "unknown"})["status"] != "failed"
        assert client.settled(each, 90, among={"sent", "delivered"})
    texts = ("later", "again after", *(f"under way {number}" for number in range(5)))
    assert [arrived(lonely)[text] for text in texts] == [1] * len(texts)


def again(client: Client, key: str) -> str:
    """Repeat the refused request with the same key until it is accepted."""
    answer = client.post("/api/services/solapi/send", {**SMS, "text": "later"}, key)
    return str(answer.json()["id"]) if answer.status_code == 202 else ""
