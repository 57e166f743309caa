from typing import Any

import pytest

from sandbox.solapi import alimtalk

FILLED: dict[str, Any] = {
    "pfId": "KA01PF0000",
    "templateId": "KA01TP0000",
    "variables": {"#{name}": "지민", "order": "7"},
}
BUTTONED: dict[str, Any] = {"pfId": "KA01PF0000", "templateId": "KA01TP0002", "variables": {"name": "지민"}}
TRACK = {"buttonName": "배송 조회", "buttonType": "WL", "linkMo": "https://example.com"}


def test_variables_fill_the_template_with_or_without_their_marks() -> None:
    assert alimtalk.fill(FILLED) == "지민님, 주문 7이(가) 접수되었습니다."


def test_a_value_that_looks_like_a_variable_stays_as_it_is() -> None:
    assert alimtalk.fill(FILLED | {"variables": {"name": "#{order}", "order": r"\1"}}) == (
        r"#{order}님, 주문 \1이(가) 접수되었습니다."
    )


@pytest.mark.parametrize(
    ("kakao", "text", "code"),
    [
        (FILLED, None, None),
        (FILLED, "누구님, 주문 99이(가) 접수되었습니다.", None),
        (FILLED, "누구님, 주문 99이(가) 취소되었습니다.", "1043"),
        (FILLED | {"variables": {"name": "지민"}}, None, "1043"),
        (FILLED | {"variables": None}, None, "1043"),
        (FILLED | {"pfId": "KA01PF9999"}, None, "1041"),
        (FILLED | {"templateId": "KA01TP9999"}, None, "1042"),
        (FILLED | {"buttons": [TRACK]}, None, "1046"),
        (BUTTONED, None, None),
        (BUTTONED | {"buttons": [TRACK]}, None, None),
        (BUTTONED | {"buttons": [TRACK | {"buttonName": "다른 이름"}]}, None, "1047"),
        (BUTTONED | {"buttons": [TRACK | {"linkMo": None}]}, None, "1052"),
    ],
)
def test_an_alimtalk_keeps_to_its_template(kakao: dict[str, Any], text: str | None, code: str | None) -> None:
    assert alimtalk.judge("ATA", kakao, text) == code


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([TRACK] * 5, None),
        ([TRACK] * 6, "1048"),
        ([TRACK | {"buttonName": ""}], "1044"),
        ([TRACK | {"buttonType": "XX"}], "1045"),
        ([TRACK | {"buttonName": "가" * 14}], None),
        ([TRACK | {"buttonName": "가" * 15}], "1049"),
        ([TRACK | {"linkPc": "https://" + "a" * 93}], "1050"),
        ([{"buttonName": "앱", "buttonType": "AL", "linkAnd": "a://"}], "1052"),
        ([{"buttonName": "배송", "buttonType": "DS"}], "1053"),
        ([TRACK, TRACK | {"buttonType": "XX"}], "1045"),
    ],
)
def test_a_friendtalk_button_is_judged_by_itself(buttons: list[dict[str, Any]], code: str | None) -> None:
    assert alimtalk.judge("CTA", {"pfId": "KA01PF0000", "buttons": buttons}, "가") == code
