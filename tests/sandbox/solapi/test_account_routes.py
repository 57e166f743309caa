import base64

import pytest

from tests.sandbox.running import Api, sms

JPEG = b"\xff\xd8\xff\xe0"
PNG = b"\x89PNG\r\n\x1a\n"
FILES = "/storage/v1/files"


def upload(solapi: Api, content: bytes, type_: str) -> tuple[int, dict[str, object]]:
    return solapi.call("POST", FILES, {"file": base64.b64encode(content).decode(), "type": type_, "name": "a.jpg"})


def test_an_uploaded_image_can_be_sent(solapi: Api, number: str) -> None:
    status, file = upload(solapi, JPEG, "MMS")
    assert (status, len(str(file["fileId"])), str(file["fileId"])[:6]) == (200, 32, "ST01FJ")
    sent = solapi.call("POST", "/messages/v4/send", {"message": sms(number, imageId=file["fileId"])})[1]
    assert sent["type"] == "MMS"
    assert solapi.inbox(number)[0]["image_id"] == file["fileId"]


@pytest.mark.parametrize(
    ("content", "type_", "status"),
    [
        (JPEG + b"0" * (200 * 1024 - 4), "MMS", 200),
        (JPEG + b"0" * (200 * 1024 - 3), "MMS", 400),
        (PNG, "MMS", 400),
        (PNG, "KAKAO", 200),
        (PNG + b"0" * (500 * 1024), "KAKAO", 400),
        (JPEG, "BMS_WIDE", 200),
        (JPEG, "FLOPPY", 400),
        (b"", "MMS", 400),
    ],
)
def test_an_image_keeps_to_its_types_limits(solapi: Api, content: bytes, type_: str, status: int) -> None:
    assert upload(solapi, content, type_)[0] == status


def test_a_file_that_is_no_base64_is_refused(solapi: Api) -> None:
    assert solapi.call("POST", FILES, {"file": "***", "type": "MMS"})[1]["errorCode"] == "ValidationError"


def test_sending_costs_money(solapi: Api, number: str) -> None:
    before = solapi.call("GET", "/cash/v1/balance")[1]["balance"]
    solapi.call("POST", "/messages/v4/send", {"message": sms(number)})
    assert solapi.call("GET", "/cash/v1/balance")[1]["balance"] == before - 20
    assert solapi.call("GET", "/quota/v1/me")[1]["quota"] > 0
