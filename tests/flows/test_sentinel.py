"""The broker's master dies under traffic, and Sentinels make its replica the master."""

from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from tests.chaos.messages import orders, word_in
from tests.chaos.sender import Sender
from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer
from tests.servers.sentinel import MASTER, Watched

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

PER_SECOND = 15
SECONDS = 100


@pytest.fixture
def watched(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Watched]:
    servers = Watched(redis_server.binary, tmp_path_factory.mktemp("s"))
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory, watched: Watched) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("flows")
    # Limits that nobody comes up against: they are asked for at each request and each message.
    extra = {
        "ALRIM_REDIS_SENTINEL_MASTER": MASTER,
        "ALRIM_RATE_SOLAPI": "500",
        "ALRIM_KEY_REQUESTS_PER_SECOND": "500",
    }
    running = Stack(directory, f"sqlite:///{directory}/alrim.db", watched.url, extra)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def inbox(stack: Stack) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = requests.get(f"{stack.sandbox}/inbox.json", timeout=10).json()
    return entries


def test_a_dead_master_costs_seconds_and_no_message(guarded: Stack, watched: Watched) -> None:
    wait_for("the Sentinels", watched.is_watched, 20)
    client = Client.register(guarded.api)
    sender = Sender(client, [guarded.api], orders(2, PER_SECOND * SECONDS), SECONDS)
    sender.start()
    wait_for("traffic", lambda: len(inbox(guarded)) > PER_SECOND)
    watched.master.kill()
    wait_for("another master", lambda: watched.present_master() == watched.replica.port, 40)
    told = len(sender.accepted)
    wait_for("traffic on it", lambda: len(sender.accepted) > told + 2 * PER_SECOND)
    # The limits of callers and of connections moved with the broker.
    wait_for("both limits there", lambda: {"pace", "requests"} <= watched.kept(), 40)
    sender.stop()
    assert (sender.refused, sender.repeated) == ([], {})

    words = {each.word for each in sender.accepted}
    wait_for("the last of them", lambda: words <= {word_in(entry) for entry in inbox(guarded)}, 40)
    arrived = Counter((word_in(entry), entry["to"]) for entry in inbox(guarded))
    assert [who for who, times in arrived.items() if times > 1] == []
