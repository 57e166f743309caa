"""Runs the sandbox: binds its ports on the loopback address, says where it listens, stops without waiting.

It must know no provider; the one thing that it adds to the web server is the connection's transport in
each request's scope, by which a response can be no answer.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox import main, smtp, state
from sandbox.settings import Settings
from sandbox.silence import EXTENSION

HOST: Final = "127.0.0.1"
PATIENCE: Final = 0.5
"""Seconds that requests in progress have when the sandbox stops; then held ones are dropped."""


class Protocol(H11Protocol):
    """HTTP/1.1 whose requests carry their connection's transport.

    h11 rather than httptools: written in Python, it treats a connection that is aborted under it alike on
    every event loop.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- handed on as they came
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- the server's own types are private
            scope.setdefault("extensions", {})[EXTENSION] = self.transport
            await inner(scope, receive, send)

        self.app = with_transport


class Server(uvicorn.Server):
    """A web server that calls back when it listens and does not wait for held connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(PATIENCE, self._drop)
        await super().shutdown(sockets)

    def _drop(self) -> None:
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


async def serve(settings: Settings, ready: Callable[[uvicorn.Server, str], None]) -> None:
    """Serve until the server is told to exit or a signal arrives.

    Args:
        settings: ports of 0 take free ones.
        ready: called once, when both ports answer, with the server and the line that names them.

    Raises:
        OSError: a port is taken.
    """
    shared = state.new(settings)
    config = uvicorn.Config(
        main.create(shared), http=Protocol, log_level="warning", access_log=False, lifespan="off", ws="none"
    )
    with socket.create_server((HOST, settings.port), backlog=2048) as listener:
        # Inherited by each connection. asyncio would set it, but not on a socket made without naming TCP, and
        # every answer would wait 40 ms for the caller's delayed acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with smtp.serve(shared) as smtp_port:
            line = f"sandbox ready http://{HOST}:{listener.getsockname()[1]} smtp {HOST}:{smtp_port}"
            server = Server(config, lambda: ready(server, line))
            await server.serve(sockets=[listener])
