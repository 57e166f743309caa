"""Serves `/health` and `/metrics` of a worker or of beat, and asks for the former: `python -m workers.health worker`.

On a Unix socket in the state directory unless ALRIM_HEALTH_LISTEN says otherwise, closed to other users; on an address
that other machines reach only if `/metrics` demands a token there. It must not know what health or a metric is, nor
load what a check that runs every half minute would pay for.
"""

import ipaddress
import json
import os
import socket
import stat
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseServer, ThreadingTCPServer, ThreadingUnixStreamServer
from typing import Final, NamedTuple

from typing_extensions import override

from config.metrics import Metrics
from config.settings import Installation, SettingsError, Worker, settings

SOCKET_PATH_BYTES = 107
"""What Linux leaves of a socket's address for the path, unix(7)."""

PORTS = range(65536)
CLIENT_SECONDS = 5.0

METRICS: Final = "/metrics"
Address = Path | tuple[str, int]


class Page(NamedTuple):
    """What is answered."""

    status: HTTPStatus
    kind: str
    body: bytes

    @classmethod
    def json(cls, status: HTTPStatus, said: Mapping[str, object]) -> "Page":
        """Make one that says these values."""
        return cls(status, "application/json", json.dumps(said).encode())

    @classmethod
    def text(cls, body: bytes) -> "Page":
        """Make one in Prometheus' text format."""
        return cls(HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", body)


Pages = Mapping[str, Callable[[], Page]]


def address(process: str) -> Address:
    """Where a process of this name serves.

    Raises:
        SettingsError: it is no address, beyond this machine without a token, or too long.
    """
    said = settings(Worker).health_listen
    if not said or said.startswith("unix:"):
        default = settings(Installation).var.resolve() / f"health.{process}.sock"
        return _socket(Path(said.removeprefix("unix:")) if said else default)
    host, _, port = said.rpartition(":")
    try:
        ip = ipaddress.IPv4Address("127.0.0.1" if host == "localhost" else host)
        number = PORTS.index(int(port))
    except ValueError:
        raise SettingsError(f"ALRIM_HEALTH_LISTEN: neither unix:/path nor 127.0.0.1:port, {said}") from None
    if not ip.is_loopback and settings(Metrics).metrics_token is None:
        raise SettingsError(
            f"ALRIM_HEALTH_LISTEN: {ip} is reached from other machines; use 127.0.0.1 or unix:/path, "
            "or set ALRIM_METRICS_TOKEN"
        )
    return str(ip), number


def _socket(path: Path) -> Path:
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_BYTES:
        raise SettingsError(
            f"ALRIM_HEALTH_LISTEN: a socket's path has at most {SOCKET_PATH_BYTES} bytes, this one {length}: {path}"
        )
    return path


def listen(where: Address, pages: Pages) -> BaseServer:
    """Occupy the address; nothing is answered before `serve_forever`, and a fork of this process lets go of it.

    A socket file that is there is replaced, be it left over or another's: the newest of one name is asked.

    Raises:
        SettingsError: the address is taken or cannot be used.
    """
    try:
        server = _bound(where, _handler(pages, demands=not isinstance(where, Path)))
    except OSError as error:
        raise SettingsError(f"ALRIM_HEALTH_LISTEN: cannot listen on {where}: {error.strerror}") from None
    # A child that outlives its parent would keep the port, or let callers wait for an answer.
    os.register_at_fork(after_in_child=server.socket.close)
    return server


def _bound(where: Address, handler: type[BaseHTTPRequestHandler]) -> ThreadingTCPServer | ThreadingUnixStreamServer:
    server: ThreadingTCPServer | ThreadingUnixStreamServer
    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
        if where.exists() and stat.S_ISSOCK(where.stat().st_mode):
            where.unlink()
        # Closed to others from the first moment; called before any thread starts, so nobody else's files change.
        before = os.umask(0o177)
        try:
            server = ThreadingUnixStreamServer(str(where), handler)
        finally:
            os.umask(before)
    else:
        server = _Loopback(where, handler)
    server.daemon_threads = True
    return server


class _Loopback(ThreadingTCPServer):
    allow_reuse_address = True


def _handler(pages: Pages, *, demands: bool) -> type[BaseHTTPRequestHandler]:
    """Answer with these pages; over the network `demands` the token for the numbers, if there is one."""
    known = settings(Metrics)
    guarded = METRICS if demands and known.metrics_token is not None else None

    class Handler(BaseHTTPRequestHandler):
        timeout = CLIENT_SECONDS
        server_version = "alrim"
        sys_version = ""

        def do_GET(self) -> None:
            make = pages.get(self.path)
            if make is None:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            if self.path == guarded and not known.lets_in(self.headers.get("Authorization", "")):
                self.send_error(HTTPStatus.UNAUTHORIZED)
                return
            page = make()
            self.send_response(page.status)
            self.send_header("Content-Type", page.kind)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Be silent: a check that passes is no event."""

    return Handler


class _ToSocket(HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CLIENT_SECONDS)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(CLIENT_SECONDS)
        self.sock.connect(str(self._path))


def ask(where: Address) -> tuple[int, str]:
    """Return status and body; 0 and why if nobody answers within 5 s."""
    connection = _ToSocket(where) if isinstance(where, Path) else HTTPConnection(*where, timeout=CLIENT_SECONDS)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, HTTPException) as error:
        return 0, f"no answer from {where}: {str(error) or type(error).__name__}"
    finally:
        connection.close()


def main(process: str = "worker") -> int:
    """Print what the worker of this process name says of itself; 0 only if it is well."""
    try:
        status, said = ask(address(process))
    except SettingsError as error:
        status, said = 0, str(error)
    sys.stdout.write(f"{said}\n")
    return 0 if status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
