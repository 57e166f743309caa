"""A caller in a hurry: signed requests over kept connections, each answered before the next one leaves.

A program of its own, so that its work is no part of what it measures: it reads an `Order` as JSON from its input
and writes what it saw as JSON. Requests are signed beforehand; only bytes move while the clock runs.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import uvloop
from typing_extensions import override

HOST: Final = "127.0.0.1"
ACCEPTED: Final = "202"


@dataclass(frozen=True)
class Order:
    """What to send: `most` requests on `connections` connections, for at most `seconds`; `gap` seconds apart if idle.

    `contents` are the bodies, in turn; `{n}` in one becomes the request's number.
    """

    port: int
    path: str
    access_key: str
    secret_key: str
    contents: list[str]
    connections: int = 32
    seconds: float = 5.0
    most: int = 60_000
    gap: float = 0.0


@dataclass
class Seen:
    """What came back: seconds of each accepted request, statuses, and when each request left (Unix seconds)."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    left: dict[str, float] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0


def requests(order: Order) -> Iterator[bytes]:
    """Sign them, dated so that all are good for the next half minute."""
    stamp = int(time.time()) + 3
    for number in range(order.most):
        body = order.contents[number % len(order.contents)].replace("{n}", str(number)).encode()
        key = uuid.uuid4().hex
        digest = hashlib.sha256(f"POST\n{order.path}\n{key}\n".encode() + body).hexdigest()
        query = urlencode({"key": order.access_key, "timestamp": stamp, "digest": digest})
        signature = base64.b64encode(hmac.digest(order.secret_key.encode(), query.encode(), "sha256")).decode()
        head = (
            f"POST {order.path}?{query} HTTP/1.1\r\nHost: {HOST}\r\nX-Signature: {signature}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


class Line(asyncio.Protocol):
    """One connection; asks, waits for the whole answer, asks again."""

    def __init__(self, work: deque[bytes], seen: Seen, order: Order) -> None:
        self._work, self._seen, self._order = work, seen, order
        self._loop = asyncio.get_running_loop()
        self._heard = b""
        self._asked = 0.0
        self.done: asyncio.Future[None] = self._loop.create_future()

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    @override
    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._heard = b""
        now = time.perf_counter()
        status = head[9:12].decode()
        self._seen.statuses[status] += 1
        if status == ACCEPTED:
            self._seen.latencies.append(now - self._asked)
            if self._order.gap:
                self._seen.left[json.loads(body)["id"]] = self._left
        self._loop.call_later(self._order.gap, self._ask) if self._order.gap else self._ask()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._asked, self._left = time.perf_counter(), time.time()
        if not self._work or self._asked >= self._seen.began + self._order.seconds:
            self._transport.close()
            return
        self._transport.write(self._work.popleft())


def _length(head: bytes) -> int:
    at = head.lower().index(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0])


async def run(order: Order) -> Seen:
    """Send, and return what was seen."""
    work = deque(requests(order))
    seen = Seen(began=time.perf_counter())
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda: Line(work, seen, order), HOST, order.port)
        for _ in range(order.connections)
    ]
    await asyncio.gather(*(line.done for _, line in pairs))
    seen.ended = time.perf_counter()
    return seen


if __name__ == "__main__":
    seen = uvloop.run(run(Order(**json.load(sys.stdin))))
    json.dump(vars(seen), sys.stdout)
