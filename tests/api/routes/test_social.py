"""Logging in at Kakao and at Google, against the sandbox's login servers over real HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest

from config.settings import settings
from models.account import Account
from models.identity import Identity
from models.session import snapshot
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start
from tests.api.consenting import come_back, consented, cookie_of, enter, logged_in
from tests.api.mail import STRICT
from tests.api.signing import Sent

pytestmark = pytest.mark.store
ME = "user@example.com"
BOTH = pytest.mark.parametrize("sns_type", ["kakao", "google"])


@pytest.fixture
def client(start: Start, sqlite_url: str, where: dict[str, str]) -> Browser:
    return start(sqlite_url, **where)


def accounts() -> list[Account]:
    with snapshot() as session:
        return [*Account.filter(session)]


@BOTH
def test_who_comes_from_a_provider_has_an_account_and_keeps_it(
    start: Start, database_url: str, where: dict[str, str], sns_type: str
) -> None:
    client = start(database_url, **where)
    first, second = (logged_in(client, sns_type, email=ME, verified="true") for _ in range(2))
    me = first.ask("GET", "/api/user/me").json()
    assert (me["email"], me["email_verified"], bool(me["name"])) == (ME, True, True)
    assert second.ask("GET", "/api/user/me").json()["id"] == me["id"]
    assert len(accounts()) == 1
    other = logged_in(client, sns_type, email="other@example.com", verified="true")
    assert other.ask("GET", "/api/user/me").json()["id"] != me["id"]


@BOTH
def test_the_question_has_state_and_pkce_and_only_what_a_login_needs(client: Browser, sns_type: str) -> None:
    asked = client.request("GET", f"/api/auth/{sns_type}/authorize")
    query = parse_qs(urlsplit(asked.headers["Location"]).query)
    assert (query["response_type"], query["code_challenge_method"]) == (["code"], ["S256"])
    assert len(query["state"][0]) >= 32
    assert len(query["code_challenge"][0]) == 43
    scopes = {"kakao": ["account_email profile_nickname"], "google": ["openid email profile"]}
    assert query["scope"] == scopes[sns_type]
    assert query["redirect_uri"] == [f"http://127.0.0.1:8000/api/auth/{sns_type}/callback"]


@BOTH
def test_a_verified_address_enters_the_account_that_has_it(client: Browser, sns_type: str) -> None:
    mine = Person(client, ME).register()
    found = logged_in(client, sns_type, email="User@Example.com", verified="true")
    assert found.ask("GET", "/api/user/me").json()["id"] == mine.ask("GET", "/api/user/me").json()["id"]
    assert [each["sns_type"] for each in found.ask("GET", "/api/user/identities").json()] == [sns_type]
    # Here everybody is taken at his word: the password goes on.
    assert Person(client, ME).log_in().ask("GET", "/api/user/me").status_code == 200


@BOTH
def test_an_address_that_the_provider_does_not_vouch_for_enters_nothing(client: Browser, sns_type: str) -> None:
    mine = Person(client, ME).register()
    stranger = logged_in(client, sns_type, email=ME, verified="")
    seen = stranger.ask("GET", "/api/user/me").json()
    assert seen["id"] != mine.ask("GET", "/api/user/me").json()["id"]
    assert (seen["email"], seen["email_verified"]) == (None, False)


def test_one_person_is_two_identities_at_two_providers_and_one_account(client: Browser) -> None:
    kakao, google = (logged_in(client, sns_type, email=ME, verified="true") for sns_type in ("kakao", "google"))
    assert kakao.ask("GET", "/api/user/me").json() == google.ask("GET", "/api/user/me").json()
    assert len(accounts()) == 1


def test_whoever_took_an_address_without_proof_loses_the_account_to_its_owner(
    start: Start, database_url: str, where: dict[str, str]
) -> None:
    """Or he would know the password of an account that its owner thinks is his alone."""
    client = start(database_url, **STRICT, **where, KAKAO_REST_API_KEY="sandbox")
    squatter = Person(client, ME).register()
    squatter.make_key(kind="test")
    owner = logged_in(client, "kakao", email=ME, verified="true")
    assert squatter.ask("GET", "/api/user/me").status_code == 401
    login = client.request("POST", "/api/auth/login/email", json={"email": ME, "pw": PASSWORD})
    assert login.status_code == 401
    assert owner.ask("GET", "/api/user/apikeys").json() == []
    owner.make_key()


def test_two_first_logins_at_once_make_one_account(start: Start, database_url: str, where: dict[str, str]) -> None:
    client = start(database_url, **where)
    asked = [client.request("GET", "/api/auth/google/authorize") for _ in range(4)]
    back = [(consented(each.headers["Location"], email=ME, verified="true"), cookie_of(each)) for each in asked]
    answers = client.deliver_all([Sent("GET", path, {"Cookie": cookie}, b"") for path, cookie in back])
    assert [each.status_code for each in answers] == [200] * 4
    assert len(accounts()) == 1
    with snapshot() as session:
        assert len(Identity.filter(session)) == 1


def test_another_browser_cannot_come_back_with_it(client: Browser) -> None:
    """Or somebody could have a stranger logged in to an account that is not the stranger's."""
    mine, other = (client.request("GET", "/api/auth/google/authorize") for _ in range(2))
    back = consented(mine.headers["Location"])
    for wrong in (None, "alrim_consent=x", cookie_of(other)):
        answer = come_back(client, back, wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "4000009")
    # Nor does a consent of one provider belong to another.
    crossed = come_back(client, back.replace("/google/", "/kakao/"), cookie_of(mine))
    assert (crossed.status_code, crossed.json()["code"]) == (400, "4000009")
    assert come_back(client, back, cookie_of(mine)).status_code == 200
    assert come_back(client, back, cookie_of(mine)).json()["code"] == "4000009"


@BOTH
def test_who_declines_is_not_logged_in(client: Browser, sns_type: str) -> None:
    answer = enter(client, sns_type, answer="deny")
    assert (answer.status_code, answer.json()["code"]) == (400, "4000010")
    assert accounts() == []


@pytest.mark.parametrize(("sns_type", "status", "code"), [("facebook", 404, "4040006"), ("email", 404, "4040006")])
def test_other_ways_are_not_offered(client: Browser, sns_type: str, status: int, code: str) -> None:
    answer = client.request("GET", f"/api/auth/{sns_type}/authorize")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@BOTH
def test_without_an_app_nobody_is_asked(start: Start, sqlite_url: str, sns_type: str) -> None:
    answer = start(sqlite_url, **STRICT).request("GET", f"/api/auth/{sns_type}/authorize")
    assert (answer.status_code, answer.json()["code"]) == (409, "4090010")


def test_a_provider_that_does_not_say_who_it_is_is_said(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = client.request("GET", "/api/auth/kakao/authorize")
    back = consented(asked.headers["Location"])
    monkeypatch.setenv("ALRIM_KAKAO_API_BASE_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    answer = come_back(client, back, cookie_of(asked))
    assert (answer.status_code, answer.json()["code"]) == (502, "5020001")


def test_where_there_is_https_browsers_take_the_cookie_from_this_host_alone(
    start: Start, sqlite_url: str, where: dict[str, str]
) -> None:
    client = start(sqlite_url, **where, PUBLIC_URL="https://alrim.example.com")
    asked = client.request("GET", "/api/auth/google/authorize")
    cookie = cookie_of(asked)
    assert cookie.startswith("__Host-alrim_consent=")
    assert "Secure" in asked.headers["Set-Cookie"].split("; ")
    answer = come_back(client, consented(asked.headers["Location"]), cookie)
    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith('__Host-alrim_consent="";')
