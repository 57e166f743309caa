import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas.solapi import EXAMPLES, IMAGE_BYTES, SolapiIn, SolapiType
from tests.api.schemas.conftest import Refusal

PARTIES = {"to": "010-1234-5678", "from": "02-1234-5678"}
ATA = {"pfId": "KA01PF0000", "templateId": "KA01TP0000"}


def jpeg(size: int) -> str:
    return base64.b64encode(b"\xff\xd8\xff".ljust(size, b"\0")).decode()


PHOTO = jpeg(1_000)


def message(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 -- a body may be anything
    return {**PARTIES, **fields}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"text": "가" * 45}, "SMS"),
        ({"text": "가" * 45 + "a"}, "LMS"),
        ({"text": "가", "subject": "제목"}, "LMS"),
        ({"text": "가", "type": "LMS"}, "LMS"),
        ({"text": "가", "imageId": "FL1"}, "MMS"),
        ({"text": "가", "image": PHOTO, "subject": "제목"}, "MMS"),
        ({"kakaoOptions": ATA}, "ATA"),
        ({"kakaoOptions": ATA, "text": "😀" * 1_000, "subject": "제목"}, "ATA"),
        ({"kakaoOptions": ATA, "type": "ATA"}, "ATA"),
    ],
)
def test_the_type_is_chosen_by_the_content(fields: dict[str, Any], kind: str) -> None:
    body = SolapiIn.model_validate(message(**fields))
    assert body.type_name == kind
    assert body.sealed_body()["type"] == kind


@pytest.mark.parametrize(
    ("fields", "slugs"),
    [
        ({}, {"text_missing"}),
        ({"text": " \n"}, {"text_missing"}),
        ({"text": "가", "to": "82-10-1234-5678"}, {"invalid_phone"}),
        ({"text": "가", "to": ["01012345678"]}, {"string_type"}),
        ({"text": "가", "to": 1012345678}, {"string_type"}),
        ({"text": "a", "to": "2125550123", "country": "1"}, set()),
        ({"text": "a", "country": "1"}, {"invalid_phone"}),
        ({"text": "a", "country": "0"}, {"invalid_country"}),
        ({"text": "a", "country": "9" * 5_000}, {"string_too_long"}),
        ({"text": "가", "from": "123"}, {"invalid_sender"}),
        ({"text": "가", "from": None}, {"sender_missing"}),
        ({"kakaoOptions": ATA, "from": None}, set()),
        ({"text": "가" * 45, "type": "SMS"}, set()),
        ({"text": "가" * 45 + "a", "type": "SMS"}, {"text_too_long"}),
        ({"text": "가" * 1_000}, set()),
        ({"text": "가" * 1_000 + "a"}, {"text_too_long"}),
        ({"text": "a" * 2_001, "imageId": "FL1"}, {"text_too_long"}),
        ({"text": "a" * 1_001, "kakaoOptions": ATA}, {"text_too_long"}),
        ({"text": "축하해요 😀"}, {"not_cp949"}),
        ({"text": "😀", "type": "SMS"}, {"not_cp949"}),
        ({"text": "😀", "subject": "제목"}, {"not_cp949"}),
        ({"text": "줄\r\n\t바꿈"}, set()),
        ({"text": "a\0"}, {"null_byte"}),
        ({"text": "a\x07"}, {"control_character"}),
        ({"text": "a\ud83d"}, {"lone_surrogate"}),
        ({"text": "가", "subject": "가" * 20}, set()),
        ({"text": "가", "subject": "가" * 20 + "a"}, {"subject_too_long"}),
        ({"text": "가", "subject": "제목 😀"}, {"not_cp949"}),
        ({"text": "가", "subject": "두\n줄"}, {"control_character"}),
        ({"text": "가", "subject": ""}, {"string_too_short"}),
        ({"text": "가", "subject": "제목", "type": "SMS"}, {"type_conflict"}),
        ({"text": "가", "imageId": "FL1", "type": "LMS"}, {"type_conflict"}),
        ({"text": "가", "kakaoOptions": ATA, "type": "LMS"}, {"type_conflict"}),
        ({"text": "가", "kakaoOptions": ATA, "imageId": "FL1"}, {"type_conflict"}),
        ({"text": "가", "type": "ATA"}, {"type_conflict"}),
        ({"text": "가", "type": "CTA"}, {"enum"}),
        ({"text": "가", "type": "MMS"}, {"one_image"}),
        ({"text": "가", "imageId": "FL1", "image": PHOTO}, {"one_image"}),
        ({"text": "가", "image": "@@@"}, {"not_base64"}),
        ({"text": "가", "image": base64.b64encode(b"\x89PNG").decode()}, {"not_jpeg"}),
        ({"text": "가", "image": jpeg(IMAGE_BYTES)}, set()),
        ({"text": "가", "image": jpeg(IMAGE_BYTES + 1)}, {"image_too_large"}),
        ({"text": "가", "autoTypeDetect": True}, {"extra_forbidden"}),
        ({"text": "가", "from_": "0212345678"}, {"extra_forbidden"}),
    ],
)
def test_messages(refusal: Refusal, fields: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(SolapiIn, message(**fields)) == slugs


def test_a_detail_says_what_was_counted() -> None:
    with pytest.raises(ValidationError) as caught:
        SolapiIn.model_validate(message(text="가" * 1_006 + "a", type="LMS"))
    found = caught.value.errors()[0]
    assert found["msg"] == "text is 2,013 bytes long in cp949; LMS carries at most 2,000"
    assert found["ctx"] == {"field": "text"}


def test_the_sealed_body_is_solapis_own_message_with_what_is_set_only() -> None:
    button = {"buttonName": "조회", "buttonType": "WL", "linkMo": "https://example.com"}
    options = {**ATA, "variables": {"이름": "홍길동"}, "buttons": [button], "disableSms": True}
    body = SolapiIn.model_validate(message(kakaoOptions=options, reference="r", lane="bulk"))
    assert body.sealed_body() == {
        "to": "01012345678",
        "from": "0212345678",
        "type": "ATA",
        "kakaoOptions": {**ATA, "variables": {"#{이름}": "홍길동"}, "buttons": [button], "disableSms": True},
    }
    assert SolapiIn.recipient_in(body.sealed_body()) == "01012345678"


def test_a_foreign_telephone_is_searched_in_its_international_form() -> None:
    body = SolapiIn.model_validate(message(text="hello", to="090-1234-5678", country="81"))
    assert body.sealed_body() == {
        "to": "09012345678",
        "from": "0212345678",
        "country": "81",
        "text": "hello",
        "type": "SMS",
    }
    assert SolapiIn.recipient_in(body.sealed_body()) == "+819012345678"


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_taken(refusal: Refusal, example: dict[str, Any]) -> None:
    assert refusal(SolapiIn, example) == set()


CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(st.sampled_from("가뷁a \n😀é"), max_size=95) | st.integers(0, 2_100).map(lambda n: "가" * n),
        "subject": st.text(st.sampled_from("제목a"), max_size=25),
        "type": st.sampled_from([kind.value for kind in SolapiType]),
        "imageId": st.just("FL1"),
        "image": st.just(PHOTO),
        "kakaoOptions": st.just(ATA),
    },
)


@given(CONTENT)
def test_every_content_is_refused_or_becomes_one_type_within_its_limits(content: dict[str, Any]) -> None:
    try:
        body = SolapiIn.model_validate(message(**content))
    except ValidationError:
        return
    sealed = body.sealed_body()
    kind = SolapiType(sealed["type"])
    assert kind == content.get("type", kind)
    assert ("kakaoOptions" in sealed) == (kind is SolapiType.ATA)
    assert (("imageId" in sealed) != ("image" in sealed)) == (kind is SolapiType.MMS)
    if kind is SolapiType.ATA:
        assert len(sealed.get("text", "")) <= 1_000
    else:
        assert 0 < len(sealed["text"].encode("cp949")) <= (90 if kind is SolapiType.SMS else 2_000)
    assert kind is not SolapiType.SMS or "subject" not in sealed


@given(st.text(st.sampled_from("가힣뷁aZ1 \n"), min_size=1, max_size=100).filter(lambda text: not text.isspace()))
def test_a_text_alone_is_an_sms_exactly_up_to_ninety_bytes(text: str) -> None:
    kind = SolapiIn.model_validate(message(text=text)).type_name
    assert kind == ("SMS" if len(text.encode("cp949")) <= 90 else "LMS")
