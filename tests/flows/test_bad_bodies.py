"""Every way in which a rightly signed body can be wrong has its own code and a detail that helps; nothing is stored."""

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import requests

from api.error_table import Code
from tests.flows.client import Client
from tests.flows.refusal import assert_problem, assert_refused, perform, stored
from tests.flows.stack import Stack

SMS = {"to": "010-1234-5678", "from": "02-1234-5678", "text": "주문이 접수되었습니다"}
MAIL: dict[str, Any] = {"to": "customer@example.com", "subject": "영수증", "text": "글"}
NAME = {"email": "customer@example.com"}
FILE = {"filename": "a.txt", "content_type": "text/plain", "content": "aGVsbG8="}
BREAK = "안녕\r\nBcc: thief@example.com"
HUGE = "a" * 100_000
JSON = "application/json"


class Bad(NamedTuple):
    """A body, by the route that refuses it, with the code and what the detail must say."""

    name: str
    route: str
    body: dict[str, Any]
    code: Code
    says: tuple[str, ...]


def without(body: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != field}


FIELDS = [
    Bad("unknown", "solapi", {**SMS, "txt": "x"}, Code.FIELD_UNKNOWN, ("txt",)),
    Bad("unknown-deep", "email", {**MAIL, "to": [{**NAME, "nick": "x"}]}, Code.FIELD_UNKNOWN, ("to.0.nick",)),
    Bad("missing", "solapi", without(SMS, "to"), Code.FIELD_MISSING, ("to",)),
    Bad("sender-missing", "solapi", without(SMS, "from"), Code.FIELD_MISSING, ("from", "SMS")),
    Bad("text-blank", "solapi", {**SMS, "text": " \n"}, Code.FIELD_MISSING, ("text",)),
    Bad("mail-without-content", "email", without(MAIL, "text"), Code.FIELD_MISSING, ("text", "html")),
    Bad("not-a-text", "solapi", {**SMS, "text": 7}, Code.FIELD_INVALID, ("text",)),
    Bad("two-contents", "kakao", {"msg": "a", "template_id": 1}, Code.FIELDS_CONFLICT, ("msg", "template_id")),
    Bad("subject-on-sms", "solapi", {**SMS, "type": "SMS", "subject": "s"}, Code.FIELDS_CONFLICT, ("subject", "SMS")),
    Bad("no-such-type", "solapi", {**SMS, "type": "FAX"}, Code.NOT_ONE_OF, ("type", "LMS")),
    Bad("no-such-lane", "kakao", {"msg": "a", "lane": "fast"}, Code.NOT_ONE_OF, ("lane", "urgent")),
    Bad("connection-no-uuid", "kakao", {"msg": "a", "connection": "mine"}, Code.UUID_INVALID, ("connection",)),
    Bad("moment-without-zone", "kakao", {"msg": "a", "send_at": "2026-12-24T09:00"}, Code.MOMENT_INVALID, ("send_at",)),
    Bad("moment-a-number", "kakao", {"msg": "a", "send_at": 1790000000}, Code.MOMENT_INVALID, ("send_at",)),
    Bad("expired", "kakao", {"msg": "a", "expires_at": "2020-01-01T00:00:00Z"}, Code.MOMENT_INVALID, ("expires_at",)),
]
LENGTHS = [
    Bad("text-100000", "solapi", {**SMS, "text": "가" * 100_000}, Code.TEXT_TOO_LONG, ("text", "200,000", "2,000")),
    Bad("msg-100000", "kakao", {"msg": HUGE}, Code.TEXT_TOO_LONG, ("msg", "200")),
    Bad("mail-subject-100000", "email", {**MAIL, "subject": HUGE}, Code.TEXT_TOO_LONG, ("subject", "100,000", "998")),
    Bad("sms-91", "solapi", {**SMS, "type": "SMS", "text": "가" * 45 + "a"}, Code.TEXT_TOO_LONG, ("text", "91", "90")),
    Bad("lms-2001", "solapi", {**SMS, "text": "가" * 1000 + "a"}, Code.TEXT_TOO_LONG, ("text", "2,001", "2,000")),
    Bad("lms-subject", "solapi", {**SMS, "subject": "제" * 21}, Code.TEXT_TOO_LONG, ("subject", "42", "40")),
    Bad("reference-65", "kakao", {"msg": "a", "reference": "r" * 65}, Code.TEXT_TOO_LONG, ("reference", "64")),
    Bad(
        "six-friends", "kakao", {"msg": "a", "receiver_uuids": list("abcdef")}, Code.TOO_MANY_ENTRIES, ("receiver", "5")
    ),
    Bad("51-mailboxes", "email", {**MAIL, "to": ["a@example.com"] * 51}, Code.TOO_MANY_ENTRIES, ("to", "51", "50")),
]
CHARACTERS = [
    Bad("emoji", "solapi", {**SMS, "text": "축하해요🎉"}, Code.NOT_CP949, ("text", "🎉", "U+1F389")),
    Bad("nul-sms", "solapi", {**SMS, "text": "a\0b"}, Code.NUL_BYTE, ("text", "position 2")),
    Bad("nul-kakao", "kakao", {"msg": "a\0b"}, Code.NUL_BYTE, ("msg", "position 2")),
    Bad("nul-mail", "email", {**MAIL, "text": "a\0b"}, Code.NUL_BYTE, ("text", "position 2")),
    Bad("half-a-pair", "email", {**MAIL, "text": "a\ud83d"}, Code.CHARACTER_INVALID, ("text", "U+D83D")),
    Bad("escape", "solapi", {**SMS, "text": "\x1b[2J"}, Code.CHARACTER_INVALID, ("text", "U+001B")),
    Bad("subject", "email", {**MAIL, "subject": BREAK}, Code.HEADER_INJECTION, ("subject", "U+000D", "position 3")),
    Bad("subject-nul", "email", {**MAIL, "subject": "a\0"}, Code.HEADER_INJECTION, ("subject", "U+0000")),
    Bad("subject-nel", "email", {**MAIL, "subject": "a\x85b"}, Code.HEADER_INJECTION, ("subject", "U+0085")),
    Bad("to-name", "email", {**MAIL, "to": [{**NAME, "name": BREAK}]}, Code.HEADER_INJECTION, ("to.0.name",)),
    Bad("cc-name", "email", {**MAIL, "cc": [{**NAME, "name": BREAK}]}, Code.HEADER_INJECTION, ("cc.0.name",)),
    Bad(
        "reply-name", "email", {**MAIL, "reply_to": {**NAME, "name": BREAK}}, Code.HEADER_INJECTION, ("reply_to.name",)
    ),
    Bad("address", "email", {**MAIL, "to": "a@example.com\nX: y"}, Code.HEADER_INJECTION, ("to.0.email",)),
    Bad(
        "filename",
        "email",
        {**MAIL, "attachments": [{**FILE, "filename": BREAK}]},
        Code.HEADER_INJECTION,
        ("attachments.0.filename",),
    ),
]
RECIPIENTS = [
    Bad("phone-short", "solapi", {**SMS, "to": "01012345"}, Code.PHONE_INVALID, ("to", "82")),
    Bad("phone-letters", "solapi", {**SMS, "to": "010-CALL-MEEE"}, Code.PHONE_INVALID, ("to",)),
    Bad("phone-country", "solapi", {**SMS, "to": "+821012345678"}, Code.PHONE_INVALID, ("to", "without the country")),
    Bad("phone-arabic-digits", "solapi", {**SMS, "to": "٠١٠١٢٣٤٥٦٧٨"}, Code.PHONE_INVALID, ("to",)),
    Bad("sender-short", "solapi", {**SMS, "from": "1234"}, Code.PHONE_INVALID, ("from", "8 to 11")),
    Bad("mail-no-at", "email", {**MAIL, "to": "customer.example"}, Code.EMAIL_INVALID, ("to.0.email",)),
    Bad("mail-two-at", "email", {**MAIL, "cc": ["a@b@example.com"]}, Code.EMAIL_INVALID, ("cc.0.email",)),
    Bad("mail-hangul", "email", {**MAIL, "bcc": ["홍길동@example.com"]}, Code.EMAIL_INVALID, ("bcc.0.email", "ASCII")),
]
FORMS = [
    Bad("not-jpeg", "solapi", {**SMS, "image": "aGVsbG8="}, Code.IMAGE_INVALID, ("image", "JPEG")),
    Bad("not-base64", "solapi", {**SMS, "image": "%%%"}, Code.BASE64_INVALID, ("image",)),
    Bad(
        "image-large",
        "solapi",
        {**SMS, "image": base64.b64encode(b"\xff\xd8\xff".ljust(204_801, b"\0")).decode()},
        Code.IMAGE_INVALID,
        ("image", "204,801", "204,800"),
    ),
    Bad(
        "filename-path",
        "email",
        {**MAIL, "attachments": [{**FILE, "filename": "../a.txt"}]},
        Code.FILENAME_INVALID,
        ("attachments.0.filename", "separator"),
    ),
    Bad(
        "content-type-break",
        "email",
        {**MAIL, "attachments": [{**FILE, "content_type": "text/plain\r\nX: y"}]},
        Code.FIELD_INVALID,
        ("attachments.0.content_type",),
    ),
    Bad(
        "attachments-5-mib",
        "email",
        {**MAIL, "attachments": [{**FILE, "content": base64.b64encode(bytes(5 * 1024 * 1024 + 1)).decode()}]},
        Code.ATTACHMENTS_TOO_LARGE,
        ("attachments", "5,242,881", "5,242,880"),
    ),
]
BAD = [*FIELDS, *LENGTHS, *CHARACTERS, *RECIPIENTS, *FORMS]


class Raw(NamedTuple):
    """What is no body at all."""

    name: str
    route: str
    body: bytes
    content_type: str
    code: Code
    says: tuple[str, ...]


RAW = [
    Raw("malformed", "kakao", b'{"msg": "a",}', JSON, Code.MALFORMED_JSON, ("character 12",)),
    Raw("cut-short", "kakao", b'{"msg": "a', JSON, Code.MALFORMED_JSON, ("Unterminated", "character 8")),
    Raw("not-utf-8", "kakao", b'{"msg": "\xb0\xa1"}', JSON, Code.MALFORMED_JSON, ()),
    Raw("too-deep", "kakao", b"[" * 100_000, JSON, Code.MALFORMED_JSON, ()),
    Raw("empty", "kakao", b"", JSON, Code.FIELD_MISSING, ("body",)),
    Raw("a-list", "kakao", b"[]", JSON, Code.FIELD_INVALID, ("body",)),
    Raw("a-form", "kakao", b"msg=a", "application/x-www-form-urlencoded", Code.NOT_JSON, ("x-www-form",)),
    Raw("plain-text", "kakao", b'{"msg": "a"}', "text/plain", Code.NOT_JSON, ("text/plain",)),
    Raw("no-type", "kakao", b'{"msg": "a"}', "", Code.NOT_JSON, ("missing",)),
    Raw("large", "kakao", b" " * (256 * 1024 + 1), JSON, Code.BODY_TOO_LARGE, ("262144",)),
    Raw("large-mms", "solapi", b" " * (8 * 1024 * 1024 + 1), JSON, Code.BODY_TOO_LARGE, ("8388608",)),
    Raw("large-mail", "email", b" " * (8 * 1024 * 1024 + 1), JSON, Code.BODY_TOO_LARGE, ("8388608",)),
]


def signed_post(client: Client, route: str, body: bytes, content_type: str = JSON) -> requests.Request:
    url, headers = client.signed("POST", f"/api/services/{route}/send", body, uuid.uuid4().hex)
    if content_type:
        headers["Content-Type"] = content_type
    return requests.Request("POST", url, headers, data=body)


@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_a_bad_field_is_refused(stack: Stack, client: Client, bad: Bad) -> None:
    # ASCII escapes, as half a surrogate pair can come in no other way.
    body = json.dumps(bad.body).encode()
    assert_refused(stack, lambda: signed_post(client, bad.route, body), bad.code, bad.says)


@pytest.mark.parametrize("raw", RAW, ids=[raw.name for raw in RAW])
def test_bytes_that_are_no_body_are_refused(stack: Stack, client: Client, raw: Raw) -> None:
    assert_refused(stack, lambda: signed_post(client, raw.route, raw.body, raw.content_type), raw.code, raw.says)


def test_a_large_body_that_says_no_length_is_refused(stack: Stack, client: Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield from [b" " * 65_536] * 5

    def make() -> requests.Request:
        request = signed_post(client, "kakao", b" " * 327_680)
        request.data = pieces()
        return request

    assert_refused(stack, make, Code.BODY_TOO_LARGE, ("262144",))


@pytest.mark.parametrize("bad", RECIPIENTS, ids=[bad.name for bad in RECIPIENTS])
def test_a_refusal_does_not_repeat_the_recipient(client: Client, bad: Bad) -> None:
    answer = perform(signed_post(client, bad.route, json.dumps(bad.body).encode()))
    recipients = [bad.body["to"], *bad.body.get("cc", []), *bad.body.get("bcc", [])]
    assert answer.status_code == 422
    assert [each for each in recipients if each in str(answer.json())] == []


def test_every_bad_field_is_named_at_once(stack: Stack, client: Client) -> None:
    before = stored(stack)
    body = json.dumps({"to": "1", "from": "2", "lane": "fast", "txt": "x"}).encode()
    answer = perform(signed_post(client, "solapi", body))
    assert_problem(answer, Code.NOT_ONE_OF, "ko")
    assert {(each["field"], each["code"]) for each in answer.json()["errors"]} == {
        ("to", Code.PHONE_INVALID),
        ("from", Code.PHONE_INVALID),
        ("lane", Code.NOT_ONE_OF),
        ("txt", Code.FIELD_UNKNOWN),
    }
    assert stored(stack) == before


@pytest.mark.parametrize(("text", "kind"), [("가" * 45, "SMS"), ("가" * 45 + "a", "LMS"), ("가" * 1000, "LMS")])
def test_a_text_of_just_the_limit_is_accepted(client: Client, text: str, kind: str) -> None:
    assert client.look(client.send("solapi", {**SMS, "text": text}))["type"] == kind
