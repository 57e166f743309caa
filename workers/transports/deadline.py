"""One total time for a whole exchange with a provider.

Socket time-outs count from the last byte, so that a server which drips holds a worker for ever. A deadline
also counts from the start: when it passes, a timer shuts down the socket that the exchange waits on, whatever
library reads from it. It must not know what is being exchanged.
"""

import contextlib
import socket
import threading
import time
from contextvars import ContextVar
from typing import Final, Self

from config.settings import Worker, settings

CONNECT: Final = 3.0
"""Seconds to reach one address of a host."""

_CURRENT: Final[ContextVar["Deadline | None"]] = ContextVar("deadline", default=None)


def exchange_seconds() -> float:
    """Seconds for one exchange in all; a part of the lease."""
    return settings(Worker).exchange_seconds


class Deadline:
    """The end of the exchange inside the `with` block, for this thread.

    Attributes:
        begun: whether a socket was watched: from then on bytes may have left.
        expired: whether the time passed; then an end of the stream is a cut, not the server's.
    """

    def __init__(self, seconds: float | None = None) -> None:
        """Allow `seconds`, or what an exchange may take."""
        allowed = exchange_seconds() if seconds is None else seconds
        self.begun = False
        self.expired = False
        self._ends = time.monotonic() + allowed
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(allowed, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Start the clock."""
        self._token = _CURRENT.set(self)
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the clock; the socket is nobody's from here on."""
        self._timer.cancel()
        with self._lock:
            self._socket = None
        _CURRENT.reset(self._token)

    def watch(self, connected: socket.socket) -> None:
        """Cut this socket when the time passes, at once if it has passed."""
        with self._lock:
            self.begun = True
            self._socket = connected
            connected.settimeout(max(self._ends - time.monotonic(), 0.001))
            if self.expired:
                _cut(connected)

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._socket is not None:
                _cut(self._socket)


def watch(connected: socket.socket | None) -> None:
    """Put a socket under the current deadline, if there is one."""
    deadline = _CURRENT.get()
    if deadline is not None and connected is not None:
        deadline.watch(connected)


def _cut(connected: socket.socket) -> None:
    # The plain socket's shutdown: a TLS socket's own would change its state under the thread that reads.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
