"""Ways not to answer: keep the connection open and close it without a word, or reset it.

A web framework cannot express this, so the server puts the connection's transport into each request's
scope and a response that is none closes it. It must know neither faults nor providers.
"""

import asyncio
import socket
import struct
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

EXTENSION: Final = "sandbox.transport"


class NoAnswer(Response):
    """A response that sends nothing and ends the connection.

    Args:
        seconds: how long the caller waits for the answer that never comes; it ends sooner when the caller
            gives up.
        reset: end with a TCP reset instead of an orderly close.
    """

    def __init__(self, seconds: float = 0.0, *, reset: bool = False) -> None:
        super().__init__()
        self._seconds = seconds
        self._reset = reset

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.wait_for(_gone(receive), self._seconds)
        except TimeoutError:
            transport: asyncio.Transport = scope["extensions"][EXTENSION]
            if self._reset:
                linger_none = struct.pack("ii", 1, 0)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
            transport.abort()
            await _gone(receive)  # only then does the server believe that there is no one to answer


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
