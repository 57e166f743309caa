"""The servers that other tests trust: what was answered survives a kill, on the same port."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
import pytest
from kombu import Connection, Queue
from redis import Redis
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.servers import redis as redis_or_valkey
from tests.servers.mariadb import Mariadb
from tests.servers.moto import MotoServer
from tests.servers.process import Child, ServerError, first_words, free_port, locate
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

QUEUE = Queue("kept-by-rabbitmq", durable=True)


@pytest.fixture
def home() -> Iterator[Path]:
    # A Unix socket's path may have 107 bytes; the test's own folder may have more.
    with TemporaryDirectory(prefix="alrim-") as folder:
        yield Path(folder)


@pytest.mark.store
def test_mariadb_keeps_what_it_committed(mariadb: Mariadb) -> None:
    engine = create_engine(mariadb.fresh_database(), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (word VARCHAR(9))"))
        connection.execute(text("INSERT INTO kept VALUES ('알림')"))
    mariadb.kill()
    assert not first_words(mariadb.port)
    mariadb.start()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT word FROM kept")) == "알림"
        assert connection.scalar(text("SELECT @@innodb_flush_log_at_trx_commit")) == 1


@pytest.mark.store
def test_mariadb_databases_do_not_see_each_other(mariadb: Mariadb) -> None:
    first, second = (create_engine(mariadb.fresh_database(), poolclass=NullPool) for _ in range(2))
    with first.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id INT)"))
    with second.connect() as connection:
        assert connection.execute(text("SHOW TABLES")).all() == []


@pytest.mark.store
@pytest.mark.parametrize("find", [redis_or_valkey.find, redis_or_valkey.find_embedded])
def test_redis_keeps_what_it_answered(find: Callable[[], Path | None], home: Path) -> None:
    binary = find()
    assert binary is not None
    server = RedisServer(binary, home)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            client.set("kept", "1")
        server.kill()
        assert not first_words(server.port)
        server.start()
        with Redis(unix_socket_path=str(server.socket)) as client:
            assert client.get("kept") == b"1"
        server.flush()
        with Connection(server.socket_url) as connection:
            assert QUEUE.bind(connection.channel()).get() is None
        with Redis.from_url(server.url) as client:
            assert client.get("kept") is None
    finally:
        server.stop()


@pytest.mark.flow
def test_rabbitmq_comes_back_on_its_port(rabbitmq: RabbitmqServer) -> None:
    # What it kept is not asked: 3.10 can lose a confirmed message's queue when killed soon after, and the row rings.
    rabbitmq.kill()
    assert not first_words(rabbitmq.port)
    rabbitmq.start()
    with Connection(rabbitmq.url, transport_options={"confirm_publish": True}) as connection:
        connection.Producer().publish({"id": 1}, routing_key=QUEUE.name, declare=[QUEUE])
        message = QUEUE.bind(connection.channel()).get()
        assert message is not None
        assert message.payload == {"id": 1}
        message.ack()
    rabbitmq.delete([QUEUE.name, "never made"])


def test_child_that_ends_at_once_says_why(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "echo no room >&2; exit 3"], tmp_path / "log")
    with pytest.raises(ServerError, match="no room"):
        child.start(lambda: False, within=5)
    assert not child.runs()


def test_child_that_never_is_ready_is_killed(tmp_path: Path) -> None:
    child = Child(["sleep", "60"], tmp_path / "log")
    with pytest.raises(ServerError):
        child.start(lambda: False, within=0.1)
    assert not child.runs()


def test_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    child = Child(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"], tmp_path / "log")
    child.start(lambda: "up" in (tmp_path / "log").read_text(), within=5)
    with pytest.raises(ServerError, match="did not stop"):
        child.stop(within=0.1)
    assert not child.runs()


def test_free_ports_are_below_those_of_outgoing_connections() -> None:
    first = Path("/proc/sys/net/ipv4/ip_local_port_range")
    floor = int(first.read_text().split()[0]) if first.exists() else 32_768
    assert all(1024 < free_port() < floor for _ in range(20))


def test_a_program_that_is_not_installed_is_not_found() -> None:
    assert locate("no-such-program", "sh") is not None
    assert locate("no-such-program") is None


@pytest.mark.flow
def test_moto_comes_back_empty_on_its_port(home: Path) -> None:
    server = MotoServer(home)
    server.start()
    try:
        client = boto3.client("s3", **server.arguments)
        client.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
        assert [each["Name"] for each in client.list_buckets()["Buckets"]] == ["kept"]
        server.kill()
        assert not first_words(server.port)
        server.start()
        assert client.list_buckets()["Buckets"] == []
    finally:
        server.stop()
