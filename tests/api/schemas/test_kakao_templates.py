from typing import Any

import pytest
from pydantic import BaseModel

from api.schemas.kakao_templates import TemplateObjectIn
from tests.api.schemas.conftest import Refusal

URL = "https://example.com"
CONTENT = {"title": "제목", "link": {"web_url": URL}}
BUTTON = {"title": "열기", "link": {"mobile_web_url": URL}}
TEXT: dict[str, Any] = {"object_type": "text", "text": "안녕", "link": {}}
FEED: dict[str, Any] = {"object_type": "feed", "content": CONTENT}
LIST: dict[str, Any] = {"object_type": "list", "header_title": "목록", "contents": [CONTENT, CONTENT]}
LOCATION: dict[str, Any] = {"object_type": "location", "address": "제주시 첨단로 242", "content": CONTENT}
COMMERCE: dict[str, Any] = {"object_type": "commerce", "content": CONTENT, "commerce": {"regular_price": 10_000}}
CALENDAR: dict[str, Any] = {"object_type": "calendar", "id": "e1", "id_type": "event", "content": CONTENT}
ALL = [TEXT, FEED, LIST, LOCATION, COMMERCE, CALENDAR]


class Holder(BaseModel):
    """A model around the union, as the body has it."""

    template_object: TemplateObjectIn


@pytest.mark.parametrize("template", ALL, ids=lambda template: template["object_type"])
def test_the_smallest_of_each_kind_is_taken_and_none_of_its_fields_can_be_missed(
    refusal: Refusal, template: dict[str, Any]
) -> None:
    assert refusal(Holder, {"template_object": template}) == set()
    for field in template:
        rest = {name: value for name, value in template.items() if name != field}
        wanted = "union_tag_not_found" if field == "object_type" else "missing"
        assert refusal(Holder, {"template_object": rest}) == {wanted}


@pytest.mark.parametrize("template", ALL, ids=lambda template: template["object_type"])
def test_every_kind_has_at_most_two_buttons_and_nothing_unknown(refusal: Refusal, template: dict[str, Any]) -> None:
    assert refusal(Holder, {"template_object": {**template, "buttons": [BUTTON] * 2}}) == set()
    assert refusal(Holder, {"template_object": {**template, "buttons": [BUTTON] * 3}}) == {"too_long"}
    assert refusal(Holder, {"template_object": {**template, "colour": "red"}}) == {"extra_forbidden"}


@pytest.mark.parametrize(
    ("template", "slugs"),
    [
        ({"object_type": "video"}, {"union_tag_invalid"}),
        ({**TEXT, "text": "가" * 200}, set()),
        ({**TEXT, "text": "가" * 201}, {"text_too_long"}),
        ({**TEXT, "text": "😀" * 200}, set()),
        ({**TEXT, "text": " "}, {"text_missing"}),
        ({**TEXT, "text": "a\0"}, {"null_byte"}),
        ({**TEXT, "text": "a\ud83d"}, {"lone_surrogate"}),
        ({**TEXT, "link": {"web_url": "javascript:alert(1)"}}, {"invalid_url"}),
        ({**TEXT, "link": {"mobile_web_url": "example.com"}}, {"invalid_url"}),
        ({**TEXT, "link": {"android_execution_params": "a=1&b=2", "ios_execution_params": "a=1"}}, set()),
        ({**TEXT, "buttons": [{"title": "열기"}]}, {"missing"}),
        ({**TEXT, "button_title": "열기"}, set()),
        ({**FEED, "content": {"title": "제목"}}, {"missing"}),
        ({**FEED, "content": {**CONTENT, "image_url": "ftp://example.com/a.jpg"}}, {"invalid_url"}),
        ({**FEED, "content": {**CONTENT, "image_width": "640"}}, {"int_type"}),
        ({**FEED, "social": {"like_count": -1}}, {"greater_than_equal"}),
        ({**FEED, "item_content": {"items": [{"item": "커피", "item_op": "4,500"}] * 5, "sum": "합계"}}, set()),
        ({**FEED, "item_content": {"items": [{"item": "커피", "item_op": "4,500"}] * 6}}, {"too_long"}),
        ({**LIST, "contents": [CONTENT]}, {"too_short"}),
        ({**LIST, "contents": [CONTENT] * 3, "header_link": {"web_url": URL}}, set()),
        ({**LIST, "contents": [CONTENT] * 4}, {"too_long"}),
        ({**COMMERCE, "commerce": {"regular_price": 10_000.0}}, {"int_type"}),
        ({**COMMERCE, "commerce": {"regular_price": 1, "currency_unit_position": 2}}, {"literal_error"}),
        ({**CALENDAR, "id_type": "day"}, {"literal_error"}),
    ],
)
def test_templates(refusal: Refusal, template: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(Holder, {"template_object": template}) == slugs
