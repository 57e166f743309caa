"""The same story on the other servers that the product promises: MariaDB and RabbitMQ."""

from collections.abc import Iterator

import pytest
import requests

from config.vocabulary import Queue
from tests.flows.client import Client
from tests.flows.stack import Stack
from tests.servers.mariadb import Mariadb
from tests.servers.rabbitmq import RabbitmqServer


@pytest.fixture(scope="module")
def big_stack(tmp_path_factory: pytest.TempPathFactory, mariadb: Mariadb, rabbitmq: RabbitmqServer) -> Iterator[Stack]:
    mariadb.start()
    rabbitmq.start()
    rabbitmq.delete(Queue)
    running = Stack(tmp_path_factory.mktemp("big"), mariadb.fresh_database(), rabbitmq.url)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_every_channel_arrives_on_mariadb_and_rabbitmq(big_stack: Stack) -> None:
    client = Client.register(big_stack.api)
    first = client.send("solapi", {"to": "01012345678", "from": "0212345678", "text": "글"})
    client.settled(first)  # else it may travel in one group with the next, which is throttled
    sent = [
        first,
        client.send("solapi", {"to": "01000000004", "from": "0212345678", "text": "다시"}),
        client.send("kakao", {"msg": "글"}),
        client.send("email", {"to": "a@example.com", "subject": "s", "text": "t"}),
        client.send("email", {"to": "a@example.com", "subject": "s", "text": "t", "provider": "ses"}),
    ]
    seen = [client.settled(each) for each in sent]
    assert [each["status"] for each in seen] == ["sent"] * 5
    assert [each["attempt"] for each in seen] == [1, 2, 1, 1, 1]
    entries = requests.get(f"{big_stack.sandbox}/inbox.json", timeout=5).json()
    assert sorted(entry["notification_id"] for entry in entries) == sorted(sent)


def test_a_ring_lost_with_the_broker_is_rung_again(big_stack: Stack, rabbitmq: RabbitmqServer) -> None:
    client = Client.register(big_stack.api)
    rabbitmq.kill()
    sent = client.send("solapi", {"to": "01012345678", "from": "0212345678", "text": "없는 동안"})
    assert client.look(sent)["status"] == "queued"
    assert requests.get(f"{big_stack.api}/ready", timeout=10).json()["status"] == "degraded"
    rabbitmq.start()
    assert client.settled(sent, seconds=60)["status"] == "sent"
