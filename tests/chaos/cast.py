"""Who plays: an installation of private processes, and how each blow is dealt and mended.

Processes are ended by the number under which they were started here. Blocking starts of servers happen in a thread
of their own, which lives as long as they do; it knows nothing of what is sent.
"""

import os
import random
import shutil
import signal
import subprocess
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Self

import pymysql
import requests
from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.schedule import Action, Event
from tests.chaos.witness import Witness
from tests.flows.stack import RECEIPT_TOKEN, Stack
from tests.servers import mariadb, rabbitmq
from tests.servers import redis as redis_or_valkey
from tests.servers.mariadb import Mariadb
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

LEASE = 10
HANG = 4
"""Longer than an exchange may last under such a lease."""


class Cast:
    """One installation on one broker; a context that ends every process it started."""

    def __init__(self, broker: str, seed: int, lease: int = LEASE, *, keep: bool = False) -> None:
        self._home = Path(mkdtemp(prefix=f"alrim-chaos-{broker}-"))
        self._dice = random.Random(seed)  # noqa: S311 - which child is struck need not be secret
        self._servers = ThreadPoolExecutor(1, thread_name_prefix="servers")
        self._starting: list[Future[None]] = []
        self.ended_by_themselves: Counter[str] = Counter()
        self.down: set[str] = set()
        self.database = Mariadb(_found("mariadb", mariadb.find()), self._folder("mariadb"))
        self.broker: RedisServer | RabbitmqServer = (
            RedisServer(_found("redis", redis_or_valkey.find()), self._folder("broker"))
            if broker == "redis"
            else RabbitmqServer(_found("rabbitmq", rabbitmq.find()), self._folder("broker"))
        )
        self.seed, self.lease, self._keep = seed, lease, keep

    def __enter__(self) -> Self:
        try:
            self._servers.submit(self.database.start).result()
            self._servers.submit(self.broker.start).result()
            extra = {
                "ALRIM_LEASE_SECONDS": str(self.lease),
                "ALRIM_SANDBOX_HANG": str(HANG),
                "ALRIM_SANDBOX_SEED": str(self.seed),
                "ALRIM_SANDBOX_REPORT_DELAY": "0.5",
            }
            database = self.database.fresh_database()
            self.stack = Stack(self._folder("stack"), database, self.broker.url, extra, webs=2, workers=2)
            webhook = f"{self.stack.api}/api/receipts/solapi/{RECEIPT_TOKEN}"
            self.stack.environment["ALRIM_SANDBOX_WEBHOOK_URL"] = webhook
            self.witness = Witness(self.stack.sandbox, database)
            self.stack.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if hasattr(self, "stack"):
            self.stack.stop()
        for server in (self.broker, self.database):
            self._servers.submit(server.kill).result()
        self._servers.shutdown()
        if not self._keep:
            shutil.rmtree(self._home, ignore_errors=True)

    @property
    def home(self) -> Path:
        """Where logs and data lie."""
        return self._home

    @property
    def apis(self) -> list[str]:
        """The addresses of both API processes."""
        return [f"http://127.0.0.1:{port}" for port in self.stack.api_ports.values()]

    def fault(self, kind: str, rate: float, seconds: float | None = None, channel: str | None = None) -> None:
        """Set a fault of the sandbox on one channel, or on all."""
        for each in ("solapi", "kakao", "gmail", "ses") if channel is None else (channel,):
            fault = {"channel": each, "kind": kind, "rate": rate, "seconds": seconds}
            requests.put(f"{self.stack.sandbox}/faults", json=fault, timeout=10).raise_for_status()

    def clear_faults(self) -> None:
        """Have the providers behave."""
        requests.delete(f"{self.stack.sandbox}/faults", timeout=10).raise_for_status()

    def strike(self, event: Event) -> None:
        """Deal a blow; what has to be started again is left down."""
        match event.action:
            case Action.KILL_CHILD:
                self._kill_child(event.target)
            case Action.CUT_DATABASE:
                self._cut_database()
            case Action.CUT_BROKER:
                self._cut_broker()
            case _:
                self.down.add(event.target)
                self._take_down(event)

    def _take_down(self, event: Event) -> None:
        match event.action:
            case Action.LOSE_BROKER:
                self._servers.submit(self.broker.lose).result()
            case Action.KILL_DATABASE:
                self._servers.submit(self.database.kill).result()
            case Action.RESTART_DATABASE:
                self._servers.submit(self.database.stop).result()
            case _ if event.target in self.stack.processes:
                self.stack.kill(event.target)
            case _:
                pass

    def mend(self, target: str) -> None:
        """Start a target again."""
        if target in {"broker", "database"}:
            server = self.broker if target == "broker" else self.database
            self._starting.append(self._servers.submit(server.start))
        elif target not in self.stack.processes:
            self.stack.launch(target)
        self.down.discard(target)

    def supervise(self) -> None:
        """Start again, as a supervisor would, what ended by itself; raises what kept a server from starting."""
        for name, process in [*self.stack.processes.items()]:
            if process.poll() is not None and name not in self.down:
                self.ended_by_themselves[name] += 1
                self.stack.kill(name)
                self.stack.launch(name)
        for future in [each for each in self._starting if each.done()]:
            self._starting.remove(future)
            future.result()

    def wait_for_servers(self) -> None:
        """Return when every server that is starting serves."""
        while self._starting:
            self._starting.pop().result()

    def _kill_child(self, name: str) -> None:
        parent = self.stack.processes.get(name)
        children = _children(parent) if parent else []
        if children:
            with suppress(ProcessLookupError):
                os.kill(self._dice.choice(children), signal.SIGKILL)

    def _cut_database(self) -> None:
        with suppress(pymysql.MySQLError):
            self.witness.cut(self.witness.connections())

    def _cut_broker(self) -> None:
        if isinstance(self.broker, RedisServer):
            with suppress(RedisError), Redis.from_url(self.broker.url) as client:
                client.execute_command("CLIENT", "KILL", "TYPE", "normal")
                client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        else:
            self._starting.append(self._servers.submit(self.broker.cut))

    def _folder(self, name: str) -> Path:
        folder = self._home / name
        folder.mkdir()
        return folder


def _found(name: str, binary: Path | None) -> Path:
    if binary is None:
        raise SystemExit(f"chaos: no {name} server is installed here; sh deploy/local/servers.sh says what to install")
    return binary


def _children(process: "subprocess.Popen[bytes]") -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with suppress(OSError):
        return [int(number) for number in listed.read_text().split()]
    return []
