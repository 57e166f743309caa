import socket
import time
from collections.abc import Iterator
from threading import Event
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from sandbox.silence import NoAnswer
from tests.sandbox.serving import served


class Told(NoAnswer):
    """Says when it has ended."""

    def __init__(self, seconds: float, ended: Event) -> None:
        super().__init__(seconds)
        self._ended = ended

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended.set()


@pytest.fixture(scope="module")
def ended() -> Event:
    return Event()


@pytest.fixture(scope="module")
def address(ended: Event) -> Iterator[tuple[str, int]]:
    routes = APIRouter()

    @routes.get("/close")
    async def close() -> Response:
        return NoAnswer(0.1)

    @routes.get("/reset")
    async def reset() -> Response:
        return NoAnswer(reset=True)

    @routes.get("/hang")
    async def hang() -> Response:
        return Told(30, ended)

    with served("", routes) as base:
        url = urlsplit(base)
        assert url.hostname
        assert url.port
        yield url.hostname, url.port


def ask(address: tuple[str, int], path: str) -> socket.socket:
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def test_a_held_connection_is_closed_without_a_word(address: tuple[str, int]) -> None:
    began = time.monotonic()
    with ask(address, "/close") as connection:
        assert connection.recv(1) == b""
    assert time.monotonic() - began >= 0.1


def test_a_reset_is_one(address: tuple[str, int]) -> None:
    with ask(address, "/reset") as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_it_ends_when_the_caller_gives_up(address: tuple[str, int], ended: Event) -> None:
    ask(address, "/hang").close()
    assert ended.wait(timeout=5), "an answer withheld for 30 s outlived its caller"
