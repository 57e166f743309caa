import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.mailbox import AnyMailboxIn, MailboxIn

ADAPTER: TypeAdapter[MailboxIn] = TypeAdapter(AnyMailboxIn)


@pytest.mark.parametrize(
    ("value", "email", "name"),
    [
        ("Kim@Example.com", "Kim@example.com", None),
        ({"email": "kim@example.com", "name": "김하늘"}, "kim@example.com", "김하늘"),
        ({"email": "kim@example.com", "name": 'a"b, <c@d>'}, "kim@example.com", 'a"b, <c@d>'),
        ("kim@한국.kr", "kim@xn--3e0b707e.kr", None),
        ("kim+tag@mail.example.co.kr", "kim+tag@mail.example.co.kr", None),
    ],
)
def test_addresses_become_ascii(value: object, email: str, name: str | None) -> None:
    mailbox = ADAPTER.validate_python(value)
    assert (mailbox.email, mailbox.name) == (email, name)


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("", "invalid_address"),
        ("kim", "invalid_address"),
        ("kim@", "invalid_address"),
        ("kim@localhost", "invalid_address"),
        ("김하늘@example.com", "invalid_address"),
        ("kim@example.com, lee@example.com", "invalid_address"),
        ("Kim <kim@example.com>", "invalid_address"),
        ("a" * 250 + "@example.com", "invalid_address"),
        ("a" * 400, "string_too_long"),
        ("kim@example.com\r\nBcc: lee@example.com", "header_injection"),
        ("kim\0@example.com", "header_injection"),
        ("kim@exa\ud83dmple.com", "lone_surrogate"),
        ({"email": "kim@example.com", "name": "김\nBcc: a@b.kr"}, "header_injection"),
        ({"email": "kim@example.com", "name": "김\u2028"}, "header_injection"),
        ({"email": "kim@example.com", "name": ""}, "string_too_short"),
        ({"email": "kim@example.com", "name": "김" * 129}, "string_too_long"),
        ({"email": "kim@example.com", "title": "님"}, "extra_forbidden"),
        ({"name": "김"}, "missing"),
        (7, "model_type"),
    ],
)
def test_anything_else_is_refused_without_being_quoted(value: object, slug: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(value)
    assert [found["type"] for found in caught.value.errors()] == [slug]
    assert "kim" not in caught.value.errors()[0]["msg"]
