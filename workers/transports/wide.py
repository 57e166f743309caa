"""Several HTTP exchanges with a provider at once, each on a connection of its own, over `aiohttp`.

For channels that cannot be asked what became of a message: a kept connection that went stale would look like a
message that may have left. One thread waits for all answers; threads that take turns cost more than the exchanges do.
One request, one answer, one total time: no redirects, no retries, no cookies, nothing from the environment. It must
not know any provider, and no exception leaves it.
"""

import asyncio
import ssl
from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace
from typing import Final

import aiohttp
import certifi
import uvloop
from yarl import URL

from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.transports import deadline
from workers.transports.silence import word

LARGEST: Final = 1 << 20
"""Bytes of an answer; no provider sends more, and a worker's memory is bounded."""
PIECE: Final = 1 << 16


def send_all(requests: Sequence[HttpRequest]) -> list[Reply | Silence]:
    """Make every exchange at most once, all of them within `exchange_seconds()`; the answers stand as the requests do.

    Until a connection stands (refused, name not resolved, connect time-out, TLS handshake) certainly nothing of its
    request has left; anything later may have.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_all(requests))


async def _all(requests: Sequence[HttpRequest]) -> list[Reply | Silence]:
    connected = aiohttp.TraceConfig()
    connected.on_connection_create_end.append(_note)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, limit=0, ssl=_trusted()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "alrim"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=deadline.CONNECT),
        trace_configs=[connected],
    ) as session:
        return await asyncio.gather(*(_one(session, request) for request in requests))


async def _one(session: aiohttp.ClientSession, request: HttpRequest) -> Reply | Silence:
    stands = SimpleNamespace(connection=False)
    try:
        async with (
            asyncio.timeout(deadline.exchange_seconds()),
            session.request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                trace_request_ctx=stands,
            ) as response,
        ):
            body = bytearray()
            async for piece in response.content.iter_chunked(PIECE):
                body += piece
                if len(body) > LARGEST:
                    return Silence(may_have_left=True, code="oversized")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, headers, bytes(body))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Silence(may_have_left=stands.connection, code=word(error))


async def _note(_session: object, context: SimpleNamespace, _params: object) -> None:
    context.trace_request_ctx.connection = True


@cache
def _trusted() -> ssl.SSLContext:
    # To load the certificates takes longer than an exchange.
    return ssl.create_default_context(cafile=certifi.where())
