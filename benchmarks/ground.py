"""What a measurement stands on: private servers, and processes that are ended by id when it is over."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self

import requests
from typing_extensions import override

from benchmarks.load import Order, Seen
from config.vocabulary import CONSUMES, Process
from tests.flows.client import Client
from tests.flows.stack import PYTHON, ROOT, Stack, wait_for
from tests.servers import mariadb, rabbitmq, redis
from tests.servers.mariadb import Mariadb
from tests.servers.process import free_port, with_parent
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

LARGE: Final = ("--innodb-buffer-pool-size=2G", "--innodb-log-file-size=512M")
"""A database that is not kept small for tests; each commit is flushed all the same."""

PATIENCE: Final = 60.0
"""Seconds without a message after which a run has failed."""


class MissingServer(Exception):  # noqa: N818 - the name says it
    """A server's binary is not installed."""


class Ground:
    """Servers and directories of one run; start what a figure needs, everything ends with the block.

    Attributes:
        tuning: the database's options, until it is started.
    """

    def __init__(self) -> None:
        self._exits = ExitStack()
        self.home = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="alrim-bench-")))
        self.tuning: tuple[str, ...] = LARGE
        self._mariadb: Mariadb | None = None
        self._brokers: dict[str, RedisServer | RabbitmqServer] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def database(self) -> str:
        """Make an empty database on a MariaDB that flushes every commit, and return its URL."""
        if self._mariadb is None:
            self._mariadb = Mariadb(_found("mariadb-server", mariadb.find()), self._folder("mariadb"), self.tuning)
            self._mariadb.start()
            self._exits.callback(self._mariadb.stop)
        return self._mariadb.fresh_database()

    def broker(self, kind: str = "redis") -> str:
        """Return the URL of a broker with nothing in it."""
        if kind not in self._brokers:
            if kind == "redis":
                server: RedisServer | RabbitmqServer = RedisServer(
                    _found("redis-server", redis.find()), self._folder("redis"), fsync="everysec"
                )
            else:
                server = RabbitmqServer(_found("rabbitmq-server", rabbitmq.find()), self._folder("rabbitmq"))
            server.start()
            self._exits.callback(server.stop)
            self._brokers[kind] = server
        server = self._brokers[kind]
        if isinstance(server, RedisServer):
            server.flush()
        return server.url

    def stack(self, kind: str = "redis", extra: Mapping[str, str] | None = None) -> "Installation":
        """Make an installation with a database of its own; nothing of it runs yet."""
        stack = Installation(self._folder("stack"), self.database(), self.broker(kind), dict(extra or {}))
        stack.migrate()
        return stack

    def _folder(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.home))


class Installation(Stack):
    """An installation whose processes are named one by one: `web`, `provider`, workers of any size."""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.provider_port = free_port()
        provider = f"http://127.0.0.1:{self.provider_port}"
        self.environment |= {
            "ALRIM_KAKAO_API_BASE_URL": provider,
            "ALRIM_KAKAO_ACCESS_TOKEN": "bench",
            "ALRIM_SOLAPI_BASE_URL": provider,
            "ALRIM_SOLAPI_API_KEY": "bench",
            "ALRIM_SOLAPI_API_SECRET": "bench",
        }
        self.provider = provider

    def migrate(self) -> None:
        """Make the tables."""
        command = [PYTHON, "-m", "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=60)

    @contextmanager
    def running(self, name: str, command: list[str], ready: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Run one process for as long as the block lasts; `ready` is a word of its log that says that it serves."""
        path = self.directory / f"{name}.log"
        path.unlink(missing_ok=True)
        with path.open("ab") as log:
            process = subprocess.Popen(
                [*with_parent(), *command],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes[name] = process
        try:
            if ready is not None:
                wait_for(
                    f"{name} ({path.read_text(errors='replace')[-300:]})", lambda: re.search(ready, path.read_text())
                )
            yield process
        finally:
            del self.processes[name]
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)

    @contextmanager
    def serving(self, app: str = "api.main:create_app", processes: int = 2) -> Iterator[Client]:
        """Serve an application on the API's port, and register a caller with a key."""
        command = [
            *(PYTHON, "-m", "uvicorn", app, "--factory", "--host", "127.0.0.1", "--port", str(self.api_port)),
            *("--workers", str(processes), "--no-access-log", "--no-proxy-headers", "--no-server-header"),
        ]
        with self.running("web", command):
            yield self.registered()

    def registered(self) -> Client:
        """Wait until the API serves, and register a caller with a key."""
        wait_for("the API", lambda: requests.get(f"{self.api}/ready", timeout=5).ok)
        return Client.register(self.api)

    @contextmanager
    def working(self, queues: str, *options: str, name: str = "worker") -> Iterator[None]:
        """Run a worker of the product on these queues."""
        command = [
            *(PYTHON, "-m", "celery", "-A", "workers.celery_app:app", "worker"),
            *("-n", f"{name}@bench", "-Q", queues, *options),
        ]
        with self.running(name, command, ready=r" ready\."):
            yield

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Run both workers and beat, as Procfile does."""
        with ExitStack() as running:
            for process in (Process.WORKER, Process.WORKER_BULK):
                running.enter_context(self.working(",".join(CONSUMES[process]), "-c", "4", name=process.value))
            running.enter_context(self.running("beat", self.commands()["beat"]))
            yield

    @contextmanager
    def providing(self, milliseconds: int) -> Iterator[None]:
        """Run a provider that answers after so many milliseconds."""
        command = [PYTHON, "-m", "benchmarks.provider", str(self.provider_port), str(milliseconds)]
        with self.running("provider", command):
            wait_for("the provider", lambda: requests.get(f"{self.provider}/seen", timeout=5).ok)
            yield

    def seen(self) -> dict[str, float]:
        """When each message came to the provider (Unix seconds), by the name it had there."""
        came: dict[str, float] = requests.get(f"{self.provider}/seen", timeout=30).json()["came"]
        return came

    def count(self) -> int:
        """How many messages came to the provider."""
        return int(requests.get(f"{self.provider}/count", timeout=30).json())

    def wait_for_count(self, number: int) -> None:
        """Wait until so many have come; fails when none comes for a minute."""
        before, still = 0, time.monotonic()
        while (now := self.count()) < number:
            if now > before:
                before, still = now, time.monotonic()
            if time.monotonic() - still > PATIENCE:
                raise RuntimeError(f"only {now} of {number} came, and no more for a minute")
            time.sleep(0.3)

    def forget(self) -> None:
        """Let the provider forget what came."""
        requests.delete(f"{self.provider}/seen", timeout=30)


def load(client: Client, path: str, contents: list[dict[str, Any]], **order: Any) -> Seen:  # noqa: ANN401 - an Order's fields
    """Let a caller in a process of its own send, and return what it saw."""
    port = int(client.api.rpartition(":")[2])
    bodies = [json.dumps(content, ensure_ascii=False) for content in contents]
    asked = Order(port, path, client.access_key, client.secret_key, bodies, **order)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(vars(asked)).encode(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        timeout=asked.seconds + 120,
    )
    return Seen(**json.loads(done.stdout))


def _found(package: str, binary: Path | None) -> Path:
    if binary is None:
        raise MissingServer(f"{package} is not installed: make test says how to install it")
    return binary
