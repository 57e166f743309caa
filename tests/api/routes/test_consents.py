"""Connecting KakaoTalk against the sandbox's login server, over real HTTP."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from config.settings import settings
from config.vocabulary import ConnectionStatus
from models import credentials
from models.connection import Connection
from models.session import snapshot, transaction
from models.types import utc_now
from tests.api.conftest import Person, Start
from tests.api.consenting import come_back, consented, cookie_of

pytestmark = pytest.mark.store

ASK = "/api/user/connections/kakao/authorize"
BACK = "/api/auth/kakao/callback"


@pytest.fixture
def person(start: Start, sqlite_url: str, where: dict[str, str]) -> Person:
    return Person(start(sqlite_url, **where), "user@example.com").register()


def asked(person: Person, **body: object) -> tuple[str, str]:
    """Ask for a consent: where to go, and the cookie."""
    answer = person.ask("POST", ASK, body)
    assert answer.status_code == 200, answer.text
    return answer.json()["authorize_url"], cookie_of(answer)


def stored(connection_id: str) -> Connection:
    with snapshot() as session:
        return session.get_one(Connection, UUID(connection_id))


def test_a_consent_becomes_a_connection_that_renews_itself(person: Person) -> None:
    url, cookie = asked(person, name="내 카카오톡", friends=True)
    query = parse_qs(urlsplit(url).query)
    assert (query["scope"], query["code_challenge_method"]) == (["talk_message friends"], ["S256"])
    answer = come_back(person.client, consented(url), cookie)
    said = answer.json()
    assert (answer.status_code, said["channel"], said["name"]) == (200, "kakao", "내 카카오톡")
    assert 'alrim_consent=""' in answer.headers["Set-Cookie"]
    row = stored(said["id"])
    assert set(credentials.reveal(row)) == {"access_token", "refresh_token"}
    assert row.renew_at is not None
    assert 3 * 3600 - 60 < (row.renew_at - utc_now()).total_seconds() < 3 * 3600 + 60
    assert [each["id"] for each in person.ask("GET", "/api/user/connections").json()] == [said["id"]]


def test_a_consent_that_ended_is_given_again_to_the_same_connection(person: Person) -> None:
    url, cookie = asked(person)
    made = come_back(person.client, consented(url), cookie).json()
    with transaction() as session:
        row = session.get_one(Connection, UUID(made["id"]))
        row.status, row.problem, row.renew_at = ConnectionStatus.NEEDS_REAUTH, "gone", None
    before = stored(made["id"]).secrets
    url, cookie = asked(person, connection=made["id"])
    again = come_back(person.client, consented(url), cookie).json()
    assert (again["id"], again["status"], again["problem"]) == (made["id"], "active", None)
    assert again["renew_at"] is not None
    assert stored(made["id"]).secrets != before


def test_another_browser_cannot_come_back_with_it(person: Person) -> None:
    """Or whoever sends his own link would have a stranger's KakaoTalk connected to his account."""
    mine, cookie = asked(person)
    other, other_cookie = asked(person)
    where = consented(mine)
    for wrong in (None, "alrim_consent=x", other_cookie):
        answer = come_back(person.client, where, wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "4000009")
    assert come_back(person.client, where, cookie).status_code == 200
    # The code is good once, and the verifier of another question does not fit.
    assert come_back(person.client, where, cookie).json()["code"] == "4000009"
    code = parse_qs(urlsplit(consented(mine)).query)["code"][0]
    state = parse_qs(urlsplit(other).query)["state"][0]
    assert come_back(person.client, f"{BACK}?state={state}&code={code}", other_cookie).json()["code"] == "4000009"


def test_who_declines_connects_nothing(person: Person) -> None:
    url, cookie = asked(person)
    answer = come_back(person.client, consented(url, "deny"), cookie)
    assert (answer.status_code, answer.json()["code"]) == (400, "4000010")
    assert person.ask("GET", "/api/user/connections").json() == []


def test_a_consent_without_messages_is_none(person: Person) -> None:
    url, cookie = asked(person)
    answer = come_back(person.client, consented(url.replace("talk_message", "profile_nickname")), cookie)
    assert (answer.status_code, answer.json()["code"]) == (400, "4000010")


def test_a_login_server_that_is_away_is_said(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    url, cookie = asked(person)
    where = consented(url)
    monkeypatch.setenv("ALRIM_KAKAO_AUTH_BASE_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    answer = come_back(person.client, where, cookie)
    assert (answer.status_code, answer.json()["code"]) == (502, "5020001")


def test_without_an_app_nobody_is_asked(start: Start, sqlite_url: str) -> None:
    variables = {"ENV": "prod", "BROKER_URL": "redis://127.0.0.1:9/0"}
    person = Person(start(sqlite_url, **variables), "user@example.com").register()
    answer = person.ask("POST", ASK, {})
    assert (answer.status_code, answer.json()["code"]) == (409, "4090010")


def test_only_ones_own_kakao_connection_is_asked_for_again(person: Person) -> None:
    given = {"channel": "gmail", "user": "me@example.com", "password": "p"}
    gmail = person.ask("POST", "/api/user/connections", {"credentials": given}).json()["id"]
    assert person.ask("POST", ASK, {"connection": gmail}).status_code == 409
    assert person.ask("POST", ASK, {"connection": "01900000-0000-7000-8000-000000000001"}).status_code == 404


def test_a_google_consent_becomes_a_gmail_connection(person: Person) -> None:
    answer = person.ask("POST", "/api/user/connections/google/authorize", {"name": "내 메일"})
    url = answer.json()["authorize_url"]
    query = parse_qs(urlsplit(url).query)
    assert query["scope"] == ["openid email https://mail.google.com/"]
    assert (query["access_type"], query["prompt"]) == (["offline"], ["consent"])
    made = come_back(person.client, consented(url, email="me@example.com", verified="true"), cookie_of(answer)).json()
    assert (made["channel"], made["name"], made["status"]) == ("gmail", "내 메일", "active")
    row = stored(made["id"])
    known = credentials.reveal(row)
    assert (known["user"], set(known)) == ("me@example.com", {"user", "access_token", "refresh_token"})
    assert row.renew_at is not None
    assert 1700 < (row.renew_at - utc_now()).total_seconds() < 1800


def test_a_password_takes_a_consents_place_and_the_other_way_round(person: Person) -> None:
    answer = person.ask("POST", "/api/user/connections/google/authorize", {})
    url = answer.json()["authorize_url"]
    made = come_back(person.client, consented(url), cookie_of(answer)).json()
    given = {"channel": "gmail", "user": "me@example.com", "password": "p"}
    path = f"/api/user/connections/{made['id']}"
    assert person.ask("PUT", path, {"credentials": given}).json()["renew_at"] is None
    assert set(credentials.reveal(stored(made["id"]))) == {"user", "password"}
    answer = person.ask("POST", "/api/user/connections/google/authorize", {"connection": made["id"]})
    again = come_back(person.client, consented(answer.json()["authorize_url"]), cookie_of(answer)).json()
    assert again["id"] == made["id"]
    assert set(credentials.reveal(stored(made["id"]))) == {"user", "access_token", "refresh_token"}


def test_a_google_consent_without_mail_connects_nothing(person: Person) -> None:
    answer = person.ask("POST", "/api/user/connections/google/authorize", {})
    url = answer.json()["authorize_url"].replace("https%3A%2F%2Fmail.google.com%2F", "profile")
    refused = come_back(person.client, consented(url), cookie_of(answer))
    assert (refused.status_code, refused.json()["code"]) == (400, "4000010")
    assert person.ask("GET", "/api/user/connections").json() == []
