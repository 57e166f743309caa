"""A private RabbitMQ node: own name, own ports, own port mapper, own data, no plugins.

A machine's own RabbitMQ may run beside it and is never touched. It knows nothing of the product's queues.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kombu import Connection, Queue

from tests.servers.process import LOOPBACK, Child, first_words, free_port, locate

DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The start script itself: Debian's command of that name changes user and folder, and runs as root only."""

CONTROL = DEBIAN.with_name("rabbitmqctl")

GREETING = b"AMQP\x00\x00\x09\x01"
"""AMQP 0-9-1 protocol header; the server answers with a method frame, whose first byte is 1."""

CONFIGURATION = """\
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 16MB
log.file = false
log.console = true
log.console.level = warning
"""


def find() -> Path | None:
    """The server's start script; None unless Erlang's port mapper is there too."""
    script = DEBIAN if DEBIAN.exists() else locate("rabbitmq-server")
    return script if locate("epmd") else None


class RabbitmqServer:
    """One node on one directory, which outlives `kill` and `start`."""

    def __init__(self, script: Path, home: Path) -> None:
        self.home = home
        self.port = free_port()
        mapper_port = free_port()
        # Left to itself Erlang starts a mapper that outlives everybody.
        self._mapper = Child(
            [locate("epmd") or "epmd", "-port", str(mapper_port), "-address", LOOPBACK],
            home / "epmd.log",
        )
        self._mapper_port = mapper_port
        self._child = Child([script], home / "rabbitmq.log", _environment(home, self.port, mapper_port))

    @property
    def url(self) -> str:
        """Its AMQP URL, virtual host `/`."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}//"

    def start(self) -> None:
        """Boot the node, which takes several seconds; does nothing if it runs."""
        (self.home / "rabbitmq.conf").write_text(CONFIGURATION)
        (self.home / "enabled_plugins").write_text("[].\n")
        # Its only request that changes nothing and is answered: the list of names (code 110).
        self._mapper.start(lambda: bool(first_words(self._mapper_port, b"\x00\x01n")), within=10)
        self._child.start(lambda: first_words(self.port, GREETING).startswith(b"\x01"), within=90)

    def stop(self) -> None:
        """Shut down in order."""
        self._child.stop(within=40)
        self._mapper.kill()

    def kill(self) -> None:
        """Cut the power; a queue that was declared in the last seconds may not be on disk yet, and is lost."""
        self._child.kill()
        self._mapper.kill()

    def lose(self) -> None:
        """Cut the power, and all that it remembered is gone, its queues too."""
        self.kill()
        shutil.rmtree(self.home / "mnesia", ignore_errors=True)

    def cut(self) -> None:
        """Close every client's connection; does nothing while the node cannot be spoken to."""
        command: list[str | Path] = [CONTROL, "-n", f"alrim{self.port}@localhost", "close_all_connections", "cut"]
        environment = {**os.environ, **_environment(self.home, self.port, self._mapper_port)}
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(command, env=environment, capture_output=True, timeout=20, check=False)

    def delete(self, queues: Iterable[str]) -> None:
        """Delete these queues with all that is in them; one that is not there is none."""
        with Connection(self.url) as connection, connection.channel() as channel:
            for queue in queues:
                Queue(str(queue)).bind(channel).delete()


def _environment(home: Path, port: int, mapper_port: int) -> dict[str, str]:
    return {
        "HOME": str(home),  # where Erlang makes its cookie
        "ERL_EPMD_PORT": str(mapper_port),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "RABBITMQ_NODENAME": f"alrim{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_PID_FILE": str(home / "rabbitmq.pid"),
        # Replace the shell instead of standing behind it, so that signals reach the node.
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_START_ARGS": "-noinput",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
    }
