"""Small real SMTP servers on free ports of loopback: aiosmtpd, and one that follows a script to the letter."""

import socket
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from ssl import SSLContext
from typing import TypedDict, Unpack

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.workers.transports.servers import Script, hang
from workers.channels.exchange import SmtpLogin, SmtpSend

PASSWORD = "app password"
TOKEN = "ya29.a-token"
USER = "alrim@example.com"


class Inbox:
    """An aiosmtpd handler that answers as it is told, and remembers what it got."""

    def __init__(self, rcpt: dict[str, str] | None = None, data: str = "250 2.0.0 OK") -> None:
        self.rcpt, self.data = rcpt or {}, data
        self.mails: list[Envelope] = []
        self.commands: list[str] = []
        self.tokens = {TOKEN}

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's hook
        """Let in who has a token; to others explain it as Google does, and refuse after an empty line."""
        said = b64decode(args[1], validate=True).decode()
        if said in {f"user={USER}\x01auth=Bearer {token}\x01\x01" for token in self.tokens}:
            return AuthResult(success=True)
        rest = await server.challenge_auth('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
        self.commands.append(f"AUTH refused {rest!r}")
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's hook
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        answer = self.rcpt.get(address, "250 2.1.5 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        self.commands.append("RSET")
        return "250 OK"

    async def handle_QUIT(self, _: SMTP, __: Session, ___: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        self.commands.append("QUIT")
        return "221 Bye"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's hook
        self.mails.append(envelope)
        if self.data == "drop":
            assert server.transport is not None
            server.transport.close()
        return self.data


class Options(TypedDict, total=False):
    """What aiosmtpd is told about TLS."""

    ssl_context: SSLContext
    tls_context: SSLContext
    require_starttls: bool
    auth_require_tls: bool


def knows(_: SMTP, __: Session, ___: Envelope, ____: str, login: LoginPassword) -> AuthResult:
    """Let in whoever has the password."""
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@contextmanager
def running(inbox: Inbox, **options: Unpack[Options]) -> Iterator[int]:
    """Serve an inbox for the time of the block; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as once:
        port: int = once.getsockname()[1]
    told: Options = {"auth_require_tls": False, **options}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, authenticator=knows, **told)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def conversation(*replies: bytes, then: Script = hang) -> Script:
    """Greet, then give one reply for each command line (or each mail, up to its final dot)."""

    def script(connection: socket.socket) -> None:
        received = connection.makefile("rb")
        with received:
            for reply in replies:
                connection.sendall(reply)
                line = received.readline()
                while line and reply.startswith(b"354") and line != b".\r\n":
                    line = received.readline()
        then(connection)

    return script


GREETING = (b"220 hi\r\n", b"250-me\r\n250 AUTH PLAIN\r\n")
TOKENS = (b"220 hi\r\n", b"250-me\r\n250 AUTH PLAIN XOAUTH2\r\n")
AUTHENTICATED = (*GREETING, b"235 2.7.0 in\r\n")
READY = (*AUTHENTICATED, b"250 ok\r\n", b"250 ok\r\n")
TRANSMITTED = (*READY, b"354 go\r\n")


def login(port: int, password: str = PASSWORD, transport: str = "none") -> SmtpLogin:
    """A login at a server here."""
    return SmtpLogin("127.0.0.1", port, transport, USER, password)


def token_login(port: int, token: str = TOKEN, user: str = USER, transport: str = "none") -> SmtpLogin:
    """A login with a token at a server here."""
    return SmtpLogin("127.0.0.1", port, transport, user, token=token)


def mail(*recipients: str, text: str = "Hello\r\n.\r\n..dots\r\n") -> SmtpSend:
    """A mail whose body has lines of dots."""
    composed = EmailMessage(policy=POLICY)
    composed["Subject"] = "s"
    composed.set_content(text)
    return SmtpSend(USER, recipients or ("a@example.com",), composed)
