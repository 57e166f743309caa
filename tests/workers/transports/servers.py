"""Small real servers on free ports of loopback, scripted per connection."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Script = Callable[[socket.socket], None]

NO_NAME = "a" * 64 + ".example"
"""No host's name: a label is too long, so that nobody on the network is asked for it."""


class Listener:
    """Runs its script for every connection, each in a thread, and counts them."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._socket.getsockname()[1]
        self.accepted = 0

    def serve(self) -> None:
        """Accept until the listening socket is shut down."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.accepted += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._run, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _run(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._script(connection)

    def stop(self) -> None:
        """Close everything and wait for the scripts to notice."""
        for each in (self._socket, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)


@contextlib.contextmanager
def listening(script: Script) -> Iterator[Listener]:
    """Serve a script for the time of the block."""
    listener = Listener(script)
    thread = threading.Thread(target=listener.serve)
    thread.start()
    try:
        yield listener
    finally:
        listener.stop()
        thread.join(5)


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as once:
        port: int = once.getsockname()[1]
    return port


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hang(connection: socket.socket) -> None:
    """Say nothing until the peer goes away."""
    while connection.recv(65536):
        pass


def drip(connection: socket.socket, byte: bytes = b"x", every: float = 0.02) -> None:
    """Send one byte after the other until the peer goes away."""
    while True:
        connection.sendall(byte)
        time.sleep(every)


def read_request(connection: socket.socket) -> bytes:
    """Read one HTTP request whole; empty when the peer has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return b""
        received += more
    head, body = received.split(b"\r\n\r\n", 1)
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(answer: bytes, seen: list[bytes] | None = None) -> Script:
    """Answer every request on the connection with the same bytes."""

    def script(connection: socket.socket) -> None:
        while request := read_request(connection):
            if seen is not None:
                seen.append(request)
            connection.sendall(answer)

    return script


def tls(certificate: Path) -> ssl.SSLContext:
    """A server's context over a file with certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
