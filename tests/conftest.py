"""What every test stands on: real private servers when one asks for them, and no network when none does.

A server's binary that is not installed is no reason to pass quietly: what could not be covered is named in the
run's last lines, and with `CI=true` the run fails.
"""

import base64
import os
import shutil
import socket
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Never

import pytest

from config.settings import settings
from config.vocabulary import Queue
from models.schema import metadata
from models.sealing import sealer
from models.session import engine
from tests.flows import browser
from tests.servers import mariadb as mariadb_server
from tests.servers import process
from tests.servers import prometheus as prometheus_or_its_tool
from tests.servers import rabbitmq as rabbitmq_server
from tests.servers import redis as redis_or_valkey
from tests.servers.mariadb import Mariadb
from tests.servers.moto import MotoServer
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

NOT_COVERED = pytest.StashKey[dict[str, str]]()

SPEAKING = {"mariadb", "redis_server", "rabbitmq", "moto_server"}
"""Fixtures that are servers: who uses one may connect to it."""

NETWORKED = ("tests/sandbox", "tests/workers/transports", "tests/flows", "tests/servers")
"""Folders whose subject is the network itself."""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOT_COVERED] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Whoever takes long begins first, or one of two would wait for the other in the end.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - a plugin's class, without published types
    node.config.stash[NOT_COVERED].update(getattr(node, "workeroutput", {}).get("not_covered", {}))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, None]:
    yield
    gaps = session.config.stash[NOT_COVERED]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_covered"] = gaps
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        for name, reason in gaps.items():
            reporter.write_line(f"NOT COVERED: {name}: {reason}")
    if gaps and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _binary(config: pytest.Config, name: str, server: ModuleType) -> Path:
    found: Path | None = server.find()
    if found is None:
        _cannot_cover(config, name)
    return found


def _cannot_cover(config: pytest.Config, name: str) -> Never:
    config.stash[NOT_COVERED][name] = "binary not found; install the system package that has it"
    pytest.skip(f"{name} is not installed")


@pytest.fixture(scope="session")
def mariadb(pytestconfig: pytest.Config) -> Iterator[Mariadb]:
    binary = _binary(pytestconfig, "mariadb", mariadb_server)
    with TemporaryDirectory(prefix="alrim-mariadb-") as home:
        server = Mariadb(binary, Path(home))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config) -> Iterator[RedisServer]:
    binary = _binary(pytestconfig, "redis", redis_or_valkey)
    with TemporaryDirectory(prefix="alrim-redis-") as home:
        server = RedisServer(binary, Path(home))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def rabbitmq(pytestconfig: pytest.Config) -> Iterator[RabbitmqServer]:
    binary = _binary(pytestconfig, "rabbitmq", rabbitmq_server)
    with TemporaryDirectory(prefix="alrim-rabbitmq-") as home:
        server = RabbitmqServer(binary, Path(home))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    with TemporaryDirectory(prefix="alrim-moto-") as home:
        server = MotoServer(Path(home))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Path:
    return _binary(pytestconfig, "chromium", browser)


@pytest.fixture(scope="session")
def compose(pytestconfig: pytest.Config) -> list[str]:
    """Compose as a command, be it Docker's plugin or the program of before."""
    plugin = ["docker", "compose"]
    if shutil.which("docker") and not subprocess.run([*plugin, "version"], capture_output=True, check=False).returncode:
        return plugin
    if shutil.which("docker-compose") is None:
        _cannot_cover(pytestconfig, "docker-compose")
    return ["docker-compose"]


@pytest.fixture(scope="session")
def systemd_analyze(pytestconfig: pytest.Config) -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        _cannot_cover(pytestconfig, "systemd-analyze")
    return found


@pytest.fixture(scope="session")
def promtool(pytestconfig: pytest.Config) -> Path:
    return _binary(pytestconfig, "promtool", prometheus_or_its_tool)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.store) for name in ("sqlite", "mariadb")])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each kind of server that the product promises."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'alrim.db'}"
    server: Mariadb = request.getfixturevalue("mariadb")
    server.start()
    return server.fresh_database()


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh database with every table, as this process's own."""
    for name, value in {
        "ALRIM_ENV": "test",
        "ALRIM_DATABASE_URL": database_url,
        "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
        "ALRIM_INDEX_KEY": "i" * 32,
        "ALRIM_JWT_SECRET": "j" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    for cached in (settings, engine, sealer):
        cached.cache_clear()
    metadata.create_all(engine())
    yield database_url
    engine().dispose()
    for cached in (settings, engine, sealer):
        cached.cache_clear()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """A running, empty Redis, whatever the test before did to it."""
    redis_server.start()
    redis_server.flush()
    return redis_server.url


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.flow) for name in ("redis", "rabbitmq")])
def broker_url(request: pytest.FixtureRequest) -> str:
    """A broker of each kind that the product promises, with nothing in the product's queues."""
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return url
    server: RabbitmqServer = request.getfixturevalue("rabbitmq")
    server.start()
    server.delete(Queue)
    return server.url


@pytest.fixture
def free_port() -> int:
    return process.free_port()


@pytest.fixture(autouse=True)
def _no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if _may_connect(request):
        yield
        return
    attempts: list[str] = []

    def refuse(address: object) -> Never:
        attempts.append(str(address))
        raise AssertionError("a unit test opened a network connection; mark it store or flow, or feed it values")

    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    for name, connect in real.items():
        monkeypatch.setattr(
            socket.socket,
            name,
            lambda self, address, connect=connect: (
                connect(self, address) if self.family == socket.AF_UNIX else refuse(address)
            ),
        )
    yield
    # Said again here, for whoever swallowed it.
    assert not attempts, f"a unit test opened a network connection, to {attempts}"


def _may_connect(request: pytest.FixtureRequest) -> bool:
    node = request.node
    marked = any(node.get_closest_marker(name) for name in ("store", "flow"))
    folder = node.path.relative_to(request.config.rootpath).as_posix()
    return marked or bool(SPEAKING & set(request.fixturenames)) or folder.startswith(NETWORKED)
