from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox import kakao_oauth, kakao_tokens
from sandbox.person import Person
from sandbox.settings import Settings
from sandbox.state import new
from tests.sandbox.clock import Clock
from tests.sandbox.serving import served

BACK = "https://alrim.example.com/callback?from=kakao"
QUERY = {"client_id": "sandbox", "redirect_uri": BACK, "response_type": "code", "state": "s&1"}


@contextmanager
def login() -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    with served("/kakao/auth", kakao_oauth.router(replace(new(Settings()), clock=clock))) as base:
        yield base, clock


@pytest.fixture
def server() -> Iterator[tuple[str, Clock]]:
    with login() as both:
        yield both


def answered(base: str, **query: str) -> dict[str, list[str]]:
    url = f"{base}/oauth/authorize"
    answer = requests.get(url, params={**QUERY, "answer": "agree", **query}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def token(base: str, **form: str) -> requests.Response:
    return requests.post(f"{base}/oauth/token", data={"client_id": "sandbox", **form}, timeout=5)


def exchange(base: str, code: str, redirect_uri: str = BACK) -> requests.Response:
    return token(base, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)


def refresh(base: str, refresh_token: str) -> requests.Response:
    return token(base, grant_type="refresh_token", refresh_token=refresh_token)


def granted(base: str, **query: str) -> dict[str, Any]:
    answer = exchange(base, answered(base, **query)["code"][0])
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: requests.Response) -> tuple[str, str]:
    assert answer.status_code in {400, 401}
    return answer.json()["error"], answer.json()["error_code"]


def test_the_consent_page_shows_one_form_and_escapes_what_it_was_given(server: tuple[str, Clock]) -> None:
    query = {**QUERY, "state": '"><script>'}
    page = requests.get(f"{server[0]}/oauth/authorize", params=query, timeout=5)
    assert page.status_code == 200
    assert page.text.count("<form>") == 1
    assert "<script>" not in page.text


def test_consent_leads_to_a_token_that_the_api_reads(server: tuple[str, Clock]) -> None:
    base, clock = server
    body = granted(base, scope="talk_message,friends")
    assert (body["token_type"], body["expires_in"], body["refresh_token_expires_in"]) == ("bearer", 21600, 5184000)
    assert body["scope"] == "talk_message friends"
    grant = kakao_tokens.read(body["access_token"], clock.now)
    assert grant is not None
    assert grant.scopes == {"talk_message", "friends"}
    assert kakao_tokens.read(body["access_token"], clock.now + timedelta(hours=6)) is None


def test_refusal_and_state_go_back(server: tuple[str, Clock]) -> None:
    assert answered(server[0], answer="deny") == {
        "from": ["kakao"],
        "error": ["access_denied"],
        "error_description": ["User denied access"],
        "state": ["s&1"],
    }


@pytest.mark.parametrize(
    "wrong", [{"client_id": "other"}, {"redirect_uri": "javascript:alert(1)"}, {"response_type": "token"}]
)
def test_a_wrong_authorize_request_stays_here(server: tuple[str, Clock], wrong: dict[str, str]) -> None:
    url = f"{server[0]}/oauth/authorize"
    answer = requests.get(url, params={**QUERY, "answer": "agree", **wrong}, allow_redirects=False, timeout=5)
    assert answer.status_code == 400


def test_a_code_is_good_once_for_ten_minutes_and_its_own_address(server: tuple[str, Clock]) -> None:
    base, clock = server
    code = answered(base)["code"][0]
    assert exchange(base, code).status_code == 200
    assert refused(exchange(base, code)) == ("invalid_grant", "KOE320")
    assert refused(exchange(base, answered(base)["code"][0], "https://x.test/")) == ("invalid_grant", "KOE303")
    late = answered(base)["code"][0]
    clock.now += timedelta(minutes=10)
    assert refused(exchange(base, late)) == ("invalid_grant", "KOE320")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "other"}, ("invalid_client", "KOE010")),
        ({"client_secret": "other"}, ("invalid_client", "KOE010")),
        ({"grant_type": "password"}, ("invalid_request", "KOE114")),
        ({"grant_type": "refresh_token", "refresh_token": "other"}, ("invalid_grant", "KOE322")),
    ],
)
def test_wrong_token_requests(server: tuple[str, Clock], form: dict[str, str], error: tuple[str, str]) -> None:
    assert refused(token(server[0], **form)) == error


def test_a_refresh_token_is_replaced_in_its_last_month_and_then_dead(server: tuple[str, Clock]) -> None:
    base, clock = server
    first = granted(base)["refresh_token"]
    clock.now += timedelta(days=30)
    assert "refresh_token" not in refresh(base, first).json()
    clock.now += timedelta(seconds=1)
    second = refresh(base, first).json()["refresh_token"]
    assert refused(refresh(base, first)) == ("invalid_grant", "KOE322")
    assert refresh(base, second).status_code == 200
    clock.now += timedelta(days=60)
    assert refused(refresh(base, second)) == ("invalid_grant", "KOE322")


def test_twenty_access_tokens_in_ten_minutes(server: tuple[str, Clock]) -> None:
    base, clock = server
    first = granted(base)["refresh_token"]
    assert [refresh(base, first).status_code for _ in range(19)] == [200] * 19
    assert refused(refresh(base, first)) == ("invalid_request", "KOE237")
    clock.now += timedelta(minutes=10)
    assert refresh(base, first).status_code == 200


def test_each_person_has_his_own_limit_of_issues(server: tuple[str, Clock]) -> None:
    base, _ = server
    mine = granted(base)["refresh_token"]
    assert [refresh(base, mine).status_code for _ in range(20)] == [200] * 19 + [400]
    yours = granted(base, email="you@example.com", verified="true")["refresh_token"]
    assert [refresh(base, yours).status_code for _ in range(20)] == [200] * 19 + [400]


@pytest.mark.parametrize(
    ("query", "person"),
    [
        ({}, Person("kakao@example.com", verified=True)),
        ({"email": "a@example.com", "verified": "true"}, Person("a@example.com", verified=True)),
        ({"email": "a@example.com"}, Person("a@example.com", verified=False)),
    ],
)
def test_tokens_are_of_the_person_who_consented(
    server: tuple[str, Clock], query: dict[str, str], person: Person
) -> None:
    base, clock = server
    body = granted(base, **query)
    clock.now += timedelta(days=31)  # the refresh token is replaced, and its successor is the same person's
    renewed = refresh(base, body["refresh_token"]).json()
    again = refresh(base, renewed["refresh_token"]).json()
    for each in (renewed, again):
        grant = kakao_tokens.read(each["access_token"], clock.now)
        assert grant is not None
        assert grant.person == person


def test_a_faster_clock_tells_real_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_CLOCK_RATE", "3600")
    with login() as (base, _):
        assert granted(base)["expires_in"] == 6
