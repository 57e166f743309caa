"""What a channel says to the outside world and what it hears: plain values.

A channel is a *conversation*: a generator that yields steps and is sent answers, and that returns one
outcome for each message. It performs no I/O itself; `workers.tasks.deliver` carries each step out (a
request through a transport, a departure through the ledger) and sends the answer in. So a whole protocol
is tested by feeding it values.
"""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from workers.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Message:
    """One notification as its channel sees it: opened, claimed, about to be sent.

    Attributes:
        id: the notification's id, canonical UUID text.
        attempt: which claim this is, from 1.
        type: the channel's own type (`SMS`, `text`, …), chosen when it was accepted.
        body: the accepted body, the vendor's own fields, validated by the API.
    """

    id: str
    attempt: int
    type: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The moment and the randomness of one compose, handed in so that the channel stays pure.

    Attributes:
        now: aware UTC.
        nonce: 32 random letters and digits, new for every compose.
    """

    now: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP exchange.

    Attributes:
        delivers: whether this request may deliver a message; only then can silence after it mean Unknown.
        pooled: reuse a kept connection. Channels that cannot be asked afterwards open a fresh one, since a
            stale keep-alive looks like Unknown.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    delivers: bool
    pooled: bool


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Open and authenticate an SMTP connection for the mails that follow in this conversation.

    Attributes:
        tls: `implicit`, `starttls` or `none`.
        password: of the user; None with a token.
        token: an OAuth2 access token, in place of the password.
    """

    host: str
    port: int
    tls: str
    user: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse to be made with both, or with neither."""
        if (self.password is None) == (self.token is None):
            raise ValueError("a login has either a password or a token")


@dataclass(frozen=True, slots=True)
class SmtpSend:
    """Transmit one mail on the open connection, once.

    Attributes:
        recipients: bare addresses of the envelope, bcc included, in the order to, cc, bcc.
    """

    sender: str = field(repr=False)
    recipients: Sequence[str] = field(repr=False)
    mail: EmailMessage = field(repr=False)


@dataclass(frozen=True, slots=True)
class SesSend:
    """One `sesv2.send_email` with raw content.

    Attributes:
        tags: `EmailTags`, name to value.
    """

    region: str
    endpoint_url: str | None
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    sender: str = field(repr=False)
    recipients: Sequence[str] = field(repr=False)
    mail: EmailMessage = field(repr=False)
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SesAccount:
    """One `sesv2.get_account`: what SES lets these credentials do; sends nothing."""

    region: str
    endpoint_url: str | None
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)


Request = HttpRequest | SmtpLogin | SmtpSend | SesSend | SesAccount


@dataclass(frozen=True, slots=True)
class Depart:
    """The point of no return: commit, immediately before the request that may deliver.

    The answer is the list of ids that may go on; an id that is missing from it (taken over by somebody
    else, expired, cancelled) must not be sent and needs no outcome.

    Attributes:
        ids: the messages that are about to leave. With `all_or_none`, either every one departs or none.
        group_id: the provider's handle by which a departed message can be asked for, if it has one.
    """

    ids: tuple[str, ...]
    group_id: str | None = None
    all_or_none: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """Several exchanges, all in flight at once; the answer is their answers, in the order of the requests."""

    requests: tuple[HttpRequest, ...]


Step = Request | Depart | Together


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer arrived.

    Attributes:
        status: the HTTP status, or the SMTP reply code.
        headers: names in lower case; empty for SMTP.
        body: the HTTP body; for SMTP the enhanced status code (`5.1.1`) or empty; for SES JSON, with
            `MessageId`, or `Code` and nothing else on an error.
        refused: SMTP only: recipients that the server refused at RCPT while others were accepted, as
            (index into `SmtpSend.recipients`, reply code, enhanced code); with all of them refused, `status` is the
            first refusal's.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    refused: tuple[tuple[int, int, str], ...] = ()

    @property
    def said(self) -> Mapping[str, Any]:
        """The body as the JSON object that it should be, empty if it is none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def retry_after(self) -> timedelta | None:
        """`Retry-After` in seconds, if the vendor said one; its date form is not used by any of ours."""
        wait = self.headers.get("retry-after", "")
        return timedelta(seconds=int(wait)) if re.fullmatch(r"[0-9]{1,6}", wait) else None


@dataclass(frozen=True, slots=True)
class Silence:
    """No usable answer.

    Attributes:
        may_have_left: False only when it is certain that the request did not reach the provider whole:
            refused, name not resolved, connect time-out, TLS handshake; for SMTP anything before the final dot.
        code: one word for Flower (`refused`, `timeout`, `reset`, …), never the exception's text.
    """

    may_have_left: bool
    code: str


Answer = Reply | Silence
Departed = tuple[str, ...]
Heard = Answer | Departed | Sequence[Answer]

Outcomes = dict[str, Outcome]
"""Notification id to outcome."""

Conversation = Generator[Step, Any, Outcomes]
"""Yields a Request, a Together or a Depart, and is sent an Answer, several of them, or the ids that departed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One departed message as the vendor lists it: its id there, its code, and the carrier's."""

    message_id: str | None
    code: str
    network_code: str | None = None


Listing = Generator[Step, Any, dict[str, Listed]]
"""Asks for everything of one group; returns by notification id what could be read."""
