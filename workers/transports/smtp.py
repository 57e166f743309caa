"""SMTP sessions: one login, then each mail is transmitted once.

Every mail is MAIL, RCPT, DATA by hand, so that partial refusals and the moment of a failure are known: before
the final dot nothing has left, after it it may have. It must not know any provider, and no exception leaves it.
"""

import contextlib
import re
import smtplib
from email.errors import MessageError
from email.message import EmailMessage
from typing import Final, Self, assert_never

from workers.channels.exchange import Reply, Silence, SmtpLogin, SmtpSend
from workers.transports.deadline import Deadline
from workers.transports.silence import silence
from workers.transports.smtp_login import log_in

AUTHENTICATED: Final = 235
BAD_CREDENTIALS: Final = Reply(535, body=b"5.7.8")
FORWARDED: Final = 251
GO_AHEAD: Final = 354
GOODBYE: Final = 421
NEGATIVE: Final = 400
OK: Final = 250

ENHANCED: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
QUIT_SECONDS: Final = 1.0

Refused = tuple[int, int, str]


class SmtpSession:
    """One connection to one server, opened by `SmtpLogin` and used by the `SmtpSend`s after it."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._smtp: smtplib.SMTP | None = None
        self._used = False

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close what is open."""
        self.close()

    def handle(self, request: SmtpLogin | SmtpSend) -> Reply | Silence:
        """Carry one request out, within the time of one exchange.

        A second login closes the first connection. After a silence or a 421 the connection is closed, and every
        further mail gets a silence that certainly did not leave.
        """
        with Deadline() as deadline:
            match request:
                case SmtpLogin():
                    return self._login(request, deadline)
                case SmtpSend():
                    return self._send(request, deadline)
                case _:
                    assert_never(request)

    def close(self) -> None:
        """Take leave of the server, without waiting long for its answer; harmless when nothing is open."""
        if self._smtp is not None:
            with Deadline(QUIT_SECONDS), contextlib.suppress(OSError):
                self._smtp.quit()
        self._drop()

    def _login(self, request: SmtpLogin, deadline: Deadline) -> Reply | Silence:
        self.close()
        try:
            self._smtp, self._used = log_in(request), False
        except smtplib.SMTPResponseException as error:
            return _reply(error.smtp_code, error.smtp_error)
        except UnicodeError:
            # SMTP AUTH is ASCII, as smtplib speaks it and in a token: these can't be right (a copied no-break space).
            return BAD_CREDENTIALS
        except (OSError, ValueError) as error:
            return silence(error, deadline, may_have_left=False)
        return Reply(AUTHENTICATED)

    def _send(self, request: SmtpSend, deadline: Deadline) -> Reply | Silence:
        smtp = self._smtp
        if smtp is None:
            return Silence(may_have_left=False, code="closed")
        may_have_left = False
        try:
            content = _content(request.mail)
            envelope = self._envelope(smtp, request, len(content))
            if isinstance(envelope, Reply):
                return self._last(envelope)
            smtp.send(content)
            may_have_left = True
            return self._last(_reply(*smtp.getreply(), envelope))
        except (OSError, ValueError, MessageError) as error:
            self._drop()
            return silence(error, deadline, may_have_left=may_have_left)

    def _envelope(self, smtp: smtplib.SMTP, request: SmtpSend, size: int) -> Reply | tuple[Refused, ...]:
        """Go as far as the content: the refused recipients, or the reply that ended it."""
        if self._used:
            smtp.rset()
        self._used = True
        # Not `mail()` and `rcpt()`: they guess at an odd address and go on with what they found in it.
        announced = f" SIZE={size}" if smtp.has_extn("size") else ""
        code, text = smtp.docmd("MAIL", f"FROM:<{request.sender}>{announced}")
        if code != OK:
            return _negative(code, text)
        refused: list[Refused] = []
        for index, recipient in enumerate(request.recipients):
            code, text = smtp.docmd("RCPT", f"TO:<{recipient}>")
            if code == GOODBYE:
                return _reply(code, text)
            if code not in {OK, FORWARDED}:
                refused.append((index, code, _enhanced(text)))
        if refused and len(refused) == len(request.recipients):
            return _negative(code, text, tuple(refused))
        code, text = smtp.docmd("DATA")
        return tuple(refused) if code == GO_AHEAD else _negative(code, text)

    def _last(self, reply: Reply) -> Reply:
        if reply.status == GOODBYE:
            self._drop()
        return reply

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _content(mail: EmailMessage) -> bytes:
    """Write a mail as DATA takes it: every line ends in CR LF, leading dots doubled, the final dot behind."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", mail.as_bytes())
    stuffed = re.sub(rb"(?m)^\.", b"..", lines)
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _reply(code: int, text: bytes | str, refused: tuple[Refused, ...] = ()) -> Reply:
    return Reply(code, body=_enhanced(text).encode(), refused=refused)


def _negative(code: int, text: bytes | str, refused: tuple[Refused, ...] = ()) -> Reply:
    if code < NEGATIVE:
        # Before the content nothing can have been accepted, whatever the server says.
        raise smtplib.SMTPServerDisconnected("no SMTP reply")
    return _reply(code, text, refused)


def _enhanced(text: bytes | str) -> str:
    found = ENHANCED.match(text.encode("utf-8", "replace") if isinstance(text, str) else text)
    return found.group().decode() if found else ""
