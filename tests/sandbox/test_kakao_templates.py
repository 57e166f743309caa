from typing import Any

import pytest

from sandbox import kakao_templates

LINK = {"web_url": "https://shop.example.com"}
CONTENT = {"title": "제목", "link": LINK}
BUTTON = {"title": "열기", "link": LINK}

VALID: list[dict[str, Any]] = [
    {"object_type": "text", "text": "가" * 200, "link": {}},
    {"object_type": "feed", "content": CONTENT, "buttons": [BUTTON, BUTTON]},
    {"object_type": "list", "header_title": "머리", "contents": [CONTENT, CONTENT]},
    {"object_type": "location", "address": "판교역로 235", "content": CONTENT},
    {"object_type": "commerce", "content": CONTENT, "commerce": {"regular_price": 1000}},
    {"object_type": "calendar", "id": "1", "id_type": "event", "content": CONTENT},
]


@pytest.mark.parametrize("template", VALID, ids=lambda template: str(template["object_type"]))
def test_a_template_without_one_of_its_fields_is_refused(template: dict[str, Any]) -> None:
    assert kakao_templates.fault_of(template) is None
    for name in template.keys() - {"buttons"}:
        assert kakao_templates.fault_of({key: value for key, value in template.items() if key != name})


@pytest.mark.parametrize(
    "template",
    [
        None,
        [],
        {"object_type": "poster"},
        {"object_type": "text", "text": "가" * 201, "link": {}},
        {"object_type": "text", "text": 7, "link": {}},
        {"object_type": "text", "text": "a", "link": {}, "buttons": [BUTTON] * 3},
        {"object_type": "text", "text": "a", "link": {}, "buttons": BUTTON},
        {"object_type": "text", "text": "a", "link": {}, "buttons": [{"title": "열기"}]},
        {"object_type": "feed", "content": {"title": "제목"}},
        {"object_type": "list", "header_title": "머리", "contents": [CONTENT]},
        {"object_type": "list", "header_title": "머리", "contents": [CONTENT, "a"]},
        {"object_type": "commerce", "content": CONTENT, "commerce": {"regular_price": "1000"}},
        {"object_type": "calendar", "id": "1", "id_type": "day", "content": CONTENT},
    ],
)
def test_invalid_templates_are_refused(template: object) -> None:
    assert kakao_templates.fault_of(template)


def test_the_text_of_a_template_is_what_its_reader_sees() -> None:
    assert kakao_templates.text_of(VALID[2]) == "머리\n제목\n제목"


def test_only_the_registered_domain_and_what_is_below_it_opens() -> None:
    links = ("https://example.com/a", "https://a.example.com", "https://notexample.com", "http://x.test")
    template = {
        "object_type": "text",
        "text": "a",
        "buttons": [{"title": "b", "link": {"web_url": url}} for url in links],
    }
    assert kakao_templates.unregistered_hosts(template) == ["notexample.com", "x.test"]
