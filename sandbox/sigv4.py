"""Verifies AWS Signature Version 4, for the one pair of keys that the sandbox knows.

Written out from AWS's description of the algorithm
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) rather than computed by
the SDK, so that the SDK is checked by something other than itself. It must know nothing of SES.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

ACCESS_KEY: Final = "sandbox"
SECRET_KEY: Final = "sandbox"
REGION: Final = "ap-northeast-2"
SKEW: Final = timedelta(minutes=5)

_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>[^,]+),\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class SignatureError(Exception):
    """The signature does not hold; the text is AWS's code."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came over the wire.

    Attributes:
        path: as on the request line, still encoded.
        headers: names in lower case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def verify(request: Signed, service: str, now: datetime) -> None:
    """Check that a request was signed for this service with the sandbox's keys.

    Raises:
        SignatureError: with AWS's code.
    """
    given = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if given is None:
        raise SignatureError("MissingAuthenticationToken")
    if given["key"] != ACCESS_KEY:
        raise SignatureError("UnrecognizedClientException")
    stamp = request.headers.get("x-amz-date", "")
    scope = f"{stamp[:8]}/{REGION}/{service}/aws4_request"
    names = given["headers"].split(";")
    if given["scope"] != scope or "host" not in names or not _fresh(stamp, now):
        raise SignatureError("SignatureDoesNotMatch")
    digest = hashlib.sha256(_canonical(request, names).encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    if not hmac.compare_digest(_sign(_key(scope), text).hex(), given["signature"]):
        raise SignatureError("SignatureDoesNotMatch")


def _fresh(stamp: str, now: datetime) -> bool:
    try:
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(now - signed) <= SKEW


def _canonical(request: Signed, names: list[str]) -> str:
    # Sorted as sent: like the SDK, which encodes a query once, before it signs and sends it.
    query = sorted(pair.partition("=") for pair in request.query.split("&") if pair)
    return "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, _, value in query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _key(scope: str) -> bytes:
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = _sign(key, part)
    return key


def _sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
