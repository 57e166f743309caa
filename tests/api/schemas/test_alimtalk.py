from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.schemas.alimtalk import LINKS, ButtonType, KakaoOptionsIn
from tests.api.schemas.conftest import Refusal

TEMPLATE = {"pfId": "KA01PF0000", "templateId": "KA01TP0000"}
WEB = {"buttonName": "열기", "buttonType": "WL", "linkMo": "https://example.com"}


def button(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- a body may be anything
    return {**TEMPLATE, "buttons": [{**WEB, **changes}]}


@pytest.mark.parametrize(
    ("options", "slugs"),
    [
        (TEMPLATE, set()),
        ({"pfId": "KA01PF0000"}, {"missing"}),
        ({"templateId": "KA01TP0000"}, {"missing"}),
        ({**TEMPLATE, "pfId": ""}, {"string_too_short"}),
        ({**TEMPLATE, "bms": {}}, {"extra_forbidden"}),
        ({**TEMPLATE, "disableSms": "true"}, {"bool_type"}),
        ({**TEMPLATE, "disableSms": True, "adFlag": False, "title": "주문", "imageId": "FL1"}, set()),
        ({**TEMPLATE, "variables": {"이름": 1}}, {"string_type"}),
        ({**TEMPLATE, "variables": {"이름": "a\0"}}, {"null_byte"}),
        ({**TEMPLATE, "variables": {"user.name": "a"}}, {"invalid_variable"}),
        ({**TEMPLATE, "variables": {"#{user.name}": "a"}}, {"invalid_variable"}),
        ({**TEMPLATE, "variables": {"": "a"}}, {"invalid_variable"}),
        ({**TEMPLATE, "variables": {"#{}": "a"}}, {"invalid_variable"}),
        ({**TEMPLATE, "variables": {"{이름}": "a"}}, {"invalid_variable"}),
        ({**TEMPLATE, "variables": {"이름": "a", "#{이름}": "b"}}, {"invalid_variable"}),
        ({**TEMPLATE, "buttons": []}, {"too_short"}),
        ({**TEMPLATE, "buttons": [WEB] * 5}, set()),
        ({**TEMPLATE, "buttons": [WEB] * 6}, {"too_long"}),
        (button(buttonName="가" * 14), set()),
        (button(buttonName="가" * 15), {"string_too_long"}),
        (button(buttonType="ZZ"), {"enum"}),
        (button(linkMo="https://" + "a" * 92), set()),
        (button(linkMo="https://" + "a" * 93), {"string_too_long"}),
        (button(linkMo="#{주소}"), set()),
        (button(linkMo="myapp://open"), {"invalid_url"}),
        (button(linkPc="javascript:x"), {"invalid_url"}),
        (button(buttonType="AL"), {"link_missing"}),
        (button(buttonType="AL", linkAnd="myapp://open"), {"link_missing"}),
        (button(buttonType="AL", linkAnd="myapp://open", linkIos="myapp://open"), set()),
    ],
)
def test_options(refusal: Refusal, options: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(KakaoOptionsIn, options) == slugs


@pytest.mark.parametrize("kind", ButtonType)
def test_a_button_without_links_is_taken_exactly_where_its_type_needs_none(refusal: Refusal, kind: ButtonType) -> None:
    bare = {**TEMPLATE, "buttons": [{"buttonName": "열기", "buttonType": kind.value}]}
    assert refusal(KakaoOptionsIn, bare) == ({"link_missing"} if kind in LINKS else set())


@given(st.dictionaries(st.text("이름#{}.ab", max_size=6), st.just("값"), max_size=4))
def test_accepted_variables_are_all_wrapped_once(variables: dict[str, str]) -> None:
    try:
        accepted = KakaoOptionsIn.model_validate({**TEMPLATE, "variables": variables}).variables or {}
    except ValidationError as error:
        assert {found["type"] for found in error.errors()} == {"invalid_variable"}  # noqa: PT017 -- either way is right
        return
    assert len(accepted) == len(variables)
    for name in accepted:
        assert name.startswith("#{")
        assert name.endswith("}")
        assert not set("{}.") & set(name[2:-1])
