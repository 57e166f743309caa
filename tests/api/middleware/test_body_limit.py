import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from api.middleware import body_limit
from api.middleware.body_limit import MOST, MOST_BY_PATH, MOST_UPLOADED, UPLOAD, BodyLimit
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person

REGISTER = "/api/auth/register/email"


def padded(size: int) -> bytes:
    body = b'{"email": "user@example.com", "pw": "' + PASSWORD.encode() + b'"}'
    return body + b" " * (size - len(body))


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 64 * 1024):
        yield body[at : at + 64 * 1024]


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize(("size", "status"), [(MOST, 201), (MOST + 1, 413)])
def test_a_body_over_the_limit_is_refused(client: Browser, size: int, status: int, *, is_streamed: bool) -> None:
    content = in_pieces(padded(size)) if is_streamed else padded(size)
    answer = client.request("POST", REGISTER, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["code"], answer.headers["connection"]) == ("4130001", "close")


def test_a_body_that_says_it_is_too_large_is_not_read(client: Browser) -> None:
    async def scene() -> list[Message]:
        answered: list[Message] = []

        async def receive() -> Message:
            raise AssertionError("it was read")

        async def send(message: Message) -> None:
            answered.append(message)

        scope = {"type": "http", "path": "/x", "headers": [(b"content-length", str(MOST + 1).encode())]}
        await BodyLimit(client.app)(scope, receive, send)
        return answered

    assert asyncio.run(scene())[0]["status"] == 413


def test_a_streamed_body_is_read_no_further_than_its_limit(client: Browser, person: Person) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 64 * 1024
            yield b" " * 64 * 1024

    answer = client.request("PUT", "/api/user/me", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert read <= MOST + 2 * 64 * 1024
    assert person.tokens


def test_mail_images_and_batches_may_be_large() -> None:
    assert MOST == 262_144
    large = {f"/api/services/{path}": 8_388_608 for path in ("email/send", "solapi/send", "batches")}
    assert large == MOST_BY_PATH


def test_an_upload_may_be_very_large_and_nothing_beside_it() -> None:
    assert UPLOAD.fullmatch("/api/services/batches/0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11/recipients")
    assert not UPLOAD.fullmatch("/api/services/batches/x/recipients/y")
    assert MOST_UPLOADED == 1024**3


def test_a_body_that_stalls_is_given_up(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "PIECE_SECONDS", 0.1)

    async def stalling() -> AsyncIterator[bytes]:
        yield b'{"email": '
        await asyncio.sleep(2)
        yield b'"user@example.com"}'

    answer = client.request("POST", REGISTER, content=stalling(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"], answer.headers["connection"]) == (408, "4080001", "close")
