from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.kakao import EXAMPLES, KakaoIn
from tests.api.schemas.conftest import Refusal

TEXT = {"object_type": "text", "text": "안녕", "link": {"web_url": "https://example.com"}}
FRIENDS = [f"friend-{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("body", "kind", "sealed", "recipient"),
    [
        ({"msg": "안녕"}, "text", {"template_object": {"object_type": "text", "text": "안녕", "link": {}}}, "me"),
        ({"template_object": TEXT, "lane": "bulk"}, "text", {"template_object": TEXT}, "me"),
        (
            {"template_object": {"object_type": "feed", "content": {"link": {}}}},
            "feed",
            {"template_object": {"object_type": "feed", "content": {"link": {}}}},
            "me",
        ),
        ({"template_id": 7}, "template", {"template_id": 7, "template_args": {}}, "me"),
        (
            {"template_id": 7, "template_args": {"이름": "홍길동"}, "receiver_uuids": ["b", "a"]},
            "template",
            {"template_id": 7, "template_args": {"이름": "홍길동"}, "receiver_uuids": ["b", "a"]},
            "a,b",
        ),
    ],
)
def test_what_a_body_becomes(body: dict[str, Any], kind: str, sealed: dict[str, Any], recipient: str) -> None:
    accepted = KakaoIn.model_validate(body)
    assert (accepted.type_name, accepted.sealed_body(), KakaoIn.recipient_in(accepted.sealed_body())) == (
        kind,
        sealed,
        recipient,
    )


@pytest.mark.parametrize(
    ("body", "slugs"),
    [
        ({}, {"one_content"}),
        ({"msg": "안녕", "template_id": 7}, {"one_content"}),
        ({"msg": "안녕", "template_object": TEXT}, {"one_content"}),
        ({"msg": "안녕", "template_args": {"a": "b"}}, {"args_without_template"}),
        ({"msg": "가" * 200}, set()),
        ({"msg": "가" * 201}, {"text_too_long"}),
        ({"msg": ""}, {"text_missing"}),
        ({"msg": "a\0"}, {"null_byte"}),
        ({"template_id": "7"}, {"int_type"}),
        ({"template_id": True}, {"int_type"}),
        ({"template_id": 0}, {"greater_than_equal"}),
        ({"template_id": 10**30}, {"less_than_equal"}),
        ({"template_id": 7, "template_args": {"수량": 3}}, {"string_type"}),
        ({"template_id": 7, "template_args": {"a\ud83d": "b"}}, {"lone_surrogate"}),
        ({"msg": "안녕", "receiver_uuids": []}, {"too_short"}),
        ({"msg": "안녕", "receiver_uuids": FRIENDS[:5]}, set()),
        ({"msg": "안녕", "receiver_uuids": FRIENDS}, {"too_long"}),
        ({"msg": "안녕", "receiver_uuids": ["a", "a"]}, {"duplicate_receiver"}),
        ({"msg": "안녕", "receiver_uuids": "friend-1"}, {"list_type"}),
        ({"msg": "안녕", "text": "안녕"}, {"extra_forbidden"}),
    ],
)
def test_bodies(refusal: Refusal, body: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(KakaoIn, body) == slugs


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_taken(refusal: Refusal, example: dict[str, Any]) -> None:
    assert refusal(KakaoIn, example) == set()


@given(st.permutations(FRIENDS[:5]))
def test_the_same_friends_are_the_same_recipient_in_any_order(friends: list[str]) -> None:
    assert KakaoIn.recipient_in(
        KakaoIn.model_validate({"msg": "안녕", "receiver_uuids": friends}).sealed_body()
    ) == ",".join(FRIENDS[:5])
