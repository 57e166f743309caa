"""Compose a mail: what Gmail and SES send is the same message.

Every header that holds text from outside is written here, word by word, and stored raw. The standard library's
own way (assigning, then folding at the end) decodes encoded words on the way: a subject of
`=?utf-8?q?a=0d=0aBcc:_x?=` becomes a `Bcc` header, and a long display name with a comma becomes two addresses.
The module knows no vendor and sends nothing.
"""

import base64
import re
from collections.abc import Mapping
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final
from urllib.parse import quote

from workers.channels.exchange import Message, Stamp

POLICY: Final = SMTP.clone(cte_type="7bit", refold_source="none")
"""Pure ASCII on the wire, so that no server needs 8BITMIME; raw headers leave as they are."""

BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9.-]+)")
MEDIA_TYPE: Final = re.compile(r"([A-Za-z0-9!#$&^_.+-]+)/([A-Za-z0-9!#$&^_.+-]+)")
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
LINE: Final = 60
"""Characters of header text that fit a line beside the header's name."""
FILENAME: Final = 255
"""Bytes of a file name; all of them escaped, they still fit the 998 of a line."""


def compose_mail(message: Message, sender: str, stamp: Stamp) -> EmailMessage:
    """Compose the mail of a notification.

    Its `Message-ID` is the same at each attempt, so that a receiver may recognise a second transmission. Bcc
    is no header: it exists only in the envelope (`recipients`).

    Raises:
        ValueError: an address is malformed, an attachment is no base64, a file name is too long, or a text is
            no Unicode.
    """
    body = message.body
    mail = EmailMessage(policy=POLICY)
    mail.set_raw("From", mailbox({"email": sender}))
    for name, mailboxes in (("To", body["to"]), ("Cc", body.get("cc"))):
        if mailboxes:
            mail.set_raw(name, ",\r\n ".join(map(mailbox, mailboxes)))
    if body.get("reply_to"):
        mail.set_raw("Reply-To", mailbox(body["reply_to"]))
    mail.set_raw("Subject", header_text(body["subject"]))
    mail["Date"] = stamp.now
    mail.set_raw("Message-ID", f"<{message.id}@{_domain(sender)}>")
    _add_texts(mail, body.get("text"), body.get("html"))
    for attachment in body.get("attachments") or ():
        _attach(mail, attachment)
    # The nonce keeps a body from holding its own boundary, and a golden file the same.
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{stamp.nonce}.{number}")
    return mail


def recipients(body: Mapping[str, Any]) -> list[str]:
    """List the envelope: the bare addresses of to, cc and bcc, in this order.

    Raises:
        ValueError: an address is malformed, or there is none.
    """
    addresses = [each["email"] for field in ("to", "cc", "bcc") for each in body.get(field) or ()]
    if not addresses:
        raise ValueError("a mail needs a recipient")
    for address in addresses:
        _domain(address)
    return addresses


def mailbox(who: Mapping[str, str]) -> str:
    """Write an address with its display name, if it has one, as header text.

    Raises:
        ValueError: the address is malformed.
    """
    address = who["email"]
    _domain(address)
    name = _one_line(who.get("name") or "")
    if not name:
        return address
    if _is_plain(name):
        quoted = re.sub(r'(["\\])', r"\\\1", name)
        return f'"{quoted}" <{address}>'
    return f"{_encoded(name)} <{address}>"


def header_text(text: str) -> str:
    """Write text as an unstructured header's value; line breaks and control characters become a space."""
    line = _one_line(text)
    return line if _is_plain(line) else _encoded(line)


def _add_texts(mail: EmailMessage, text: str | None, html: str | None) -> None:
    if text is None and html is not None:
        mail.set_content(html, subtype="html")
        return
    mail.set_content(text or "")
    if html is not None:
        mail.add_alternative(html, subtype="html")


def _attach(mail: EmailMessage, attachment: Mapping[str, str]) -> None:
    content = base64.b64decode(attachment["content"], validate=True)
    maintype, subtype = _media_type(attachment["content_type"])
    mail.add_attachment(content, maintype=maintype, subtype=subtype)
    *_, part = mail.iter_attachments()
    del part["Content-Disposition"]
    part.set_raw("Content-Disposition", f"attachment; {_filename(attachment['filename'])}")


def _media_type(content_type: str) -> tuple[str, str]:
    found = MEDIA_TYPE.match(content_type)
    if found is None:
        raise ValueError("malformed content type")
    maintype, subtype = found.group(1).lower(), found.group(2).lower()
    # A message or multipart inside base64 is forbidden (RFC 2045, 6.4) and confuses readers.
    return ("application", "octet-stream") if maintype in {"message", "multipart"} else (maintype, subtype)


def _filename(name: str) -> str:
    line = _one_line(name)
    if len(line.encode()) > FILENAME:
        raise ValueError("file name too long")
    return f'filename="{line}"' if PLAIN_NAME.fullmatch(line) else f"filename*=utf-8''{quote(line, safe='')}"


def _domain(address: str) -> str:
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError("malformed address")
    return found.group(1)


def _one_line(text: str) -> str:
    return BREAKS.sub(" ", text).strip()


def _is_plain(line: str) -> bool:
    # What looks like an encoded word is text as well, and has to arrive as it was written.
    return line.isascii() and len(line) <= LINE and "=?" not in line


def _encoded(line: str) -> str:
    return Header(line, "utf-8", maxlinelen=LINE + 4).encode(linesep="\r\n")
