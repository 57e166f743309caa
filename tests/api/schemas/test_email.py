import base64
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas.email import ATTACHED_BYTES, EXAMPLES, EmailIn
from config.vocabulary import Channel
from tests.api.schemas.conftest import Refusal

MAIL: dict[str, Any] = {"to": "kim@example.com", "subject": "안내", "text": "안녕하세요"}


def people(count: int, start: int = 0) -> list[str]:
    return [f"p{number}@example.com" for number in range(start, start + count)]


def files(*sizes: int) -> list[dict[str, str]]:
    return [
        {"filename": "a", "content_type": "image/png", "content": base64.b64encode(bytes(size)).decode()}
        for size in sizes
    ]


def mail(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- a body may be anything
    return {**MAIL, **changes}


@pytest.mark.parametrize(
    ("body", "slugs"),
    [
        (MAIL, set()),
        (mail(text=None, html="<p>안녕</p>"), set()),
        (mail(text=None), {"content_missing"}),
        (mail(text=""), {"string_too_short"}),
        (mail(text="a\0"), {"null_byte"}),
        (mail(html="a\ud83d"), {"lone_surrogate"}),
        (mail(text="a\x0c"), set()),
        (mail(text="가" * 1_000_001), {"string_too_long"}),
        (mail(subject=""), {"string_too_short"}),
        (mail(subject="가" * 332), set()),
        (mail(subject="가" * 333), {"subject_too_long"}),
        (mail(subject="안내\r\nBcc: a@b.kr"), {"header_injection"}),
        (mail(subject="안내\0"), {"header_injection"}),
        (mail(to=[]), {"too_short"}),
        (mail(to=None), {"list_type"}),
        (mail(to="kim"), {"invalid_address"}),
        (mail(cc="kim@example.com"), {"list_type"}),
        (mail(reply_to="help@example.com"), set()),
        (mail(reply_to="help@example.com\nX: y"), {"header_injection"}),
        (mail(to=people(50)), set()),
        (mail(to=people(50), provider="ses"), set()),
        (mail(to=people(50), cc=people(1, 50)), {"too_many_recipients"}),
        (mail(to=people(50), bcc=people(1, 50), provider="ses"), {"too_many_recipients"}),
        (mail(to=people(40), cc=people(30, 40), bcc=people(30, 70), provider="gmail"), set()),
        (mail(to=people(40), cc=people(30, 40), bcc=people(31, 70), provider="gmail"), {"too_many_recipients"}),
        (mail(to=people(101), provider="gmail"), {"too_long"}),
        (mail(provider="kakao"), {"literal_error"}),
        (mail(attachments=files(0, 1, 2)), set()),
        (mail(attachments=files(ATTACHED_BYTES - 5, 5)), set()),
        (mail(attachments=files(ATTACHED_BYTES - 5, 6)), {"attachments_too_large"}),
        (mail(attachments=files(*[0] * 21)), {"too_long"}),
        (mail(headers={"X-A": "b"}), {"extra_forbidden"}),
    ],
)
def test_mails(refusal: Refusal, body: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(EmailIn, body) == slugs


def test_the_sealed_body_holds_the_parts_of_a_mail_and_nothing_else() -> None:
    body = EmailIn.model_validate(
        mail(
            to=["Kim@EXAMPLE.com", {"email": "lee@한국.kr", "name": "이"}],
            reply_to="help@example.com",
            attachments=files(3),
            provider="ses",
            lane="urgent",
        )
    )
    assert body.sealed_body() == {
        "to": [{"email": "Kim@example.com"}, {"email": "lee@xn--3e0b707e.kr", "name": "이"}],
        "cc": [],
        "bcc": [],
        "reply_to": {"email": "help@example.com"},
        "subject": "안내",
        "text": "안녕하세요",
        "attachments": [{"filename": "a", "content_type": "image/png", "content": "AAAA"}],
    }
    assert (body.type_name, EmailIn.recipient_in(body.sealed_body()), body.provider) == (
        "mail",
        "kim@example.com",
        Channel.SES,
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_taken(refusal: Refusal, example: dict[str, Any]) -> None:
    assert refusal(EmailIn, example) == set()


@given(st.text(st.sampled_from("가a \r\n\0\t\x0b\x85\u2028\ud83d😀:"), min_size=1, max_size=12))
def test_every_accepted_subject_and_name_is_a_header_that_composes(text: str) -> None:
    try:
        body = EmailIn.model_validate(mail(subject=text, reply_to={"email": "help@example.com", "name": text}))
    except ValidationError:
        return
    assert body.reply_to is not None
    for value in (body.subject, body.reply_to.name or ""):
        assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in value)
        composed = EmailMessage()
        composed["Subject"] = value
        assert composed.as_bytes().count(b"Subject:") == 1
