from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import Channel, Lane, Queue
from models.types import new_id
from tests.broker import use_broker
from tests.flows.stack import wait_for
from tests.servers.process import free_port
from tests.servers.rabbitmq import RabbitmqServer
from workers.channels.registry import VENDORS
from workers.publish import Bell, Ring, chunks

CONNECTIONS = [new_id() for _ in range(3)]


def a_ring(channel: Channel, lane: Lane, connection: UUID) -> Ring:
    return Ring(new_id(), channel, lane, connection, None)


rings = st.lists(
    st.builds(a_ring, st.sampled_from(Channel), st.sampled_from(Lane), st.sampled_from(CONNECTIONS)), max_size=200
)


@given(rings)
def test_a_message_never_mixes_and_nothing_is_forgotten(given_rings: list[Ring]) -> None:
    made = list(chunks(given_rings))
    assert sorted(ring.id for chunk in made for ring in chunk) == sorted(ring.id for ring in given_rings)
    for chunk in made:
        assert len({(ring.channel, ring.lane, ring.connection_id) for ring in chunk}) == 1
        assert 0 < len(chunk) <= VENDORS[chunk[0].channel].batch_size[chunk[0].lane]


def test_as_few_messages_as_may_be() -> None:
    many = [a_ring(Channel.SOLAPI, Lane.BULK, CONNECTIONS[0]) for _ in range(1500)]
    assert [len(chunk) for chunk in chunks(many)] == [1000, 500]


@pytest.mark.parametrize("channel", Channel)
def test_urgent_goes_alone(channel: Channel) -> None:
    assert VENDORS[channel].batch_size[Lane.URGENT] == 1


@pytest.mark.flow
def test_a_bell_survives_its_broker(
    broker_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept connection breaks under it: it says so, and rings again when the broker is back."""
    server = request.getfixturevalue("rabbitmq" if broker_url.startswith("amqp") else "redis_server")
    use_broker(broker_url, monkeypatch)
    bell = Bell()
    ring = a_ring(Channel.KAKAO, Lane.NORMAL, CONNECTIONS[0])
    assert bell.ring([ring])
    server.kill()
    assert not bell.ring([ring])
    assert bell.depth(Queue.SEND_KAKAO_NORMAL) is None
    server.start()
    assert bell.ring([ring])
    bell.close()


@pytest.mark.flow
def test_a_bell_finds_the_node_that_is_left(rabbitmq: RabbitmqServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rabbitmq.start()
    gone = [f"amqp://guest:guest@127.0.0.1:{free_port()}//" for _ in range(2)]
    use_broker(";".join([*gone, rabbitmq.url]), monkeypatch)
    bell = Bell()
    assert bell.ring([a_ring(Channel.KAKAO, Lane.NORMAL, CONNECTIONS[0])])
    bell.close()


@pytest.mark.flow
def test_a_ring_into_a_deleted_queue_is_not_taken_for_one(
    broker_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RabbitMQ confirms what it drops; the bell hears of it, and makes the queue anew at the next ring."""
    use_broker(broker_url, monkeypatch)
    bell = Bell()
    ring, queue = a_ring(Channel.KAKAO, Lane.NORMAL, CONNECTIONS[0]), Queue.SEND_KAKAO_NORMAL
    assert bell.ring([ring])
    if broker_url.startswith("amqp"):
        request.getfixturevalue("rabbitmq").delete([queue])
        assert not bell.ring([ring])
    else:
        # Redis knows no queue without messages: to push is to make it.
        request.getfixturevalue("redis_server").flush()
    assert bell.ring([ring])
    wait_for("the ring", lambda: bell.depth(queue) == 1, 5)
    bell.close()
