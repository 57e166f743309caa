import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.solapi.auth import Authenticator
from sandbox.vendor_error import VendorError

NOW = datetime(2026, 11, 24, 0, 45, tzinfo=UTC)
SALT = "abcdefghijklmnop"


def header(date: str = "2026-11-24T00:45:00Z", salt: str = SALT, **other: str) -> str:
    method, name = other.get("method", "HMAC-SHA256"), other.get("name", "apiKey")
    digest = {"HMAC-SHA256": hashlib.sha256, "HMAC-MD5": hashlib.md5}[method]
    signature = hmac.new(other.get("secret", "sandbox").encode(), (date + salt).encode(), digest).hexdigest()
    return f"{method} {name}={other.get('key', 'sandbox')}, Date={date}, salt={salt}, signature={signature}"


def refused(text: str | None, now: datetime = NOW) -> tuple[int, str | int]:
    with pytest.raises(VendorError) as caught:
        Authenticator().check(text, now)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    "good",
    [
        header(),
        header(name="ApiKey"),
        header(method="HMAC-MD5"),
        header(date="2026-11-24T09:45:00.123456+09:00"),
        header(date="2026-11-24T00:31:00Z"),
        header(date="2026-11-24T00:59:59Z"),
        header(salt="a" * 12),
        header(salt="a" * 64),
    ],
)
def test_a_good_header_passes(good: str) -> None:
    Authenticator().check(good, NOW)


def test_parameters_may_come_in_any_order() -> None:
    method, rest = header().split(" ", 1)
    Authenticator().check(f"{method} {', '.join(reversed(rest.split(', ')))}", NOW)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (header(key="other"), "InvalidAPIKey"),
        (header(secret="other"), "SignatureDoesNotMatch"),
        (header(date="2026-11-24T00:29:59Z"), "RequestTimeTooSkewed"),
        (header(date="2026-11-24T01:00:01Z"), "RequestTimeTooSkewed"),
        (header(date="2026-11-24T00:45:00+09:00"), "RequestTimeTooSkewed"),
    ],
)
def test_a_wrong_header_is_forbidden(bad: str, code: str) -> None:
    assert refused(bad) == (403, code)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "",
        "Bearer sandbox",
        header().replace("HMAC-SHA256", "HMAC-SHA1"),
        header().replace(f", salt={SALT}", ""),
        header() + ", salt=again",
        header(date="yesterday"),
        header(date="2026-11-24T00:45:00"),
        header(salt="a" * 11),
        header(salt="a" * 65),
    ],
)
def test_an_unreadable_header_is_a_bad_request(bad: str | None) -> None:
    assert refused(bad) == (400, "ValidationError")


def test_a_signature_counts_once_in_fifteen_minutes() -> None:
    authenticator = Authenticator()
    late = header(date="2026-11-24T00:58:00Z")
    authenticator.check(late, NOW)
    with pytest.raises(VendorError, match="DuplicatedSignature"):
        authenticator.check(late, NOW + timedelta(minutes=14))
    authenticator.check(header(salt="b" * 16), NOW)
    authenticator.check(late, NOW + timedelta(minutes=15))


def test_a_refused_signature_is_not_used_up() -> None:
    authenticator = Authenticator()
    with pytest.raises(VendorError):
        authenticator.check(header(), NOW + timedelta(hours=1))
    authenticator.check(header(), NOW)
