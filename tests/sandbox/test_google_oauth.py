from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from sandbox import google_oauth, google_tokens
from sandbox.person import Person
from sandbox.settings import Settings
from sandbox.state import new
from tests.sandbox.clock import Clock
from tests.sandbox.serving import served

BACK = "https://alrim.example.com/callback?from=google"
QUERY = {"client_id": "sandbox", "redirect_uri": BACK, "response_type": "code", "scope": "openid email", "state": "s&1"}
BAD_GRANT = {"error": "invalid_grant", "error_description": "Bad Request"}


@contextmanager
def login() -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    with served("/google", google_oauth.router(replace(new(Settings()), clock=clock))) as base:
        yield base, clock


@pytest.fixture
def server() -> Iterator[tuple[str, Clock]]:
    with login() as both:
        yield both


def ask(base: str, **query: str) -> requests.Response:
    asked = {name: value for name, value in {**QUERY, **query}.items() if value}
    return requests.get(f"{base}/auth", params=asked, allow_redirects=False, timeout=5)


def answered(base: str, **query: str) -> dict[str, list[str]]:
    answer = ask(base, **{"answer": "agree", **query})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def token(base: str, **form: str) -> requests.Response:
    credentials = {"client_id": "sandbox", "client_secret": "sandbox"}
    return requests.post(f"{base}/token", data={**credentials, **form}, timeout=5)


def exchange(base: str, code: str, redirect_uri: str = BACK, **form: str) -> requests.Response:
    return token(base, grant_type="authorization_code", code=code, redirect_uri=redirect_uri, **form)


def granted(base: str, **query: str) -> dict[str, Any]:
    answer = exchange(base, answered(base, **query)["code"][0])
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def userinfo(base: str, bearer: str) -> requests.Response:
    return requests.get(f"{base}/userinfo", headers={"Authorization": f"Bearer {bearer}"}, timeout=5)


def test_the_consent_page_asks_who_and_offers_the_hint(server: tuple[str, Clock]) -> None:
    assert 'value="sandbox@example.com"' in ask(server[0]).text
    page = ask(server[0], login_hint="hint@example.com")
    assert page.status_code == 200
    assert page.text.count("<form>") == 1
    assert 'name="email" value="hint@example.com"' in page.text


def test_consent_leads_to_an_access_token_for_an_hour(server: tuple[str, Clock]) -> None:
    base, clock = server
    body = granted(base, scope="openid email https://mail.google.com/")
    assert set(body) == {"access_token", "expires_in", "scope", "token_type"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3599)
    assert body["scope"].split() == [google_tokens.MAIL, google_tokens.EMAIL, "openid"]
    assert userinfo(base, body["access_token"]).status_code == 200
    clock.now += timedelta(hours=1)
    assert userinfo(base, body["access_token"]).status_code == 401


def test_refusal_and_state_go_back(server: tuple[str, Clock]) -> None:
    back = {"from": ["google"], "error": ["access_denied"], "state": ["s&1"]}
    assert answered(server[0], answer="deny") == back


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"redirect_uri": "javascript:alert(1)"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": ""}, 400, "invalid_request"),
        ({"code_challenge": "a"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_stays_here(server: tuple[str, Clock], wrong: dict[str, str], status: int, error: str) -> None:
    answer = ask(server[0], answer="agree", **wrong)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_code_is_good_once_for_ten_minutes_and_its_own_address(server: tuple[str, Clock]) -> None:
    base, clock = server
    code = answered(base)["code"][0]
    assert exchange(base, code).status_code == 200
    again = exchange(base, code)
    assert (again.status_code, again.json()) == (400, BAD_GRANT)
    elsewhere = exchange(base, answered(base)["code"][0], "https://x.test/")
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "redirect_uri_mismatch")
    late = answered(base)["code"][0]
    clock.now += timedelta(minutes=10)
    assert exchange(base, late).json() == BAD_GRANT


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "other"}, 400, "invalid_grant"),
    ],
)
def test_wrong_token_requests(server: tuple[str, Clock], form: dict[str, str], status: int, error: str) -> None:
    answer = token(server[0], **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_offline_access_outlives_everything_and_is_never_replaced(server: tuple[str, Clock]) -> None:
    base, clock = server
    first = granted(base, access_type="offline", email="a@example.com", verified="true")
    for _ in range(3):
        clock.now += timedelta(days=365)
        answer = token(base, grant_type="refresh_token", refresh_token=first["refresh_token"])
        renewed = answer.json()
        assert set(renewed) == {"access_token", "expires_in", "scope", "token_type"}
        assert renewed["scope"] == first["scope"]
        grant = google_tokens.read_access(renewed["access_token"], clock.now)
        assert grant is not None
        assert grant.person == Person("a@example.com")


@pytest.mark.parametrize(
    ("query", "email", "verified"),
    [
        ({}, "sandbox@example.com", True),
        ({"email": "a@example.com", "verified": "true"}, "a@example.com", True),
        ({"email": "a@example.com"}, "a@example.com", False),
    ],
)
def test_userinfo_is_of_the_person_who_consented(
    server: tuple[str, Clock],
    query: dict[str, str],
    email: str,
    verified: bool,  # noqa: FBT001 - one case of a table
) -> None:
    answer = userinfo(server[0], granted(server[0], **query)["access_token"])
    subject = google_tokens.subject(Person(email))
    assert answer.json() == {"sub": subject, "name": "샌드박스", "email": email, "email_verified": verified}


def test_without_its_scope_the_address_is_not_told(server: tuple[str, Clock]) -> None:
    answer = userinfo(server[0], granted(server[0], scope="openid")["access_token"])
    assert set(answer.json()) == {"sub", "name"}


def test_userinfo_takes_access_tokens_only(server: tuple[str, Clock]) -> None:
    refresh = granted(server[0], access_type="offline")["refresh_token"]
    for bearer in ("", "sandbox", refresh):
        answer = userinfo(server[0], bearer)
        refusal = {"error": "invalid_request", "error_description": "Invalid Credentials"}
        assert (answer.status_code, answer.json()) == (401, refusal)


def test_authlib_consents_and_renews_with_pkce(server: tuple[str, Clock]) -> None:
    base, _ = server
    credentials = {"client_id": "sandbox", "client_secret": "sandbox", "redirect_uri": BACK, "scope": "openid email"}
    options = {"code_challenge_method": "S256", "token_endpoint_auth_method": "client_secret_post"}
    with OAuth2Client(**credentials, **options, trust_env=False) as client:

        def code_for(verifier: str) -> str:
            url, _ = client.create_authorization_url(f"{base}/auth", code_verifier=verifier, access_type="offline")
            back = requests.get(f"{url}&answer=agree", allow_redirects=False, timeout=5).headers["Location"]
            return parse_qs(urlsplit(back).query)["code"][0]

        with pytest.raises(OAuthError, match="invalid_grant"):
            client.fetch_token(f"{base}/token", code=code_for("v" * 43), code_verifier="w" * 43)
        first = client.fetch_token(f"{base}/token", code=code_for("v" * 43), code_verifier="v" * 43)
        second = client.refresh_token(f"{base}/token", refresh_token=first["refresh_token"])
        assert second["access_token"] != first["access_token"]
        assert client.get(f"{base}/userinfo").json()["email"] == "sandbox@example.com"


def test_a_faster_clock_tells_real_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_CLOCK_RATE", "60")
    with login() as (base, clock):
        body = granted(base)
        assert body["expires_in"] == 59
        clock.now += timedelta(minutes=1)
        assert userinfo(base, body["access_token"]).status_code == 401
