"""A client in the test's own process: one event loop for all requests of a test, several at once if asked."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import httpx
from fastapi import FastAPI

from tests.api.signing import Sent


class Browser:
    """Sends requests to an application, as from one address."""

    def __init__(self, app: FastAPI, address: str = "203.0.113.7") -> None:
        """Take the application; nothing runs yet."""
        self.app = app
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, client=(address, 50000))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://testserver")

    def close(self) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401 - httpx's arguments
        return self._runner.run(self._http.request(method, url, **arguments))

    def deliver(self, sent: Sent, **headers: str) -> httpx.Response:
        return self.deliver_all([sent], **headers)[0]

    def deliver_all(self, everything: Sequence[Sent], **headers: str) -> list[httpx.Response]:
        """Send all at once; the answers come in the order of the requests."""

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(
                *(
                    self._http.request(each.method, each.url, content=each.body, headers={**each.headers, **headers})
                    for each in everything
                )
            )

        return self._runner.run(run())

    def deliver_while(self, holding: AbstractContextManager[None], sent: Sent) -> httpx.Response:
        """Send while somebody holds a lock that the request must wait for; he lets go after 0.5 s."""

        async def run() -> httpx.Response:
            with holding:
                waiting = asyncio.ensure_future(
                    self._http.request(sent.method, sent.url, content=sent.body, headers=sent.headers)
                )
                await asyncio.sleep(0.5)
                assert not waiting.done(), "it did not wait"
            return await waiting

        return self._runner.run(run())
