from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from models.account import Account
from models.session import transaction
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start
from tests.api.mail import able_to_mail, mails

NEW = "battery staple"


def log_in(client: Browser, password: str) -> int:
    body = {"email": "user@example.com", "pw": password}
    return client.request("POST", "/api/auth/login/email", json=body).status_code


def test_one_sees_oneself_and_no_secret(person: Person) -> None:
    me = person.ask("GET", "/api/user/me")
    assert me.status_code == 200
    assert me.json().keys() == {"id", "email", "email_verified", "name", "role", "retention_days", "created_at"}
    assert (me.json()["email"], me.json()["role"]) == ("user@example.com", "user")
    assert me.json()["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [(None, "4010001"), ("Bearer x", "4010009"), ("Basic dXNlcjpwdw==", "4010001"), ("Bearer", "4010001")],
)
def test_who_has_no_token_is_nobody(client: Browser, authorization: str | None, code: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert client.request("GET", "/api/user/me", headers=headers).json()["code"] == code


def test_a_name_is_set_kept_and_taken_away(person: Person) -> None:
    assert person.ask("PUT", "/api/user/me", {"name": "홍길동"}).json()["name"] == "홍길동"
    assert person.ask("PUT", "/api/user/me", {}).json()["name"] == "홍길동"
    assert person.ask("PUT", "/api/user/me", {"name": None}).json()["name"] is None


def test_a_new_password_needs_the_present_one_and_ends_every_other_login(client: Browser, person: Person) -> None:
    other = Person(client, person.email).log_in()
    assert person.ask("PUT", "/api/user/me", {"pw": NEW}).json()["code"] == "4220002"
    assert person.ask("PUT", "/api/user/me", {"pw": NEW, "current_pw": "wrong horse"}).json()["code"] == "4010011"
    assert log_in(client, PASSWORD) == 200
    assert person.ask("PUT", "/api/user/me", {"pw": NEW, "current_pw": PASSWORD}).status_code == 200
    assert (log_in(client, PASSWORD), log_in(client, NEW)) == (401, 200)
    # Not in an hour, when its access token ends, but at once.
    assert other.ask("GET", "/api/user/me").status_code == 401
    old = client.request("POST", "/api/auth/refresh", json={"refresh_token": other.tokens["refresh_token"]})
    assert old.status_code == 401
    assert person.ask("GET", "/api/user/me").status_code == 200


def test_another_address_needs_the_present_password_and_the_old_one_is_told(person: Person) -> None:
    able_to_mail()
    path, wanted = "/api/user/me/email", {"email": "new@example.com"}
    assert person.ask("POST", path, wanted).json()["code"] == "4010011"
    assert person.ask("POST", path, {**wanted, "current_pw": "wrong horse"}).json()["code"] == "4010011"
    assert mails() == []
    assert person.ask("POST", path, {**wanted, "current_pw": PASSWORD}).status_code == 202
    [mail] = mails()
    assert (mail.to, person.ask("GET", "/api/user/me").json()["email"]) == ("new@example.com", person.email)
    assert person.ask("PUT", path, {"code": mail.code}).json()["email"] == "new@example.com"
    assert mails()[-1].to == person.email
    assert "이메일 주소가 변경" in mails()[-1].subject


@contextmanager
def the_password_changes() -> Iterator[None]:
    with transaction() as session:
        session.scalars(select(Account).with_for_update()).one().pw_hash = "another"
        session.flush()
        yield


def test_a_password_that_changes_meanwhile_is_not_overwritten(start: Start, database_url: str) -> None:
    client = start(database_url)
    person = Person(client, "user@example.com").register()
    change = person.sent("PUT", "/api/user/me", {"pw": NEW, "current_pw": PASSWORD})
    assert client.deliver_while(the_password_changes(), change).json()["code"] == "4090005"


@pytest.mark.parametrize("body", [{"email": "other@example.com"}, {"role": "operator"}, {"status": "deleted"}])
def test_what_is_not_ones_own_to_change_stays(person: Person, body: dict[str, str]) -> None:
    assert person.ask("PUT", "/api/user/me", body).json()["code"] == "4220003"


def test_who_leaves_is_gone_and_the_address_is_free(start: Start, database_url: str) -> None:
    client = start(database_url)
    person = Person(client, "user@example.com").register()
    person.make_key()
    assert person.ask("DELETE", "/api/user/me").status_code == 204
    for method in ("GET", "DELETE"):
        assert person.ask(method, "/api/user/me").json()["code"] == "4010009"
    assert log_in(client, PASSWORD) == 401
    gone = client.request("POST", "/api/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]})
    assert gone.status_code == 401
    again = Person(client, "user@example.com").register()
    assert again.ask("GET", "/api/user/apikeys").json() == []
