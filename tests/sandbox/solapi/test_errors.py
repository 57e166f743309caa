import json

import pytest

from sandbox.solapi import errors
from sandbox.vendor_error import VendorError


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (errors.invalid(), 400, "ValidationError"),
        (errors.absent(), 404, "ResourceNotFound"),
        (errors.throttled(), 429, "TooManyRequests"),
        (errors.refusal(402, "NotEnoughBalance"), 402, "NotEnoughBalance"),
    ],
)
def test_a_refusal_is_a_status_a_code_and_a_text(refusal: VendorError, status: int, code: str) -> None:
    answer = refusal.answer()
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["errorCode"]) == (status, code)
    assert set(body) == {"errorCode", "errorMessage"}
    assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
