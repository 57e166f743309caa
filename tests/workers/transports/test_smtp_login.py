import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workers.transports.mailservers import GREETING, Inbox, Options, conversation, login, mail, running
from tests.workers.transports.servers import Listener, Script, closed_port, reset, tls
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
