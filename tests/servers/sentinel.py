"""A master, its replica, and three Sentinels that watch both and make the replica the master when that one is gone."""

from functools import partial
from pathlib import Path
from typing import Any

from redis import Redis

from tests.servers.process import LOOPBACK, Child, first_words, free_port
from tests.servers.redis import RedisServer

MASTER = "alrim"
SENTINELS = 3
GONE_AFTER_MS = 1000
CONFIGURATION = f"""
bind {LOOPBACK}
port {{port}}
dir {{home}}
sentinel monitor {MASTER} {LOOPBACK} {{master}} 2
sentinel down-after-milliseconds {MASTER} {GONE_AFTER_MS}
sentinel failover-timeout {MASTER} 5000
"""


class Watched:
    """Five servers of one installation's broker."""

    def __init__(self, binary: Path, home: Path) -> None:
        self._homes = [home / name for name in ("master", "replica", *(f"s{each}" for each in range(SENTINELS)))]
        for each in self._homes:
            each.mkdir()
        self.master = RedisServer(binary, self._homes[0])
        self.replica = RedisServer(binary, self._homes[1], replica_of=self.master.port)
        self._ports = [free_port() for _ in range(SENTINELS)]
        self._sentinels = [
            self._sentinel(binary, port, folder) for port, folder in zip(self._ports, self._homes[2:], strict=True)
        ]

    def _sentinel(self, binary: Path, port: int, home: Path) -> Child:
        said = home / "sentinel.conf"
        said.write_text(CONFIGURATION.format(port=port, home=home, master=self.master.port))
        return Child([binary, said, "--sentinel"], home / "sentinel.log")

    @property
    def url(self) -> str:
        """The Sentinels, as Celery writes them."""
        return ";".join(f"sentinel://{LOOPBACK}:{port}/0" for port in self._ports)

    def start(self) -> None:
        """Start all five."""
        self.master.start()
        self.replica.start()
        for port, sentinel in zip(self._ports, self._sentinels, strict=True):
            sentinel.start(partial(_answers, port), within=10)

    def stop(self) -> None:
        """Stop all that runs."""
        for each in self._sentinels:
            each.stop()
        self.replica.stop()
        self.master.stop()

    def is_watched(self) -> bool:
        """Whether each Sentinel knows of the others and of a replica that has everything."""
        seen = [self._ask(port) for port in self._ports]
        known = [(int(each["num-other-sentinels"]), int(each["num-slaves"])) for each in seen]
        with Redis(port=self.replica.port) as client:
            linked = client.info("replication").get("master_link_status") == "up"
        return linked and known == [(SENTINELS - 1, 1)] * SENTINELS

    def present_master(self) -> int:
        """The port of whom the Sentinels call the master."""
        return int(self._ask(self._ports[0])["port"])

    def kept(self) -> set[str]:
        """Which kinds of limits the present master holds at this moment; they end with each second."""
        with Redis(port=self.present_master()) as client:
            return {key.decode().split(":")[1] for key in client.keys("alrim:*")}

    def _ask(self, port: int) -> dict[str, Any]:
        with Redis(port=port) as client:
            said: dict[str, Any] = client.sentinel_master(MASTER)
            return said


def _answers(port: int) -> bool:
    return first_words(port, b"PING\r\n").startswith(b"+PONG")
