"""Shipping by real processes: records arrive within seconds, each once, whoever is killed or away meanwhile."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest
import requests
from sqlalchemy.engine import make_url

from config.vocabulary import Queue
from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for
from tests.servers.mariadb import Mariadb
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(300)]

SMS = {"to": "01012345678", "from": "0212345678", "text": "hi"}
AWAY_SECONDS = 8
WAITS = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO log_records%'"
Broker = RedisServer | RabbitmqServer


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, mariadb: Mariadb) -> Iterator[Mariadb]:
    """A server like the session's, that may be killed."""
    own = Mariadb(mariadb.binary, tmp_path_factory.mktemp("m"))
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of each kind, that may be killed."""
    if request.param == "rabbitmq":
        shared: RabbitmqServer = request.getfixturevalue("rabbitmq")
        shared.start()
        shared.delete(Queue)
        yield shared
        return
    own = RedisServer(request.getfixturevalue("redis_server").binary, tmp_path_factory.mktemp("r"))
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def shipping(tmp_path_factory: pytest.TempPathFactory, database: Mariadb, broker: Broker) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("ship")
    running = Stack(directory, database.fresh_database(), broker.url, {"ALRIM_LEASE_SECONDS": "10"})
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def client(shipping: Stack) -> Client:
    return Client.register(shipping.api)


def page(client: Client, **asked: str) -> list[dict[str, Any]]:
    headers = {"Authorization": client.bearer}
    answer = requests.get(f"{client.api}/api/user/logs", params=asked, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@contextmanager
def speaking(stack: Stack) -> Iterator[pymysql.cursors.Cursor]:
    url = make_url(stack.database_url)
    with (
        pymysql.connect(host=url.host, port=url.port or 0, user="root", database=url.database) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET autocommit=1")
        yield cursor


def ask_many(client: Client, word: str, number: int = 30) -> list[str]:
    """Ask so many times, each time under a name of its own; the names."""
    names = [f"{word}-{each}" for each in range(number)]
    for name in names:
        url, headers = client.signed("GET", "/api/services")
        answer = requests.get(url, headers={**headers, "X-Request-Id": name}, timeout=15)
        assert answer.headers["X-Request-Id"] == name
    return names


def kept(stack: Stack, word: str) -> Counter[str]:
    with speaking(stack) as cursor:
        cursor.execute("SELECT request_id FROM log_records WHERE request_id LIKE %s", (f"{word}-%",))
        return Counter(name for (name,) in cursor.fetchall())


def arrived(stack: Stack, word: str, names: list[str]) -> Counter[str]:
    """How often each record is kept, once all are there."""
    wait_for(f"all records of {word}", lambda: kept(stack, word).keys() == set(names), 60)
    # Long enough for another copy, if there is one.
    time.sleep(3)
    return kept(stack, word)


def test_requests_and_attempts_are_found_within_seconds(client: Client) -> None:
    answer = client.post("/api/services/solapi/send", SMS)
    request_id, sent = answer.headers["X-Request-Id"], answer.json()["id"]
    client.settled(sent)
    began = time.monotonic()
    found = wait_for("both", lambda: len(seen := page(client, request_id=request_id)) == 2 and seen, 10)
    assert time.monotonic() - began < 6
    by_event = {each["event"]: each for each in found or []}
    served, ended = by_event["request.served"], by_event["attempt.ended"]
    asked = {"method": "POST", "path": "/api/services/solapi/send", "status": 202, "code": None}
    assert served["detail"].keys() == {*asked, "ms", "client"}
    assert asked.items() <= served["detail"].items()
    assert ended["notification_id"] == sent
    end = {"channel": "solapi", "attempt": 1, "outcome": "accepted", "code": None, "refused": None}
    assert ended["detail"] == end
    assert page(client, notification_id=sent) == [ended]
    other = Client.register(client.api)
    assert page(other, notification_id=sent) == page(other, request_id=request_id) == []


def test_a_worker_killed_while_it_ships_loses_nothing_and_doubles_nothing(shipping: Stack, client: Client) -> None:
    with speaking(shipping) as lock, speaking(shipping) as look:
        lock.execute("LOCK TABLES log_records WRITE")
        names = ask_many(client, "killed")
        # Until all of them are in the worker's hands, and in nobody else's.
        time.sleep(2.5)

        def is_writing() -> bool:
            look.execute(WAITS)
            return bool((look.fetchone() or (0,))[0])

        wait_for("a worker that writes", is_writing, 10)
        shipping.kill("worker")
        lock.execute("UNLOCK TABLES")
    shipping.launch("worker")
    assert arrived(shipping, "killed", names) == Counter(names)


def test_processes_that_are_told_to_stop_ship_what_they_still_have(shipping: Stack, client: Client) -> None:
    sent = client.send("solapi", SMS)
    client.settled(sent)
    time.sleep(0.1)
    names = ask_many(client, "last", 1)
    for name in ("worker", "web"):
        process = shipping.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    shipping.launch("worker")
    shipping.launch("web")
    wait_for("the API", lambda: requests.get(f"{shipping.api}/ready", timeout=5).ok)
    assert arrived(shipping, "last", names) == Counter(names)
    assert [each["detail"]["attempt"] for each in page(client, notification_id=sent)] == [1]


def test_with_the_database_away_records_wait(shipping: Stack, client: Client, database: Mariadb) -> None:
    names = ask_many(client, "dark")
    database.kill()
    # Nobody knows who asks; that somebody did is on record all the same.
    for number in range(5):
        names.append(f"dark-later-{number}")
        requests.get(f"{shipping.api}/", headers={"X-Request-Id": names[-1]}, timeout=10)
    time.sleep(AWAY_SECONDS)
    assert b"logs.sink_away" in shipping.log("worker")
    database.start()
    assert arrived(shipping, "dark", names) == Counter(names)


def test_with_the_broker_away_requests_are_answered_and_records_wait(
    shipping: Stack, client: Client, broker: Broker
) -> None:
    before = {each["id"] for each in page(client, event="attempt.ended")}
    broker.kill()
    took: list[float] = []
    sent: list[str] = []
    for number in range(30):
        began = time.monotonic()
        sent.append(client.send("solapi", {**SMS, "text": f"away {number}"}))
        took.append(time.monotonic() - began)
    names = ask_many(client, "lonely")
    broker.start()
    assert sorted(took)[len(took) // 2] < 0.2, took
    assert arrived(shipping, "lonely", names) == Counter(names)
    for each in sent:
        client.settled(each, 60)
    wait_for(
        "all attempts",
        lambda: set(sent) <= {each["notification_id"] for each in page(client, event="attempt.ended", limit="100")},
    )
    assert before <= {each["id"] for each in page(client, event="attempt.ended", limit="100")}
    assert b"logs.dropped" not in shipping.log("web")
