import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.schemas.attachment import AttachmentIn
from tests.api.schemas.conftest import Refusal

FILE = {"filename": "내역서.pdf", "content_type": "application/pdf", "content": "JVBERg=="}


@pytest.mark.parametrize(
    ("changes", "slugs"),
    [
        ({}, set()),
        ({"filename": "a"}, set()),
        ({"filename": ".env"}, set()),
        ({"filename": "가" * 85}, set()),
        ({"filename": "가" * 85 + "a"}, {"invalid_filename"}),
        ({"filename": ""}, {"invalid_filename"}),
        ({"filename": ".."}, {"invalid_filename"}),
        ({"filename": " "}, {"invalid_filename"}),
        ({"filename": "../a.pdf"}, {"invalid_filename"}),
        ({"filename": "C:\\a.pdf"}, {"invalid_filename"}),
        ({"filename": "a\r\nX: y"}, {"header_injection"}),
        ({"filename": "a\0.pdf"}, {"header_injection"}),
        ({"filename": "a\ud83d"}, {"lone_surrogate"}),
        ({"content_type": "image/svg+xml"}, set()),
        ({"content_type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}, set()),
        ({"content_type": "pdf"}, {"invalid_content_type"}),
        ({"content_type": "text/plain; charset=utf-8"}, {"invalid_content_type"}),
        ({"content_type": "text/plain\n"}, {"invalid_content_type"}),
        ({"content_type": "multipart/mixed"}, {"invalid_content_type"}),
        ({"content_type": "Message/RFC822"}, {"invalid_content_type"}),
        ({"content": "JVBERg"}, {"not_base64"}),
        ({"content": "JVBE\nRg=="}, {"not_base64"}),
        ({"path": "/etc/passwd"}, {"extra_forbidden"}),
    ],
)
def test_files(refusal: Refusal, changes: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(AttachmentIn, {**FILE, **changes}) == slugs


def test_a_media_type_is_kept_in_lower_case() -> None:
    assert AttachmentIn.model_validate({**FILE, "content_type": "Image/PNG"}).content_type == "image/png"


@given(st.binary(max_size=100))
def test_size_is_that_of_the_file(content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    assert AttachmentIn.model_validate({**FILE, "content": encoded}).size == len(content)
