"""A sink of AWS that hangs and dies under real processes: messages of lane bulk go on, and every record gets there."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import pytest
from celery import Celery

from config.vocabulary import Queue
from tests.flows.batch_client import BatchClient, as_csv, people
from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import Stack, wait_for
from tests.flows.test_log_shipping import ask_many, speaking
from tests.servers.mariadb import Mariadb
from tests.servers.moto import MotoServer
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]


@pytest.fixture
def cloud() -> Iterator[MotoServer]:
    """A server of the test's own, which it may kill."""
    with TemporaryDirectory(prefix="alrim-moto-") as home:
        server = MotoServer(Path(home))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def shipping(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, mariadb: Mariadb, cloud: MotoServer
) -> Iterator[Stack]:
    mariadb.start()
    extra = {**cloud.environment, "ALRIM_LOG_SINK": "dynamodb"}
    with installed(tmp_path_factory, redis_server, url=mariadb.fresh_database(), extra=extra) as stack:
        yield stack


def there(cloud: MotoServer) -> set[str]:
    """The names of the requests whose records are in the sink."""
    client = boto3.client("dynamodb", **cloud.arguments)
    if "alrim_logs" not in client.list_tables()["TableNames"]:
        return set()
    pages = client.get_paginator("scan").paginate(TableName="alrim_logs")
    return {each.get("request_id", {}).get("S", "") for page in pages for each in page["Items"]}


def rows(stack: Stack, table: str) -> int:
    with speaking(stack) as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a name of the test's own
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def slowest(batches: BatchClient, seconds: float) -> float:
    """Send batches of 100 in lane bulk, one after the other for so long; the seconds that the slowest took."""
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        made = batches.made(lane="bulk")
        batches.upload(made["id"], as_csv(people(100)))
        assert batches.over(made["id"])["counts"]["sent"] == 100
        took.append(time.monotonic() - begun)
    return max(took)


def forward(stack: Stack) -> None:
    """Have what waits forwarded, as beat does by and by."""
    with Celery(broker=stack.broker_url) as app:
        app.send_task("logs.forward", queue=str(Queue.LOGS))


def retried(stack: Stack) -> str:
    """What Flower shows as the reason of the RETRY of forwarding."""
    said: list[str] = []
    with Celery(broker=stack.broker_url) as app, app.connection_for_read() as connection:
        receiver = app.events.Receiver(connection)

        def note(event: dict[str, str]) -> None:
            said.append(event["exception"])
            receiver.should_stop = True

        receiver.handlers["task-retried"] = note
        forward(stack)
        receiver.capture(timeout=30, wakeup=False)
    return said[0]


def test_with_the_sink_away_bulk_messages_go_on_and_records_wait(shipping: Stack, cloud: MotoServer) -> None:
    client = Client.register(shipping.api)
    batches = BatchClient(client)
    names = ask_many(client, "calm", 10)
    calm = slowest(batches, 2)
    wait_for("the first records", lambda: set(names) <= there(cloud), 15)
    cloud.hang()
    names = ask_many(client, "hung", 10)
    hung = slowest(batches, 8)
    wait_for("records that wait", lambda: rows(shipping, "log_waiting"), 15)
    cloud.kill()
    names += ask_many(client, "dead", 10)
    dead = slowest(batches, 2)
    assert "sink_away EndpointConnectionError, records wait since" in retried(shipping)
    assert rows(shipping, "log_records") >= 20
    cloud.start()
    # The first one finds that the table is gone, the second makes it anew; there are more beside them.
    forward(shipping)
    time.sleep(2)
    forward(shipping)
    wait_for("all of them", lambda: set(names) <= there(cloud) and not rows(shipping, "log_waiting"), 60)
    assert rows(shipping, "log_records") == 0
    # A slot is held for five seconds at most, and only now and then.
    assert (hung < calm + 6, dead < calm + 3) == (True, True), (calm, hung, dead)
    sys.stdout.write(f"the slowest of many batches of 100: {calm:.1f} s, {hung:.1f} s, {dead:.1f} s\n")
