"""Gmail's submission server as its clients meet it: authentication, replies with enhanced codes, daily limit.

It listens on 127.0.0.1 without TLS and takes AUTH all the same, so that nothing needs a certificate: the one password,
or an access token of Google's login server. What can go
wrong goes wrong where Gmail does it: a recipient at RCPT, a mail after its final dot. The library's own log names
addresses and is therefore silenced; this module logs provider ids only.
"""

import asyncio
import logging
import os
import secrets
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, AnyStr, Final, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as Transaction
from typing_extensions import override

from sandbox import limits, mime, xoauth2
from sandbox.faults import Fault, Kind, Magic
from sandbox.state import State

CHANNEL: Final = "gmail"
ACCOUNT: Final = LoginPassword(b"sandbox@example.com", b"sandbox")
ENCODED_LIMIT: Final = 35_882_577  # what Gmail's EHLO says: 25 MB before base64
RECIPIENTS_PER_MAIL: Final = 100
LATENCY: Final = 2.0
LONGEST_AUTH: Final = 12_288  # RFC 4954; a token does not fit into the 512 bytes of other commands

_log = logging.getLogger(__name__)


class _Server(SMTP):
    """The library's server, with Gmail's code where the library's reply has none, and room for a token."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- handed on as they came
        self.line_length_limit = LONGEST_AUTH  # of the stream, and thereafter again of a mail
        super().__init__(*args, **kwargs)
        self.line_length_limit = SMTP.line_length_limit
        self.command_size_limits = defaultdict(lambda: SMTP.command_size_limit, AUTH=LONGEST_AUTH)

    @override
    async def push(self, status: AnyStr) -> None:
        line = status.encode() if isinstance(status, str) else status  # type: ignore[redundant-expr]  # judged once for each type
        await super().push(line.replace(b"552 Error:", b"552 5.2.3"))

    def cut(self) -> None:
        """Close the connection without another word, if it is still open."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()


class Quota:
    """Recipients of one account in the last 24 hours."""

    def __init__(self, daily: int | None) -> None:
        self._daily = daily
        self._accepted: deque[tuple[datetime, int]] = deque()

    def take(self, recipients: int, now: datetime) -> bool:
        """Count a mail's recipients, unless they would go over the limit."""
        if self._daily is None:
            return True
        while self._accepted and self._accepted[0][0] <= now - timedelta(days=1):
            self._accepted.popleft()
        if sum(count for _, count in self._accepted) + recipients > self._daily:
            return False
        self._accepted.append((now, recipients))
        return True


class _Gmail:
    """The library's hooks: each returns the reply, and the library sends it."""

    def __init__(self, state: State, daily: int | None) -> None:
        self._state = state
        self._quotas: defaultdict[bytes | None, Quota] = defaultdict(lambda: Quota(daily))

    async def auth_XOAUTH2(self, server: _Server, args: list[str]) -> AuthResult:  # noqa: N802 -- the library finds mechanisms by these names
        return await xoauth2.authenticate(server, args, self._state.clock())

    async def handle_MAIL(  # noqa: N802 -- the library finds its hooks by these names
        self, server: _Server, session: Session, envelope: Transaction, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication Required"
        latency = self._draw(Kind.LATENCY)
        if latency is not None:
            await asyncio.sleep(LATENCY if latency.seconds is None else latency.seconds)
        if self._draw(Kind.THROTTLE):
            # The reply is written before the loop comes to this.
            asyncio.get_running_loop().call_soon(server.cut)
            return "421 4.7.0 Try again later, closing connection"
        if self._draw(Kind.STATUS):
            return "451 4.3.0 Mail server temporarily rejected message"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 -- the library's name and signature
        self, _server: _Server, _session: Session, envelope: Transaction, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_PER_MAIL:
            return "452 4.5.3 Too many recipients"
        faults = self._state.faults
        if faults.magic(address) is Magic.REJECT:
            return "550 5.1.1 The email account that you tried to reach does not exist"
        if faults.throttles(CHANNEL, [(address, address)]):
            return "450 4.2.1 The user you are trying to contact is receiving mail too quickly"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: _Server, session: Session, envelope: Transaction) -> str:  # noqa: N802 -- as above
        if self._draw(Kind.RESET_BEFORE):
            await _drop(server)
        if self._draw(Kind.REJECT):
            return "554 5.7.0 Message rejected"
        reply = self._accept(envelope, self._quotas[session.login_data])
        seconds = self._state.faults.holds(CHANNEL, envelope.rcpt_tos, self._state.settings.hang)
        if reply.startswith("250") and seconds is not None:
            await asyncio.sleep(seconds)
            await _drop(server)
        return reply

    async def handle_exception(self, error: Exception) -> str:
        _log.error("smtp session failed: %s", type(error).__name__)
        return "451 4.3.0 Temporary system problem"

    def _draw(self, kind: Kind) -> Fault | None:
        return self._state.faults.draw(CHANNEL, kind)

    def _accept(self, envelope: Transaction, quota: Quota) -> str:
        now = self._state.clock()
        provider_id = secrets.token_hex(12)
        known = mime.Envelope(CHANNEL, envelope.rcpt_tos, provider_id, now)
        try:
            arrived = mime.entries(mime.parse(envelope.original_content or b""), known)
        except mime.MalformedError:
            return "554 5.6.0 Message is malformed"
        if not quota.take(len(arrived), now):
            return "550 5.4.5 Daily user sending limit exceeded"
        for entry in arrived:
            self._state.inbox.add(entry)
        _log.info("smtp accepted %s", provider_id)
        return f"250 2.0.0 OK {int(now.timestamp())} {provider_id} - gsmtp"


async def _drop(server: _Server) -> None:
    """Close the connection without a reply; the library then cancels whoever waits here."""
    server.cut()
    await asyncio.Event().wait()


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:  # noqa: ANN401 -- the library publishes no types
    # Not handled here: the library answers 535 5.7.8.
    return AuthResult(success=given == ACCOUNT, handled=False, auth_data=given)


@asynccontextmanager
async def serve(state: State) -> AsyncIterator[int]:
    """Serve until the block ends, and yield the port; open connections are then cut."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    gmail = _Gmail(state, limits.read(os.environ).gmail)
    connections: list[_Server] = []

    def connect() -> _Server:
        connections[:] = [each for each in connections if each.transport is not None]
        connections.append(
            _Server(
                gmail,
                hostname="smtp.sandbox",
                ident="ESMTP - gsmtp",
                data_size_limit=ENCODED_LIMIT,
                enable_SMTPUTF8=True,
                auth_require_tls=False,
                authenticator=_authenticate,
                loop=asyncio.get_running_loop(),
            )
        )
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", state.settings.smtp_port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in connections:
            each.cut()
