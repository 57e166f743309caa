import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.accounts import AccountIn, EmailAddress, LoginIn, NewPassword, RegisterIn, TokensOut

LONG = "correct horse battery staple " * 3


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("User@Example.COM", "user@example.com"),
        ("user+tag@example.co.kr", "user+tag@example.co.kr"),
        ("user@한글.kr", "user@xn--bj0bj06e.kr"),
    ],
)
def test_an_address_has_one_spelling(text: str, stored: str) -> None:
    assert TypeAdapter(EmailAddress).validate_python(text) == stored


@pytest.mark.parametrize(
    "text", ["", "user", "@a.kr", "홍길동@a.kr", "a@b", "a b@c.kr", "A <a@b.kr>", "a@b.kr\n", "x" * 321]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(EmailAddress).validate_python(text)


@pytest.mark.parametrize(
    ("password", "is_good"), [(LONG[:7], False), (LONG[:8], True), (LONG[:72], True), (LONG[:73], False)]
)
def test_a_password_has_eight_characters_and_at_most_72_bytes(password: str, *, is_good: bool) -> None:
    if is_good:
        assert TypeAdapter(NewPassword).validate_python(password) == password
    else:
        with pytest.raises(ValidationError):
            TypeAdapter(NewPassword).validate_python(password)


def test_the_bytes_of_a_korean_password_count() -> None:
    assert TypeAdapter(NewPassword).validate_python("각" * 24)
    with pytest.raises(ValidationError, match="72 bytes"):
        TypeAdapter(NewPassword).validate_python("각" * 25)


def test_nothing_secret_is_shown_by_a_model_or_its_errors() -> None:
    secret = "correct horse"
    shown = [
        RegisterIn(email="user@example.com", pw=secret),
        LoginIn(email="user@example.com", pw=secret),
        AccountIn(pw=secret, current_pw=secret),
        TokensOut(Authorization=secret, refresh_token=secret, expires_in=1),
    ]
    assert secret not in repr(shown)
    with pytest.raises(ValidationError) as refused:
        RegisterIn.model_validate({"email": "user", "pw": "horse"})
    assert "horse" not in str(refused.value)


def test_a_common_password_is_no_new_one_and_still_a_given_one() -> None:
    for known in ("password1", "Alrim2026!"):
        with pytest.raises(ValidationError, match="common_password"):
            TypeAdapter(NewPassword).validate_python(known)
        assert LoginIn(email="user@example.com", pw=known).pw == known


def test_a_new_password_comes_with_the_present_one() -> None:
    with pytest.raises(ValidationError, match="current_pw is required"):
        AccountIn(pw="correct horse")
    assert AccountIn(name=None).model_fields_set == {"name"}
