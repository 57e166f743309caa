"""A forgotten password, from asking to the new one."""

import time

import pytest

from api.routes import resets
from models.account import Account
from models.session import snapshot, transaction
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start
from tests.api.mail import STRICT, able_to_mail, mails

pytestmark = pytest.mark.store
NEW = "battery staple"
ME = "user@example.com"


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resets, "PACE", 0.0)
    monkeypatch.setattr(resets, "PACE_WITH_HASH", 0.0)


def forget(client: Browser, email: str = ME) -> int:
    return client.request("POST", "/api/auth/reset", json={"email": email}).status_code


def reset(client: Browser, code: str, **changes: str) -> int | str:
    body = {"email": ME, "code": code, "pw": NEW, **changes}
    answer = client.request("PUT", "/api/auth/reset", json=body)
    return answer.status_code if answer.status_code == 204 else str(answer.json()["code"])


def log_in(client: Browser, password: str) -> int:
    return client.request("POST", "/api/auth/login/email", json={"email": ME, "pw": password}).status_code


def test_who_forgot_it_gets_a_code_and_sets_a_new_one(start: Start, database_url: str) -> None:
    client = start(database_url)
    able_to_mail()
    person = Person(client, ME).register()
    assert forget(client) == 202
    [mail] = mails()
    assert (mail.to, mail.subject) == (ME, "[알림] 비밀번호 재설정 코드 · Your password reset code")
    assert reset(client, "X" * 10) == "4000011"
    assert reset(client, mail.code, email="other@example.com") == "4000011"
    assert reset(client, mail.code) == 204
    assert reset(client, mail.code) == "4000011"
    assert (log_in(client, PASSWORD), log_in(client, NEW)) == (401, 200)
    # Every login ends, and its owner is told.
    assert person.ask("GET", "/api/user/me").status_code == 401
    assert [each.subject for each in mails()][1:] == ["[알림] 비밀번호가 변경되었습니다 · Your password was changed"]
    with snapshot() as session:
        assert Account.filter(session)[0].email_verified_at is not None


def test_nobody_learns_who_has_an_account(client: Browser) -> None:
    able_to_mail()
    Person(client, ME).register()
    here = client.request("POST", "/api/auth/reset", json={"email": ME})
    there = client.request("POST", "/api/auth/reset", json={"email": "nobody@example.com"})
    assert (here.status_code, here.content) == (there.status_code, there.content) == (202, b"null")
    assert [mail.to for mail in mails()] == [ME]


def test_every_answer_takes_the_same_time(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(resets, "PACE", 60.0)
    monkeypatch.setattr(resets, "PACE_WITH_HASH", 90.0)
    able_to_mail()
    Person(client, ME).register()
    for email in (ME, "nobody@example.com"):
        forget(client, email)
        reset(client, "X" * 10, email=email)
    assert [round(each / 10) for each in slept] == [6, 9, 6, 9]


def test_codes_are_mailed_a_few_times_only(client: Browser) -> None:
    able_to_mail()
    Person(client, ME).register()
    assert [forget(client) for _ in range(6)] == [202, 202, 202, 202, 429, 429]
    assert len(mails()) == 4
    # The others of the world are not held up by it.
    assert forget(client, "nobody@example.com") == 202


def test_a_reset_forgives_the_guesses_of_others(client: Browser) -> None:
    able_to_mail()
    Person(client, ME).register()
    assert [log_in(client, "wrong horse") for _ in range(7)][-1] == 429
    forget(client)
    assert reset(client, mails()[0].code) == 204
    assert log_in(client, NEW) == 200


def test_whoever_took_an_address_without_proof_loses_everything_to_its_owner(start: Start, database_url: str) -> None:
    client = start(database_url, **STRICT)
    able_to_mail()
    squatter = Person(client, ME).register()
    squatter.make_key(kind="test")
    given = {"channel": "gmail", "user": "squatter@example.com", "password": "p"}
    assert squatter.ask("POST", "/api/user/connections", {"credentials": given}).status_code == 201
    forget(client)
    assert reset(client, mails()[-1].code) == 204
    assert squatter.ask("GET", "/api/user/me").status_code == 401
    assert (log_in(client, PASSWORD), log_in(client, NEW)) == (401, 200)
    owner = Person(client, ME)
    owner.tokens = client.request("POST", "/api/auth/login/email", json={"email": ME, "pw": NEW}).json()
    assert owner.ask("GET", "/api/user/apikeys").json() == []
    assert owner.ask("GET", "/api/user/connections").json() == []
    assert owner.ask("GET", "/api/user/me").json()["email_verified"] is True


def test_a_proven_account_keeps_what_it_has(start: Start, database_url: str) -> None:
    client = start(database_url, **STRICT)
    able_to_mail()
    person = Person(client, ME).register()
    with transaction() as session:
        Account.filter(session)[0].email_verified_at = utc_now()
    person.make_key()
    forget(client)
    assert reset(client, mails()[-1].code) == 204
    person.tokens = client.request("POST", "/api/auth/login/email", json={"email": ME, "pw": NEW}).json()
    assert len(person.ask("GET", "/api/user/apikeys").json()) == 1


@pytest.mark.parametrize(("changes", "code"), [({"pw": "short"}, "4220102"), ({"email": "x"}, "4220106")])
def test_what_cannot_be_a_reset_is_refused(client: Browser, changes: dict[str, str], code: str) -> None:
    assert reset(client, "X" * 10, **changes) == code
