"""Process time: every answer says how long it took, in `X-Process-Time`: a client can tell us from the network."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ProcessTime:
    """Adds `X-Process-Time`: seconds from the request's arrival to the answer's first byte."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application to measure."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                spent = f"{time.perf_counter() - began:.6f}".encode()
                message["headers"] = [*message.get("headers", ()), (b"x-process-time", spent)]
            await send(message)

        await self._app(scope, receive, timed)
