"""Reads a mail as its recipient's program would, into inbox entries.

SMTP and SES both end here, whatever the mail came as. It must know neither protocol.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any, Final

from sandbox.inbox import Entry

_NOTIFICATION: Final = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


class MalformedError(Exception):
    """The mail cannot be read; the text never quotes it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the protocol knows of a mail beside the mail itself.

    Attributes:
        recipients: bare addresses; each becomes an entry.
        notification_id: if the protocol carries it; else it is read from a `Message-ID: <uuid@…>`.
    """

    channel: str
    recipients: Sequence[str] = field(repr=False)
    provider_id: str
    received_at: datetime
    notification_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def parse(raw: bytes) -> EmailMessage:
    """Parse a mail's source."""
    return message_from_bytes(raw, policy=policy.default)


def addresses(mail: EmailMessage, *names: str) -> list[str]:
    """List the bare addresses in these headers."""
    headers = [str(header) for name in names for header in mail.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if address]


def entries(mail: EmailMessage, envelope: Envelope) -> list[Entry]:
    """Read a mail into one entry for each recipient of its envelope.

    Raises:
        MalformedError: a part's encoding or charset cannot be read.
    """
    message_id = str(mail.get("Message-ID", "")).strip()
    identity = _NOTIFICATION.search(message_id)
    try:
        text, html, extra = _text(mail, "plain"), _text(mail, "html"), _extra(mail, envelope)
    except (LookupError, ValueError) as error:
        raise MalformedError("a part cannot be decoded") from error
    return [
        Entry(
            channel=envelope.channel,
            type="mail",
            to=recipient,
            from_=str(mail.get("From", "")) or None,
            subject=str(mail.get("Subject", "")) or None,
            text=text,
            provider_id=envelope.provider_id,
            notification_id=envelope.notification_id or (identity.group(1) if identity else None),
            received_at=envelope.received_at,
            extra={"message_id": message_id, "html": html, **extra},
        )
        for recipient in envelope.recipients
    ]


def _text(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def _extra(mail: EmailMessage, envelope: Envelope) -> dict[str, Any]:
    named = {address.lower() for address in addresses(mail, "To", "Cc")}
    return {
        "header_to": addresses(mail, "To"),
        "cc": addresses(mail, "Cc"),
        "bcc": [address for address in envelope.recipients if address.lower() not in named],
        "reply_to": addresses(mail, "Reply-To"),
        "attachments": [
            {
                "name": part.get_filename(),
                "content_type": part.get_content_type(),
                "size": len(part.get_payload(decode=True) or b""),
            }
            for part in mail.iter_attachments()
        ],
        "tags": dict(envelope.tags),
    }
