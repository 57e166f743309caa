import pytest

from sandbox.solapi import bodies
from sandbox.vendor_error import VendorError
from tests.sandbox.running import Api

SEND = "/messages/v4/send"


def post(solapi: Api, content: bytes) -> tuple[int, str]:
    answer = solapi.session.post(f"{solapi.base}/solapi{SEND}", data=content, timeout=10)
    return answer.status_code, answer.json()["errorCode"]


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b'"text"'])
def test_what_is_no_json_object_is_refused(solapi: Api, content: bytes) -> None:
    assert post(solapi, content) == (400, "ValidationError")


def test_more_than_fifteen_megabytes_are_refused(solapi: Api) -> None:
    most = bodies.BODY_MOST
    assert post(solapi, b" " * most) == (400, "ValidationError")
    assert post(solapi, b" " * (most + 1)) == (413, "PayloadTooLarge")


def test_a_chunked_body_is_measured_too(solapi: Api) -> None:
    chunks = (b" " * (1024 * 1024) for _ in range(16))
    answer = solapi.session.post(f"{solapi.base}/solapi{SEND}", data=chunks, timeout=10)
    assert answer.status_code == 413


@pytest.mark.parametrize("text", [None, "", "soon", "2026-11-24T00:00:00"])
def test_a_date_needs_its_zone(text: str | None) -> None:
    with pytest.raises(VendorError, match="InvalidScheduledDate"):
        bodies.date(text)
