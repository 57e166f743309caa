"""Whether the addresses that a local installation is about to use are free, asked before anything starts.

So that a person reads one line instead of five processes' tracebacks. It must not know what will listen.
"""

import errno
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.refusal import Refusal

LOOPBACK: Final = "127.0.0.1"
SOCKET_PATH_BYTES: Final = 103 if sys.platform == "darwin" else 107
"""The longest path of a Unix socket: `sun_path` less its closing zero."""


def check(ports: Mapping[str, int]) -> None:
    """Try every port, setting name to number, on the loopback address.

    Raises:
        Refusal: one is taken, said twice, reserved for root, or no port at all.
    """
    said: dict[int, str] = {}
    for name, port in ports.items():
        if not 1 <= port <= 65535:  # noqa: PLR2004 - what a port can be
            raise Refusal(f"{name}={port} is no port: set one from 1 to 65535")
        if port in said:
            raise Refusal(f"port {port} is wanted twice ({said[port]} and {name}): set one of them to another port")
        said[port] = name
        _try(name, port)


def _try(name: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A connection that a former run closed a moment ago is no listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refusal(f"port {port} is in use ({name}): stop what listens there or set another") from None
            raise Refusal(f"port {port} cannot be used ({name}): {error.strerror}; set another") from None


def check_socket_path(path: Path) -> None:
    """Refuse a Unix socket's path that the system cannot hold.

    Raises:
        Refusal: it is too long.
    """
    size = len(bytes(path))
    if size > SOCKET_PATH_BYTES:
        raise Refusal(
            f"{path} has {size} bytes, a socket's path at most {SOCKET_PATH_BYTES}: "
            "set ALRIM_VAR to a folder with a shorter name"
        )
