"""Google as it meets a consent: a mail server that takes tokens, a token server, and a token that has ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from config.settings import settings
from config.vocabulary import Channel, State
from models.types import utc_now
from tests import rows
from tests.workers.tasks.connecting import Clock, owned, read, send
from tests.workers.transports.mailservers import TOKEN, USER, Inbox, running
from tests.workers.transports.servers import answering, listening

GRANTED = b'{"access_token":"%s","expires_in":3599}' % TOKEN.encode()
ENDED = b'{"error":"invalid_grant","error_description":"Token has been expired or revoked."}'


def consented(token: str) -> dict[str, str]:
    """What a consent leaves, with this access token."""
    return {"user": USER, "access_token": token, "refresh_token": "1//r"}


@contextmanager
def google(monkeypatch: pytest.MonkeyPatch, said: bytes) -> Iterator[tuple[Inbox, list[bytes]]]:
    """Google's mail server, and its token server that says the same to everybody; yields what they got."""
    inbox, asked = Inbox(), list[bytes]()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said)
    with running(inbox) as port, listening(answering(answer, asked)) as login:
        monkeypatch.setenv("ALRIM_GMAIL_PORT", str(port))
        monkeypatch.setenv("ALRIM_GOOGLE_BASE_URL", f"http://127.0.0.1:{login.port}")
        settings.cache_clear()
        yield inbox, asked


def refused_at_gmail(clock: Clock) -> tuple[UUID, UUID]:
    """Give a consent whose token Gmail does not take, and a message that waits for a new one."""
    clock.now = utc_now()
    connection = owned(Channel.GMAIL, consented("ended"), renew_at=clock.now + timedelta(hours=1))
    row_id = send(connection)
    waiting, closed = rows.read(row_id), read(connection)
    assert (waiting.status, waiting.tries, waiting.code) == (State.QUEUED, 0, "535-5.7.8")
    assert closed.closed_until is not None
    assert closed.closed_until - utc_now() <= timedelta(seconds=5)
    clock.now = utc_now()
    return connection, row_id
