"""A batch through the deaths of everything it needs: every recipient gets it once, and progress is not lost."""

import threading
from collections.abc import Iterator

import pytest
import requests

from tests.flows.batch_client import BATCHES, BatchClient, as_csv, people
from tests.flows.client import Client
from tests.flows.conftest import private_broker
from tests.flows.stack import Stack, wait_for
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

MANY = 6_000


@pytest.fixture
def breaking(
    tmp_path_factory: pytest.TempPathFactory, mariadb: Mariadb, redis_server: RedisServer
) -> Iterator[tuple[Stack, RedisServer]]:
    mariadb.start()
    with private_broker(redis_server, tmp_path_factory.mktemp("b")) as broker:
        extra = {"ALRIM_LEASE_SECONDS": "8"}
        running = Stack(tmp_path_factory.mktemp("breaks"), mariadb.fresh_database(), broker.url, extra)
        try:
            running.start("sandbox", "web")
            yield running, broker
        finally:
            running.stop()


def upload_until_broken(batches: BatchClient, batch_id: str, body: bytes) -> None:
    """Send it so slowly that somebody can be killed in between; how it ends is nobody's matter."""
    url, headers = batches.client.signed("PUT", f"{BATCHES}/{batch_id}/recipients", body)
    held = threading.Event()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 16_384):
            yield body[start : start + 16_384]
            held.wait(0.05)

    try:
        requests.put(url, data=pieces(), headers={**headers, "Content-Type": "text/csv"}, timeout=60)
    except requests.RequestException:
        return


def test_a_batch_survives_its_api_its_broker_and_its_workers(breaking: tuple[Stack, RedisServer]) -> None:
    stack, broker = breaking
    batches = BatchClient(Client.register(stack.api))
    made, body = batches.made(), as_csv(people(MANY, "BREAKS"))
    uploading = threading.Thread(target=upload_until_broken, args=(batches, made["id"], body))
    uploading.start()
    wait_for("some of the upload", lambda: batches.look(made["id"])["rows_read"] >= 1_000)
    stack.kill("web")
    uploading.join()
    stack.launch("web")
    wait_for("the API again", lambda: requests.get(f"{stack.api}/ready", timeout=5).ok)
    seen = batches.look(made["id"])
    assert seen["status"] == "receiving"
    assert 1_000 <= seen["rows_read"] < MANY
    assert sum(seen["counts"].values()) == seen["rows_read"]
    assert batches.upload(made["id"], body).json()["accepted"] == MANY

    stack.launch("worker")
    stack.launch("beat")
    wait_for("the first to be sent", lambda: batches.look(made["id"])["counts"].get("sent", 0) > 0, 60)
    broker.kill()
    stack.kill("worker")
    broker.start()
    stack.launch("worker")
    seen = batches.over(made["id"], 120)
    assert (seen["status"], sum(seen["counts"].values())) == ("finished", MANY)
    wait_for("all of them", lambda: set(batches.look(made["id"])["counts"]) <= {"sent", "delivered"}, 60)
    entries = requests.get(f"{stack.sandbox}/inbox.json", timeout=30).json()
    arrived = [entry["to"] for entry in entries if "BREAKS" in (entry["text"] or "")]
    assert len(arrived) == len(set(arrived)) == MANY
