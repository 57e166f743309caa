from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox import sigv4

URL = "http://127.0.0.1:8025/aws/v2/em%20ail/x?b=2&a=%2F+1&a=0"


def signed(*keys: str, region: str = "ap-northeast-2") -> sigv4.Signed:
    request = AWSRequest("POST", URL, {"Content-Type": "application/json", "X-Note": " two  spaces "}, b'{"a":1}')
    SigV4Auth(Credentials(*(keys or ("sandbox", "sandbox"))), "ses", region).add_auth(request)
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    path, _, query = URL.removeprefix("http://127.0.0.1:8025").partition("?")
    return sigv4.Signed("POST", path, query, {"host": "127.0.0.1:8025", **headers}, b'{"a":1}')


def code_of(request: sigv4.Signed, late: timedelta = timedelta(), service: str = "ses") -> str | None:
    try:
        sigv4.verify(request, service, datetime.now(UTC) + late)
    except sigv4.SignatureError as error:
        return str(error)
    return None


def test_what_the_sdk_signs_holds() -> None:
    assert code_of(signed()) is None


@pytest.mark.parametrize(
    ("keys", "region", "late", "code"),
    [
        (("sandbox", "other"), "ap-northeast-2", 0, "SignatureDoesNotMatch"),
        (("other", "sandbox"), "ap-northeast-2", 0, "UnrecognizedClientException"),
        ((), "us-east-1", 0, "SignatureDoesNotMatch"),
        ((), "ap-northeast-2", 301, "SignatureDoesNotMatch"),
        ((), "ap-northeast-2", -330, "SignatureDoesNotMatch"),
    ],
)
def test_what_another_signs_does_not(keys: tuple[str, ...], region: str, late: int, code: str) -> None:
    # Signed now, not when the tests were collected: that can be minutes ago.
    assert code_of(signed(*keys, region=region), timedelta(seconds=late)) == code


@pytest.mark.parametrize("part", ["method", "path", "query", "body", "headers"])
def test_no_part_of_a_request_can_change(part: str) -> None:
    whole = signed()
    changed = {
        "method": "PUT",
        "path": "/aws/v2/email/y",
        "query": "b=2",
        "body": b"{}",
        "headers": {**whole.headers, "x-note": "three"},
    }
    parts = {name: getattr(whole, name) for name in changed}
    assert code_of(sigv4.Signed(**{**parts, part: changed[part]})) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=sandbox"])
def test_no_signature_is_missing(authorization: str) -> None:
    assert code_of(sigv4.Signed("GET", "/", "", {"authorization": authorization}, b"")) == "MissingAuthenticationToken"


def test_another_services_signature_does_not_hold() -> None:
    assert code_of(signed(), service="logs") == "SignatureDoesNotMatch"


def test_a_moment_that_is_none_does_not_hold() -> None:
    whole = signed()
    forged = sigv4.Signed(whole.method, whole.path, whole.query, {**whole.headers, "x-amz-date": "now"}, whole.body)
    assert code_of(forged) == "SignatureDoesNotMatch"
