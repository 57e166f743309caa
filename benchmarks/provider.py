"""A provider that takes its time: answers every request a while after it arrived, and can do nothing else.

A program of its own (`python -m benchmarks.provider PORT MILLISECONDS`): Kakao's and SOLAPI's answers in their
smallest form. Unlike the sandbox it checks nothing, so that what is measured is the product. `GET /count` tells how
many messages came, `GET /seen` when each did, `DELETE /seen` forgets them.
"""

import asyncio
import itertools
import json
import re
import sys
import time
from typing import Any, Final

import uvloop
from typing_extensions import override

LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
NAMED: Final = re.compile(rb"x-request-id: *([0-9a-f-]{36})", re.IGNORECASE)


class Provider:
    """What has come so far: when each message came (Unix seconds), by its id or its number; groups not yet sent."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.groups: dict[str, list[str]] = {}
        self.number = itertools.count()

    def answer(self, method: str, path: str, head: bytes, body: bytes) -> object:
        """Do what the request asks and return the answer's content."""
        words = path.partition("?")[0].strip("/").split("/")
        match method, words:
            case "POST", ["messages", "v4", "groups"]:
                group = f"G{next(self.number)}"
                self.groups[group] = []
                return {"groupId": group}
            case "PUT", ["messages", "v4", "groups", group, "messages"]:
                return {"resultList": [self._add(group, each) for each in json.loads(body)["messages"]]}
            case "POST", ["messages", "v4", "groups", group, "send"]:
                self.came.update(dict.fromkeys(self.groups.pop(group), time.time()))
                return {"groupId": group, "status": "SENDING"}
            case _:
                named = NAMED.search(head)
                self.came[named[1].decode() if named else str(len(self.came))] = time.time()
                return {"result_code": 0}

    def tell(self, method: str, path: str) -> object:
        """Tell the one who measures what came."""
        if method == "DELETE":
            self.came.clear()
        return len(self.came) if path == "/count" else {"came": self.came}

    def _add(self, group: str, message: dict[str, Any]) -> dict[str, Any]:
        fields = message["customFields"]
        self.groups[group].append(fields["nid"])
        return {"messageId": f"M{fields['nid'].replace('-', '')}", "statusCode": "2000", "customFields": fields}


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, provider: Provider, seconds: float) -> None:
        self._provider, self._seconds = provider, seconds
        self._heard = b""

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._heard = b""
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        told = path in {"/seen", "/count"}
        answer = self._provider.tell(method, path) if told else self._provider.answer(method, path, head, body)
        said = json.dumps(answer).encode()
        lines = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
        asyncio.get_running_loop().call_later(
            0.0 if told else self._seconds, self._transport.write, lines.encode() + said
        )


async def serve(port: int, seconds: float) -> None:
    """Serve until killed."""
    provider = Provider()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(provider, seconds), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]) / 1000))
