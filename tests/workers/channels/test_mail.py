import base64
import re
from collections.abc import Callable
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workers.channels.conversing import IDS, message, stamp
from workers.channels.mail import compose_mail, header_text, mailbox, recipients

SENDER = "alrim@example.com"
TO = [{"email": "kim@example.com", "name": "김, 철수"}]
PLAIN: dict[str, Any] = {"to": TO, "subject": "안녕하세요", "text": "본문\n둘째 줄"}
FULL: dict[str, Any] = {
    **PLAIN,
    "to": [*TO, {"email": "lee@example.com", "name": 'Lee "Bo", Ann'}],
    "cc": [{"email": "cc@example.com"}],
    "bcc": [{"email": "hidden@example.com", "name": "몰래"}],
    "reply_to": {"email": "ask@example.com", "name": "문의"},
    "html": "<p>본문 <b>둘째</b></p>",
    "attachments": [
        {"filename": "보고서 1분기.csv", "content_type": "text/csv; charset=utf-8", "content": "YSxi"},
        {"filename": "a.eml", "content_type": "message/rfc822", "content": "YQ=="},
    ],
}
BODIES = {"text": PLAIN, "html": {"to": TO, "subject": "Hello", "html": "<p>Hi</p>"}, "full": FULL}
EVIL_WORD = "=?utf-8?q?a=0d=0aBcc:_evil=40example.net?="
TEXTS = st.one_of(
    st.text(),
    st.text('가힣 ,;<>@"\\()[]:=?_\r\n\t\u2028é😀aB', max_size=120),
    st.sampled_from([EVIL_WORD, "a\r\nBcc: evil@example.net", "A, B " * 30, "=?utf-8?b?8J+YgA==?= x"]),
)


def wire(body: dict[str, Any]) -> bytes:
    return compose_mail(message(body), SENDER, stamp()).as_bytes()


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def one_line(text: str) -> str:
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()


@pytest.mark.parametrize("name", BODIES)
def test_mail_is_as_it_goes_over_the_wire(name: str, golden: Callable[[str, str], None]) -> None:
    raw = wire(BODIES[name])
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    golden(f"mail_{name}.eml", raw.decode("ascii").replace("\r\n", "\n"))


def test_a_reader_gets_all_of_it() -> None:
    mail = parse(wire(FULL))
    assert mail["Subject"] == "안녕하세요"
    assert [(each.display_name, each.addr_spec) for each in mail["To"].addresses] == [
        ("김, 철수", "kim@example.com"),
        ('Lee "Bo", Ann', "lee@example.com"),
    ]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content() == "본문\r\n둘째 줄\r\n"
    assert html.get_content() == "<p>본문 <b>둘째</b></p>\r\n"
    assert [(part.get_filename(), part.get_content_type()) for part in mail.iter_attachments()] == [
        ("보고서 1분기.csv", "text/csv"),
        ("a.eml", "application/octet-stream"),
    ]


def test_bcc_is_in_the_envelope_only() -> None:
    envelope = ["kim@example.com", "lee@example.com", "cc@example.com", "hidden@example.com"]
    assert recipients(FULL) == envelope
    assert b"hidden" not in wire(FULL)
    assert "Bcc" not in parse(wire(FULL))


def test_message_id_is_one_a_notification_whatever_the_content() -> None:
    again, other = {**PLAIN, "text": "다른 본문"}, message(PLAIN, number=1)
    assert parse(wire(PLAIN))["Message-ID"] == parse(wire(again))["Message-ID"] == f"<{IDS[0]}@example.com>"
    assert compose_mail(other, SENDER, stamp())["Message-ID"] == f"<{IDS[1]}@example.com>"
    assert len(re.findall(rb"(?im)^message-id:", wire(PLAIN))) == 1


def test_a_body_that_names_a_local_file_is_text(tmp_path: Path) -> None:
    secret = tmp_path / "secrets.env"
    secret.write_text("KEY=hunter2", encoding="utf-8")
    mail = parse(wire({**PLAIN, "text": str(secret)}))
    assert mail.get_content() == f"{secret}\r\n"
    assert not mail.is_multipart()


def test_html_stays_in_its_part_and_text_in_its_own() -> None:
    mail = parse(wire({**PLAIN, "text": "a < b\n<script>x()</script>", "html": "<p>a &lt; b</p>"}))
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content() == "a < b\r\n<script>x()</script>\r\n"
    assert html.get_content() == "<p>a &lt; b</p>\r\n"


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_text_gets_out_of_its_header(text: str) -> None:
    body = {**PLAIN, "to": [{"email": "a@example.com", "name": text}], "reply_to": {"email": "r@example.com"}}
    attachment = {"filename": text[:60], "content_type": "image/png", "content": ""}
    try:
        raw = wire({**body, "subject": text, "attachments": [attachment]})
    except UnicodeEncodeError:  # lone surrogates
        return
    head = raw.split(b"\r\n\r\n")[0].decode("ascii")
    names = [line.split(":")[0] for line in head.split("\r\n") if line[:1] not in {" ", "\t"}]
    expected = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
    assert names == expected
    mail = parse(raw)
    assert [each.addr_spec for each in mail["To"].addresses] == ["a@example.com"]
    *_, part = mail.iter_attachments()
    assert part.keys() == ["Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Content-Disposition"]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@settings(max_examples=60, deadline=None)
@given(st.text('가힣 ,;<>@"\\()[]:=?_é😀aB', min_size=1, max_size=120))
def test_what_was_written_is_what_is_read(text: str) -> None:
    assert parse(f"Subject: {header_text(text)}\r\n\r\n".encode("ascii"))["Subject"] == one_line(text)
    written = mailbox({"email": "a@example.com", "name": text})
    phrase = written.removesuffix(" <a@example.com>")
    # The library's address parser adds a space between encoded words; its older decoder reads as RFC 2047 says.
    name, _ = parseaddr(written) if phrase.startswith('"') else (str(make_header(decode_header(phrase))), "")
    assert name == (one_line(text) or "a@example.com")


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text("a.\r\n 가\t\x0b\x00=", max_size=200), st.text(max_size=100)))
def test_a_body_has_no_lone_line_break(text: str) -> None:
    try:
        raw = wire({**PLAIN, "text": text, "html": text})
    except UnicodeEncodeError:  # lone surrogates
        return
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.d",
        "a@b\r\nBcc: x@y.z",
        "a@b>,<x@y.z",
        "김@example.com",
        '"a b"@c.d',
        "a@b,c@d",
        None,
    ],
)
def test_a_malformed_address_composes_nothing(address: str | None) -> None:
    to = [] if address is None else [{"email": address}]
    with pytest.raises(ValueError, match=r"address|recipient"):
        recipients({**PLAIN, "to": to})
    if to:
        with pytest.raises(ValueError, match="address"):
            wire({**PLAIN, "to": to})


@pytest.mark.parametrize(
    "wrong",
    [{"content": "no base64!"}, {"content_type": "text"}, {"content_type": "a\r\nb/c"}, {"filename": "끝" * 86}],
)
def test_a_malformed_attachment_composes_nothing(wrong: dict[str, str]) -> None:
    attachment = {"filename": "a", "content_type": "text/plain", "content": ""} | wrong
    with pytest.raises(ValueError, match=r"base64|content type|file name"):
        wire({**PLAIN, "attachments": [attachment]})


def test_attachments_arrive_byte_for_byte() -> None:
    content = bytes(range(256)) * 300
    attachment = {
        "filename": "끝" * 85,
        "content_type": "application/zip",
        "content": base64.b64encode(content).decode(),
    }
    raw = wire({**PLAIN, "attachments": [attachment]})
    [part] = parse(raw).iter_attachments()
    assert part.get_content() == content
    assert part.get_filename() == "끝" * 85
    assert max(map(len, raw.split(b"\r\n"))) <= 998
