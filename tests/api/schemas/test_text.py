from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from api.schemas.text import HEADER, LINE, PRINTABLE, STORABLE, WEB_ADDRESS, cp949_length

MARKS = {"storable": STORABLE, "printable": PRINTABLE, "line": LINE, "header": HEADER, "web": WEB_ADDRESS}
ADAPTERS: dict[str, TypeAdapter[str]] = {name: TypeAdapter(Annotated[str, mark]) for name, mark in MARKS.items()}


def verdict(mark: str, text: str) -> str | None:
    try:
        ADAPTERS[mark].validate_python(text)
    except ValidationError as error:
        return error.errors()[0]["type"]
    return None


@pytest.mark.parametrize(
    ("text", "storable", "printable", "line", "header"),
    [
        ("안녕하세요 😀", None, None, None, None),
        ("", None, None, None, None),
        ("a\0", "null_byte", "null_byte", "null_byte", "header_injection"),
        ("a\ud83d", "lone_surrogate", "lone_surrogate", "lone_surrogate", "lone_surrogate"),
        ("a\x0b", None, "control_character", "control_character", "header_injection"),
        ("a\x1b", None, "control_character", "control_character", "header_injection"),
        ("a\x7f", None, "control_character", "control_character", "header_injection"),
        ("a\x85", None, "control_character", "control_character", "header_injection"),
        ("a\n", None, None, "control_character", "header_injection"),
        ("a\r", None, None, "control_character", "header_injection"),
        ("a\t", None, None, "control_character", "header_injection"),
        ("a\u2028", None, None, "control_character", "header_injection"),
    ],
)
def test_each_mark_refuses_its_characters(
    text: str, storable: str | None, printable: str | None, line: str | None, header: str | None
) -> None:
    found = [verdict(mark, text) for mark in ("storable", "printable", "line", "header")]
    assert found == [storable, printable, line, header]


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_is_a_header_is_one_line_that_utf8_can_hold(text: str) -> None:
    if verdict("header", text) is None:
        assert len(text.splitlines()) <= 1
        assert text.encode().decode() == text
        assert "\0" not in text


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://app.example.com/d/1?a=가", True),
        ("HTTP://example.com", True),
        ("https://", False),
        ("https://?q", False),
        ("javascript:alert(1)", False),
        ("ftp://example.com", False),
        ("example.com", False),
        ("https://exa mple.com", False),
        (" https://example.com", False),
    ],
)
def test_web_addresses(address: str, taken: bool) -> None:  # noqa: FBT001 -- a table's column
    assert verdict("web", address) == (None if taken else "invalid_url")


@pytest.mark.parametrize(("text", "length"), [("가" * 45, 90), ("뷁", 2), ("a\r\n", 3), ("①", 2), ("", 0)])
def test_length_is_the_carriers(text: str, length: int) -> None:
    assert cp949_length(text, "text", carrier="SMS") == length


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("비밀 😀 끝", "text holds '😀' (U+1F600), which SMS cannot carry: remove it"),
        ("é", "text holds 'é' (U+00E9), which SMS cannot carry: remove it"),
    ],
)
def test_the_first_alien_character_is_named_and_nothing_else(text: str, detail: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        cp949_length(text, "text", carrier="SMS")
    assert (caught.value.type, caught.value.message()) == ("not_cp949", detail)
