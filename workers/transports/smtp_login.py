"""Open and authenticate an SMTP connection with yagmail, and with nothing else of yagmail.

Its `send` transmits again after a lost connection and reads files and URLs out of contents; its destructor
talks to the server; its STARTTLS verifies nothing; without a password it asks the keyring and then the
terminal; with a token it does not read what the server says to it. So it opens, and with a password logs in; a token
is presented here. What leaves this module is a plain smtplib session, under the current deadline.
"""

import base64
import functools
import smtplib
import ssl
from typing import Any, Final

import yagmail
from typing_extensions import override

from workers.channels.exchange import SmtpLogin
from workers.transports.deadline import CONNECT, watch

AUTHENTICATED: Final = 235
CHALLENGE: Final = 334
XOAUTH2: Final = "XOAUTH2"
"""Google's way to log in with a token (https://developers.google.com/gmail/imap/xoauth2-protocol)."""


def log_in(request: SmtpLogin) -> smtplib.SMTP:
    """Open a connection that is ready for mails; on any failure it is closed again.

    Raises:
        smtplib.SMTPResponseException: the server refused, with its reply.
        OSError: no connection, or none of the kind that was asked for.
        UnicodeError: the credentials hold what SMTP AUTH cannot say.
    """
    token = None if request.token is None else _bearer(request.user, request.token)
    client = _client(request)
    try:
        client.login()
        if token is not None:
            _present(client.smtp, token)
    except (OSError, ValueError):
        if client.smtp is not None:
            client.smtp.close()
        raise
    finally:
        # The connection is not the client's: its destructor would say QUIT, and wait, at garbage collection.
        client.is_closed = True
    smtp: smtplib.SMTP = client.smtp
    return smtp


class _Watched(smtplib.SMTP):
    """Puts its socket under the deadline before every reply, and refuses to go on after garbage."""

    @override
    def getreply(self) -> tuple[int, bytes]:
        watch(self.sock)
        code, text = super().getreply()
        if code < 0:
            self.close()
            raise smtplib.SMTPServerDisconnected("no SMTP reply")
        return code, text


class _WatchedTls(_Watched, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _Client(yagmail.Client):  # type: ignore[misc]  # yagmail publishes no types
    """yagmail over watched connections."""

    @property
    @override
    def connection(self) -> type[smtplib.SMTP]:
        return _WatchedTls if self.ssl else _Watched


def _client(request: SmtpLogin) -> yagmail.Client:
    implicit = request.tls == "implicit"
    options: dict[str, Any] = {"context": _tls()} if implicit else {}
    return _Client(
        user=request.user,
        password=request.password,
        host=request.host,
        port=request.port,
        smtp_skip_login=request.token is not None,
        smtp_ssl=implicit,
        # With a context: without one, smtplib's STARTTLS verifies no certificate.
        smtp_starttls={"context": _tls()} if request.tls == "starttls" else False,
        soft_email_validation=False,
        timeout=CONNECT,
        # Or smtplib asks the DNS for this machine's own name, without a time-out.
        local_hostname="[127.0.0.1]",
        **options,
    )


def _bearer(user: str, token: str) -> str:
    """Write a token as XOAUTH2 takes it; control characters divide its fields, so that none may be in one."""
    fields = f"user={user}", f"auth=Bearer {token}", "", ""
    if not all(each.isascii() and each.isprintable() for each in fields):
        raise UnicodeError("a name or token that is not printable ASCII")
    return base64.b64encode("\x01".join(fields).encode()).decode()


def _present(smtp: smtplib.SMTP, bearer: str) -> None:
    """Log in with a token, if the server takes tokens.

    Not `smtp.auth`, which decodes a refusal's explanation and breaks if it cannot.
    """
    smtp.ehlo_or_helo_if_needed()
    if XOAUTH2 not in smtp.esmtp_features.get("auth", "").split():
        raise smtplib.SMTPNotSupportedError("no XOAUTH2")
    code, text = smtp.docmd("AUTH", f"{XOAUTH2} {bearer}")
    if code == CHALLENGE:
        # Why it is refused; the refusal itself comes after an empty line.
        code, text = smtp.docmd("")
    if code != AUTHENTICATED:
        raise smtplib.SMTPAuthenticationError(code, text)


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
