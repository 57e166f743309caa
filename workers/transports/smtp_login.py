"""Open and authenticate an SMTP connection with yagmail, and with nothing else of yagmail.

Its `send` transmits again after a lost connection and reads files and URLs out of contents; its destructor
talks to the server; its STARTTLS verifies nothing; without a password it asks the keyring and then the
terminal. What leaves this module is a plain smtplib session, under the current deadline.
"""

import functools
import smtplib
import ssl
from typing import Any

import yagmail
from typing_extensions import override

from workers.channels.exchange import SmtpLogin
from workers.transports.deadline import CONNECT, watch


def log_in(request: SmtpLogin) -> smtplib.SMTP:
    """Open a connection that is ready for mails; on any failure it is closed again.

    Raises:
        smtplib.SMTPResponseException: the server refused, with its reply.
        OSError: no connection, or none of the kind that was asked for.
        UnicodeError: the credentials aren't ASCII.
    """
    client = _client(request)
    try:
        client.login()
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
        smtp_ssl=implicit,
        # With a context: without one, smtplib's STARTTLS verifies no certificate.
        smtp_starttls={"context": _tls()} if request.tls == "starttls" else False,
        soft_email_validation=False,
        timeout=CONNECT,
        # Or smtplib asks the DNS for this machine's own name, without a time-out.
        local_hostname="[127.0.0.1]",
        **options,
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
