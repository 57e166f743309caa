import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workers.transports.mailservers import (
    GREETING,
    TOKENS,
    Inbox,
    Options,
    conversation,
    login,
    mail,
    running,
    token_login,
)
from tests.workers.transports.servers import Listener, Script, closed_port, drip, reset, tls
from workers.channels.exchange import Reply, Silence
from workers.transports import smtp_login
from workers.transports.smtp import SmtpSession

Serve = Callable[[Script], Listener]


def test_a_refused_login_is_an_answer() -> None:
    with running(Inbox()) as port, SmtpSession() as session:
        assert session.handle(login(port, password="wrong")) == Reply(535, body=b"5.7.8")
        assert session.handle(mail()) == Silence(may_have_left=False, code="closed")


@pytest.mark.parametrize("password", ["", "app\xa0password", "비밀"])
def test_a_password_that_can_not_be_right_neither_raises_nor_asks(password: str) -> None:
    with running(Inbox()) as port, SmtpSession() as session:
        assert session.handle(login(port, password=password)) == Reply(535, body=b"5.7.8")


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    smtp_login._tls.cache_clear()
    yield certificate
    smtp_login._tls.cache_clear()


def test_starttls_encrypts_before_the_password(trusted: Path) -> None:
    inbox = Inbox()
    options: Options = {"tls_context": tls(trusted), "require_starttls": True, "auth_require_tls": True}
    with running(inbox, **options) as port, SmtpSession() as session:
        assert session.handle(login(port, transport="starttls")) == Reply(235)
        assert session.handle(mail()) == Reply(250, body=b"2.0.0")
    assert len(inbox.mails) == 1


def test_implicit_tls(trusted: Path) -> None:
    inbox = Inbox()
    with running(inbox, ssl_context=tls(trusted)) as port, SmtpSession() as session:
        assert session.handle(login(port, transport="implicit")) == Reply(235)
        assert session.handle(mail()) == Reply(250, body=b"2.0.0")
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("transport", ["implicit", "starttls"])
def test_an_untrusted_certificate_gets_no_password(serve: Serve, certificate: Path, transport: str) -> None:
    received: list[bytes] = []

    def script(connection: socket.socket) -> None:
        if transport == "starttls":
            connection.sendall(b"220 hi\r\n")
            connection.recv(1000)
            connection.sendall(b"250-me\r\n250 STARTTLS\r\n")
            connection.recv(1000)
            connection.sendall(b"220 go\r\n")
        with tls(certificate).wrap_socket(connection, server_side=True) as encrypted:
            received.append(encrypted.recv(1000))

    with SmtpSession() as session:
        answer = session.handle(login(serve(script).port, transport=transport))
    assert answer == Silence(may_have_left=False, code="tls")
    assert received == []


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        (reset, Silence(may_have_left=False, code="reset")),
        (lambda connection: connection.close(), Silence(may_have_left=False, code="closed")),
        (conversation(b"554 5.3.2 closed\r\n"), Reply(554, body=b"5.3.2")),
        (conversation(b"nonsense\r\n"), Silence(may_have_left=False, code="closed")),
        (conversation(b"220 hi\r\n", b"250 nothing offered\r\n"), Silence(may_have_left=False, code="unsupported")),
        (conversation(*GREETING, b"454 4.7.0 later\r\n"), Reply(454, body=b"4.7.0")),
    ],
)
def test_a_login_that_fails(serve: Serve, script: Script, answer: Reply | Silence) -> None:
    with SmtpSession() as session:
        assert session.handle(login(serve(script).port)) == answer


def test_nobody_listens() -> None:
    with SmtpSession() as session:
        assert session.handle(login(closed_port())) == Silence(may_have_left=False, code="refused")


def test_a_token_logs_in() -> None:
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        assert session.handle(token_login(port)) == Reply(235)
        assert session.handle(mail()) == Reply(250, body=b"2.0.0")
    assert (len(inbox.mails), inbox.commands) == (1, ["QUIT"])


@pytest.mark.parametrize("transport", ["implicit", "starttls"])
def test_a_token_logs_in_behind_tls(trusted: Path, transport: str) -> None:
    context = tls(trusted)
    starttls: Options = {"tls_context": context, "auth_require_tls": True}
    options: Options = {"ssl_context": context} if transport == "implicit" else starttls
    with running(Inbox(), **options) as port, SmtpSession() as session:
        assert session.handle(token_login(port, transport=transport)) == Reply(235)


@pytest.mark.parametrize("token", ["ended", "", "long" * 20])
def test_a_refused_token_is_an_answer_and_its_explanation_is_heard_out(token: str) -> None:
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        assert session.handle(token_login(port, token)) == Reply(535, body=b"5.7.8")
        assert session.handle(mail()) == Silence(may_have_left=False, code="closed")
    assert inbox.commands == ["AUTH refused b''"]


@pytest.mark.parametrize(
    ("user", "token"),
    [
        ("alrim@example.com", "비밀"),
        ("알림@example.com", "t"),
        ("alrim@example.com", "t\r\nQUIT"),
        ("alrim@example.com", "t\n"),
        ("alrim@example.com", "t\x01auth=Bearer u"),
        ("a@example.com\x01auth=Bearer t\x01\x01", "t"),
    ],
)
def test_what_can_not_be_a_token_is_shown_to_nobody(serve: Serve, user: str, token: str) -> None:
    listener = serve(conversation(*TOKENS))
    with SmtpSession() as session:
        assert session.handle(token_login(listener.port, token, user)) == Reply(535, body=b"5.7.8")
    assert listener.accepted == 0


@pytest.mark.parametrize(
    ("replies", "answer"),
    [
        ((*GREETING, b"235 in\r\n"), Silence(may_have_left=False, code="unsupported")),
        ((GREETING[0], b"250 nothing offered\r\n"), Silence(may_have_left=False, code="unsupported")),
        ((*TOKENS, b"454 4.7.0 later\r\n"), Reply(454, body=b"4.7.0")),
        ((*TOKENS, b"334 no base64\r\n", b"535-5.7.8 not\r\n535 5.7.8 accepted\r\n"), Reply(535, body=b"5.7.8")),
        ((*TOKENS, b"334 \r\n", b"334 \r\n"), Reply(334)),
        ((*TOKENS, b"nonsense\r\n"), Silence(may_have_left=False, code="closed")),
    ],
)
def test_a_login_with_a_token_that_fails(serve: Serve, replies: tuple[bytes, ...], answer: Reply | Silence) -> None:
    with SmtpSession() as session:
        assert session.handle(token_login(serve(conversation(*replies)).port)) == answer


@pytest.mark.parametrize("before", [TOKENS, (*TOKENS, b"334 \r\n")], ids=len)
def test_a_login_with_a_token_has_one_deadline(serve: Serve, quick: float, before: tuple[bytes, ...]) -> None:
    script = conversation(*before, then=lambda connection: drip(connection, b"334-x\r\n"))
    begun = time.monotonic()
    with SmtpSession() as session:
        answer = session.handle(token_login(serve(script).port))
    assert answer == Silence(may_have_left=False, code="timeout")
    assert quick - 0.1 < time.monotonic() - begun < quick + 1
