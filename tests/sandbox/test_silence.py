import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter
from starlette.responses import Response

from sandbox.silence import NoAnswer
from tests.sandbox.serving import served


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    routes = APIRouter()

    @routes.get("/close")
    async def close() -> Response:
        return NoAnswer(0.1)

    @routes.get("/reset")
    async def reset() -> Response:
        return NoAnswer(reset=True)

    @routes.get("/hang")
    async def hang() -> Response:
        return NoAnswer(30)

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


def test_it_ends_when_the_caller_gives_up(address: tuple[str, int]) -> None:
    ask(address, "/hang").close()
    # the fixture's server waits for its requests when it stops: 30 s if this one had not ended
