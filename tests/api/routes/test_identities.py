"""Linking and unlinking, against the sandbox's login servers over real HTTP."""

from datetime import timedelta

import pytest
from httpx import Response

from models.login_session import LoginSession
from models.session import transaction
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import Person, Start
from tests.api.consenting import come_back, consented, cookie_of, logged_in

pytestmark = pytest.mark.store
ME = "user@example.com"


@pytest.fixture
def client(start: Start, sqlite_url: str, where: dict[str, str]) -> Browser:
    return start(sqlite_url, **where)


def link(person: Person, sns_type: str, **who: str) -> Response:
    asked = person.ask("POST", f"/api/user/identities/{sns_type}/authorize")
    assert asked.status_code == 200, asked.text
    return come_back(person.client, consented(asked.json()["authorize_url"], **who), cookie_of(asked))


def identities(person: Person) -> list[str]:
    return [each["sns_type"] for each in person.ask("GET", "/api/user/identities").json()]


def test_an_identity_is_linked_whatever_its_address_and_enters_from_then_on(
    start: Start, database_url: str, where: dict[str, str]
) -> None:
    person = Person(start(database_url, **where), ME).register()
    made = link(person, "kakao", email="other@example.com", verified="")
    assert (made.status_code, made.json()["sns_type"]) == (200, "kakao")
    assert link(person, "kakao", email="other@example.com", verified="").json() == made.json()
    entered = logged_in(person.client, "kakao", email="other@example.com", verified="")
    assert entered.ask("GET", "/api/user/me").json() == person.ask("GET", "/api/user/me").json()
    assert person.ask("DELETE", f"/api/user/identities/{made.json()['id']}").status_code == 204
    assert identities(person) == []
    again = logged_in(person.client, "kakao", email="other@example.com", verified="")
    assert again.ask("GET", "/api/user/me").json()["id"] != person.ask("GET", "/api/user/me").json()["id"]


def test_an_identity_enters_one_account(client: Browser) -> None:
    first, second = Person(client, ME).register(), Person(client, "second@example.com").register()
    assert link(first, "google", email="g@example.com").status_code == 200
    answer = link(second, "google", email="g@example.com")
    assert (answer.status_code, answer.json()["code"]) == (409, "4090014")
    assert (identities(first), identities(second)) == (["google"], [])


def test_the_only_way_to_log_in_stays(client: Browser) -> None:
    person = logged_in(client, "google", email=ME, verified="true")
    [google] = person.ask("GET", "/api/user/identities").json()
    answer = person.ask("DELETE", f"/api/user/identities/{google['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "4090015")
    assert link(person, "kakao").status_code == 200
    assert person.ask("DELETE", f"/api/user/identities/{google['id']}").status_code == 204
    assert identities(person) == ["kakao"]


def test_anothers_identity_is_as_good_as_none(client: Browser) -> None:
    mine, other = Person(client, ME).register(), Person(client, "other@example.com").register()
    theirs = link(other, "google", email="g@example.com").json()
    answer = mine.ask("DELETE", f"/api/user/identities/{theirs['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "4040010")


def test_who_leaves_is_not_found_again(client: Browser) -> None:
    person = logged_in(client, "google", email=ME, verified="true")
    before = person.ask("GET", "/api/user/me").json()["id"]
    assert person.ask("DELETE", "/api/user/me").status_code == 204
    again = logged_in(client, "google", email=ME, verified="true")
    assert again.ask("GET", "/api/user/me").json()["id"] != before


def test_an_old_login_changes_nothing_that_opens_the_account(client: Browser) -> None:
    """Or a stolen token would be a way in for ever."""
    person = logged_in(client, "google", email=ME, verified="true")
    with transaction() as session:
        LoginSession.filter(session)[0].created_at = utc_now() - timedelta(minutes=11)
    for method, path, body in (
        ("POST", "/api/user/identities/kakao/authorize", None),
        ("POST", "/api/user/me/email", {"email": "thief@example.com"}),
        ("PUT", "/api/user/me", {"pw": "battery staple", "current_pw": ""}),
    ):
        assert person.ask(method, path, body).json()["code"] == "4010014"
    fresh = logged_in(client, "google", email=ME, verified="true")
    assert fresh.ask("PUT", "/api/user/me", {"pw": "battery staple", "current_pw": ""}).status_code == 200
