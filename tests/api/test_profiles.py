"""What providers say of a person, and how much of it counts."""

from typing import Any

import pytest

from api.errors import ApiError, Code
from api.profiles import Profile, read
from config.vocabulary import SnsType

KAKAO: dict[str, Any] = {
    "id": 1234567890123456789,
    "kakao_account": {
        "has_email": True,
        "is_email_valid": True,
        "is_email_verified": True,
        "email": "a@example.com",
        "profile": {"nickname": "하늘"},
    },
}
GOOGLE: dict[str, Any] = {"sub": "1" * 21, "email": "a@example.com", "email_verified": True, "name": "Haneul"}


def test_what_is_said_is_read() -> None:
    assert read(SnsType.KAKAO, KAKAO) == Profile("1234567890123456789", "a@example.com", "하늘")
    assert read(SnsType.GOOGLE, GOOGLE) == Profile("1" * 21, "a@example.com", "Haneul")


@pytest.mark.parametrize("name", ["is_email_valid", "is_email_verified"])
@pytest.mark.parametrize("value", [False, None, "true", 1])
def test_an_address_of_kakao_must_be_valid_and_verified(name: str, value: object) -> None:
    account = {**KAKAO["kakao_account"], name: value}
    assert read(SnsType.KAKAO, {**KAKAO, "kakao_account": account}).email is None


@pytest.mark.parametrize("value", [False, None, "true", 1])
def test_an_address_of_google_must_be_verified(value: object) -> None:
    assert read(SnsType.GOOGLE, {**GOOGLE, "email_verified": value}).email is None


def test_who_tells_nothing_but_the_id_is_somebody_all_the_same() -> None:
    assert read(SnsType.KAKAO, {"id": 7}) == Profile("7", None, None)
    assert read(SnsType.GOOGLE, {"sub": "7"}) == Profile("7", None, None)


@pytest.mark.parametrize(
    "said", [None, [], "x", {}, {"id": None, "sub": ""}, {"id": "x", "sub": "é"}, {"sub": "1" * 256}]
)
@pytest.mark.parametrize("sns_type", [SnsType.KAKAO, SnsType.GOOGLE])
def test_an_answer_that_names_nobody_is_none(sns_type: SnsType, said: object) -> None:
    with pytest.raises(ApiError) as refused:
        read(sns_type, said)
    assert refused.value.code is Code.PROVIDER_AWAY


def test_a_name_is_made_to_fit() -> None:
    assert read(SnsType.GOOGLE, {**GOOGLE, "name": "가" * 200}).name == "가" * 100
    assert read(SnsType.GOOGLE, {**GOOGLE, "name": "a\0b"}).name == "ab"
    assert read(SnsType.GOOGLE, {**GOOGLE, "name": 7}).name is None
