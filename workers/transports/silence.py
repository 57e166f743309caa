"""Say in one word why no answer came.

Exceptions of network libraries carry addresses, hosts and provider texts, and wrap each other; what a silence
says to the outside is one word of this list.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from typing import Final

from workers.channels.exchange import Silence
from workers.transports.deadline import Deadline

WORDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (TimeoutError, "timeout"),
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (ssl.SSLError, "tls"),
    (UnicodeError, "unencodable"),
    (smtplib.SMTPServerDisconnected, "closed"),
    (smtplib.SMTPNotSupportedError, "unsupported"),
)


def silence(error: BaseException, deadline: Deadline, *, may_have_left: bool) -> Silence:
    """Describe a failed exchange."""
    return Silence(may_have_left, "timeout" if deadline.expired else word(error))


def word(error: BaseException) -> str:
    """Find the one word for an exception or the innermost of its causes; `broken` if none fits."""
    for cause in reversed(list(_causes(error))):
        for kind, name in WORDS:
            if isinstance(cause, kind):
                return name
    return "broken"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
