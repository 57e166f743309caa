from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from sandbox import mime

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NID = "019abcde-1111-7000-8000-000000000001"


def envelope(*recipients: str, nid: str | None = None) -> mime.Envelope:
    return mime.Envelope("gmail", recipients, "p1", NOW, nid, {"team": "shop"})


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "알림 <alrim@example.com>"
    mail["To"] = "a@example.net"
    mail["Cc"] = "나 <b@example.net>"
    mail["Reply-To"] = "help@example.com"
    mail["Subject"] = "이용 내역"
    mail["Message-ID"] = f"<{NID}@alrim.example.com>"
    mail.set_content("안녕하세요\n")
    mail.add_alternative("<p>안녕하세요</p>\n", subtype="html")
    mail.add_attachment(b"x" * 10, maintype="application", subtype="pdf", filename="내역.pdf")
    return mail


def test_each_recipient_gets_the_mail_as_its_program_shows_it() -> None:
    read = mime.entries(mime.parse(letter().as_bytes()), envelope("a@example.net", "b@example.net", "c@example.net"))
    assert [entry.to for entry in read] == ["a@example.net", "b@example.net", "c@example.net"]
    assert read[0].as_json() == {
        "channel": "gmail",
        "type": "mail",
        "to": "a@example.net",
        "from": "알림 <alrim@example.com>",
        "subject": "이용 내역",
        "text": "안녕하세요\n",
        "provider_id": "p1",
        "notification_id": NID,
        "received_at": NOW.isoformat(),
        "message_id": f"<{NID}@alrim.example.com>",
        "html": "<p>안녕하세요</p>\n",
        "header_to": ["a@example.net"],
        "cc": ["b@example.net"],
        "bcc": ["c@example.net"],
        "reply_to": ["help@example.com"],
        "attachments": [{"name": "내역.pdf", "content_type": "application/pdf", "size": 10}],
        "tags": {"team": "shop"},
    }


def test_the_protocols_own_id_goes_before_the_message_id() -> None:
    assert mime.entries(letter(), envelope("a@example.net", nid="n1"))[0].notification_id == "n1"


def test_a_plain_mail_has_no_html_and_no_id() -> None:
    (entry,) = mime.entries(mime.parse(b"To: a@example.net\r\n\r\nhello"), envelope("a@example.net"))
    assert (entry.text, entry.extra["html"], entry.notification_id, entry.subject) == ("hello", None, None, None)


def test_an_unknown_charset_is_malformed() -> None:
    raw = b"Content-Type: text/plain; charset=x-nothing\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhello"
    with pytest.raises(mime.MalformedError):
        mime.entries(mime.parse(raw), envelope("a@example.net"))
