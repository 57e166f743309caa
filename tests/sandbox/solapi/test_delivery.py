import base64
from typing import Any

import pytest

from tests.sandbox.running import FROM, Api, eventually

KAKAO = {"pfId": "KA01PF0000", "templateId": "KA01TP0000", "variables": {"name": "지민", "order": "7"}}
TEXT = "지민님, 주문 7이(가) 접수되었습니다."


def sent(solapi: Api, body: dict[str, object]) -> dict[str, Any]:
    """Send a message and give it as it is stored once it was reported."""
    status, answer = solapi.call("POST", "/messages/v4/send", {"message": body})
    assert status == 200

    def stored() -> dict[str, Any]:
        path = f"/messages/v4/list?messageId={answer['messageId']}"
        message: dict[str, Any] = solapi.call("GET", path)[1]["messageList"][answer["messageId"]]
        return message

    eventually(lambda: stored()["dateReported"] is not None)
    return stored()


@pytest.mark.parametrize(
    ("to", "options", "code", "arrived"),
    [
        ("01000008881", {}, "4000", ["ATA"]),
        ("01099993104", {"disableSms": True}, "3104", []),
        ("01099993107", {}, "4000", ["SMS"]),
        ("01099993050", {}, "3050", []),
    ],
)
def test_an_alimtalk_that_fails_at_kakao_is_sent_as_a_text_unless_forbidden(
    solapi: Api, to: str, options: dict[str, bool], code: str, arrived: list[str]
) -> None:
    stored = sent(solapi, {"to": to, "from": FROM, "kakaoOptions": KAKAO | options})
    entries = solapi.inbox(to)
    assert [(entry["type"], entry["text"]) for entry in entries] == [(type_, TEXT) for type_ in arrived]
    assert (stored["statusCode"], stored["replacement"]) == (code, arrived == ["SMS"])
    group = solapi.call("GET", f"/messages/v4/groups/{stored['groupId']}")[1]
    assert group["status"] == "COMPLETE"
    assert group["count"]["sentReplacement"] == int(arrived == ["SMS"])
    assert group["count"]["sentSuccess"] == int(code == "4000")


def test_a_long_fallback_is_an_lms_and_needs_a_sender(solapi: Api) -> None:
    long = KAKAO | {"variables": {"name": "지민" * 30, "order": "7"}}
    sent(solapi, {"to": "01099993102", "from": FROM, "kakaoOptions": long})
    assert [entry["type"] for entry in solapi.inbox("01099993102")] == ["LMS"]
    stored = sent(solapi, {"to": "01099993101", "kakaoOptions": long})
    assert (stored["statusCode"], solapi.inbox("01099993101")) == ("3101", [])


def test_a_number_that_no_one_can_have_fails_at_the_carrier(solapi: Api) -> None:
    assert sent(solapi, {"to": "12345", "from": FROM, "text": "가"})["statusCode"] == "3010"
    assert solapi.inbox("12345") == []


def test_an_mms_names_its_picture_where_the_inbox_has_it(solapi: Api, number: str) -> None:
    jpeg = b"\xff\xd8\xff\xe0"
    body = {"file": base64.b64encode(jpeg).decode(), "type": "MMS", "name": "a.jpg"}
    file_id = solapi.call("POST", "/storage/v1/files", body)[1]["fileId"]
    solapi.call(
        "POST", "/messages/v4/send", {"message": {"to": number, "from": FROM, "text": "가", "imageId": file_id}}
    )
    [entry] = solapi.inbox(number)
    assert entry["image_id"] == file_id
    assert solapi.session.get(solapi.base + entry["image"], timeout=10).content == jpeg


@pytest.mark.parametrize(
    ("to", "options", "names"),
    [
        ("01000008882", {}, None),
        ("01000008883", {"templateId": "KA01TP0002"}, ["배송 조회"]),
        (
            "01000008884",
            {
                "templateId": "KA01TP0002",
                "buttons": [{"buttonName": "배송 조회", "buttonType": "WL", "linkMo": "https://example.com"}],
            },
            ["배송 조회"],
        ),
        ("01099993107", {"templateId": "KA01TP0002"}, None),
    ],
    ids=["none", "the template's", "its own", "sent as a text"],
)
def test_an_alimtalk_shows_its_buttons(
    solapi: Api, to: str, options: dict[str, object], names: list[str] | None
) -> None:
    solapi.call("POST", "/messages/v4/send", {"message": {"to": to, "from": FROM, "kakaoOptions": KAKAO | options}})
    buttons = solapi.inbox(to)[-1].get("buttons")
    assert names == (None if buttons is None else [button["buttonName"] for button in buttons])
