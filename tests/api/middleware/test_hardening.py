import pytest

from api.main import cross_origin
from tests.api.browser import Browser
from tests.api.conftest import Start


@pytest.mark.parametrize("path", ["/", "/nowhere", "/boom", "/api/user/me"])
def test_no_answer_is_sniffed_framed_cached_or_told_to_others(client: Browser, path: str) -> None:
    headers = client.request("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers


@pytest.mark.parametrize(("url", "is_said"), [("https://alrim.example.com", True), ("http://127.0.0.1:8000", False)])
def test_browsers_keep_to_https_where_the_api_is_reached_by_it(
    start: Start, sqlite_url: str, url: str, *, is_said: bool
) -> None:
    headers = start(sqlite_url, PUBLIC_URL=url).request("GET", "/").headers
    assert ("strict-transport-security" in headers) is is_said


def test_pages_of_other_origins_may_ask_where_the_operator_says_so() -> None:
    assert cross_origin(["https://app.example.com"])["allow_credentials"]
    assert not cross_origin(["*"])["allow_credentials"]
