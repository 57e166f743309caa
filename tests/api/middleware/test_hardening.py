import pytest

from api.main import cross_origin
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start

POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["/", "/nowhere", "/boom", "/api/user/me"])
def test_no_answer_is_sniffed_framed_cached_or_told_to_others(client: Browser, path: str) -> None:
    headers = client.request("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == POLICY
    assert "server" not in headers


def test_nobody_keeps_an_answer_that_holds_a_secret(client: Browser) -> None:
    person = Person(client, "user@example.com").register()
    login = client.request("POST", "/api/auth/login/email", json={"email": person.email, "pw": PASSWORD})
    key = person.ask("POST", "/api/user/apikeys", {})
    renewed = person.ask("POST", f"/api/user/apikeys/{key.json()['id']}/rotate", {})
    assert [each.status_code for each in (login, key, renewed)] == [200, 201, 200]
    assert {each.headers["cache-control"] for each in (login, key, renewed)} == {"no-store"}


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DEBUG"])
def test_no_method_shows_a_request_to_whoever_sent_it(client: Browser, method: str) -> None:
    answer = client.request(method, "/api/user/me", headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 405
    assert "secret" not in answer.text


@pytest.mark.parametrize(("url", "is_said"), [("https://alrim.example.com", True), ("http://127.0.0.1:8000", False)])
def test_browsers_keep_to_https_where_the_api_is_reached_by_it(
    start: Start, sqlite_url: str, url: str, *, is_said: bool
) -> None:
    headers = start(sqlite_url, PUBLIC_URL=url).request("GET", "/").headers
    assert headers.get("strict-transport-security") == ("max-age=31536000; includeSubDomains" if is_said else None)


def test_pages_of_other_origins_may_ask_where_the_operator_says_so() -> None:
    assert cross_origin(["https://app.example.com"])["allow_credentials"]
    assert not cross_origin(["*"])["allow_credentials"]
