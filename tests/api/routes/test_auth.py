from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import select

from models.account import Account
from models.login_session import LoginSession
from models.session import snapshot, transaction
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start
from tests.api.mail import STRICT, able_to_mail, mails
from tests.api.signing import Sent

ME = {"email": "user@example.com", "pw": PASSWORD}


def enter(client: Browser, how: str, **changes: str) -> tuple[int, dict[str, Any]]:
    answer = client.request("POST", f"/api/auth/{how}", json={**ME, **changes})
    return answer.status_code, answer.json()


def exchange(client: Browser, token: str) -> tuple[int, dict[str, Any]]:
    answer = client.request("POST", "/api/auth/refresh", json={"refresh_token": token})
    return answer.status_code, answer.json()


def test_who_registers_is_logged_in(start: Start, database_url: str) -> None:
    client = start(database_url)
    status, tokens = enter(client, "register/email")
    assert (status, tokens["expires_in"]) == (201, 3600)
    assert tokens.keys() == {"Authorization", "refresh_token", "expires_in"}
    me = client.request("GET", "/api/user/me", headers={"Authorization": tokens["Authorization"]}).json()
    assert me["email"] == "user@example.com"
    claims = jwt.decode(tokens["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert claims["sub"] == me["id"]


def test_nothing_that_opens_is_stored(client: Browser) -> None:
    _, tokens = enter(client, "register/email")
    with snapshot() as session:
        account, login = Account.filter(session)[0], LoginSession.filter(session)[0]
    assert account.pw_hash is not None
    assert account.pw_hash.startswith("$2b$")
    assert len(login.refresh_hash) == 32
    assert tokens["refresh_token"].encode() not in login.refresh_hash


@pytest.mark.parametrize("again", ["user@example.com", "USER@Example.COM"])
def test_an_address_is_taken_once(client: Browser, again: str) -> None:
    enter(client, "register/email")
    status, answer = enter(client, "register/email", email=again)
    assert (status, answer["code"]) == (409, "4090001")


def test_an_address_is_taken_once_by_many_at_once(start: Start, database_url: str) -> None:
    client = start(database_url)
    body = b'{"email": "user@example.com", "pw": "correct horse"}'
    sent = Sent("POST", "/api/auth/register/email", {"Content-Type": "application/json"}, body)
    answers = client.deliver_all([sent] * 6)
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    with snapshot() as session:
        assert len(Account.filter(session)) == 1


def test_one_logs_in_again_however_the_address_is_written(client: Browser) -> None:
    enter(client, "register/email", email="user@한글.kr")
    assert enter(client, "login/email", email="User@xn--bj0bj06e.KR")[0] == 200


def test_a_wrong_password_and_an_unknown_account_get_one_answer(client: Browser) -> None:
    enter(client, "register/email")
    wrong, unknown, long = (
        enter(client, "login/email", **changes)
        for changes in ({"pw": "wrong horse"}, {"email": "nobody@example.com"}, {"pw": "x" * 100})
    )
    assert wrong == unknown == long
    assert (wrong[0], wrong[1]["code"]) == (401, "4010011")


@pytest.mark.parametrize("how", ["register", "login"])
@pytest.mark.parametrize(
    ("sns_type", "code"), [("kakao", "4090013"), ("google", "4090013"), ("facebook", "4040006"), ("x", "4220108")]
)
def test_other_ways_are_not_offered(client: Browser, how: str, sns_type: str, code: str) -> None:
    assert enter(client, f"{how}/{sns_type}")[1]["code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pw": "1234567"}, "4220102"),
        ({"pw": "각" * 25}, "4220101"),
        ({"pw": "correct\0horse"}, "4220103"),
        ({"email": "user@localhost"}, "4220106"),
        ({"email": "a@b.kr\nbcc: c@d.kr"}, "4220106"),
        ({"role": "operator"}, "4220003"),
        ({"name": "x" * 101}, "4220101"),
    ],
)
def test_what_cannot_be_an_account_is_refused(client: Browser, changes: dict[str, str], code: str) -> None:
    assert enter(client, "register/email", **changes)[1]["code"] == code


def test_a_refresh_token_is_exchanged_again_and_again(start: Start, database_url: str) -> None:
    client = start(database_url)
    _, tokens = enter(client, "register/email")
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        status, tokens = exchange(client, tokens["refresh_token"])
        assert status == 200
        seen.add(tokens["refresh_token"])
    assert len(seen) == 4
    assert client.request("GET", "/api/user/me", headers={"Authorization": tokens["Authorization"]}).status_code == 200


def test_a_refresh_token_used_twice_ends_the_login(client: Browser) -> None:
    _, first = enter(client, "register/email")
    _, second = exchange(client, first["refresh_token"])
    status, answer = exchange(client, first["refresh_token"])
    assert (status, answer["code"]) == (401, "4010012")
    assert exchange(client, second["refresh_token"])[0] == 401


def test_one_login_does_not_end_another(client: Browser) -> None:
    _, first = enter(client, "register/email")
    _, other = enter(client, "login/email")
    assert exchange(client, first["refresh_token"])[0] == 200
    assert exchange(client, first["refresh_token"])[0] == 401
    assert exchange(client, other["refresh_token"])[0] == 200


def test_a_refresh_token_used_by_many_at_once_is_exchanged_once_at_most(start: Start, database_url: str) -> None:
    client = start(database_url)
    _, tokens = enter(client, "register/email")
    body = f'{{"refresh_token": "{tokens["refresh_token"]}"}}'.encode()
    sent = Sent("POST", "/api/auth/refresh", {"Content-Type": "application/json"}, body)
    assert [answer.status_code for answer in client.deliver_all([sent] * 5)].count(200) == 1


@contextmanager
def somebody_else_exchanges_it() -> Iterator[None]:
    with transaction() as session:
        session.scalars(select(LoginSession).with_for_update()).one().refresh_hash = b"x" * 32
        session.flush()
        yield


def test_a_refresh_token_that_is_just_being_used_is_used(start: Start, database_url: str) -> None:
    client = start(database_url)
    _, tokens = enter(client, "register/email")
    body = f'{{"refresh_token": "{tokens["refresh_token"]}"}}'.encode()
    sent = Sent("POST", "/api/auth/refresh", {"Content-Type": "application/json"}, body)
    assert client.deliver_while(somebody_else_exchanges_it(), sent).status_code == 401


def test_a_refresh_token_is_good_for_thirty_days(client: Browser) -> None:
    _, tokens = enter(client, "register/email")
    with transaction() as session:
        login = LoginSession.filter(session)[0]
        assert timedelta(days=29) < login.expires_at - utc_now() <= timedelta(days=30)
        login.expires_at = utc_now() - timedelta(seconds=1)
    assert exchange(client, tokens["refresh_token"])[0] == 401
    with snapshot() as session:
        assert LoginSession.filter(session) == []


def test_logging_out_ends_the_login_and_repeats_harmlessly(client: Browser, person: Person) -> None:
    for _ in range(2):
        answer = client.request("POST", "/api/auth/logout", json={"refresh_token": person.tokens["refresh_token"]})
        assert (answer.status_code, answer.content) == (204, b"")
    assert exchange(client, person.tokens["refresh_token"])[0] == 401


def test_any_refresh_token_of_a_login_logs_it_out_and_no_other(client: Browser, person: Person) -> None:
    _, fresh = exchange(client, person.tokens["refresh_token"])
    _, other = enter(client, "login/email", email=person.email)
    client.request("POST", "/api/auth/logout", json={"refresh_token": person.tokens["refresh_token"]})
    assert exchange(client, fresh["refresh_token"])[0] == 401
    assert exchange(client, other["refresh_token"])[0] == 200


def test_registering_is_throttled_where_strangers_are(start: Start, sqlite_url: str) -> None:
    client = start(sqlite_url, **STRICT)
    seen = [enter(client, "register/email", email=f"user{number}@example.com")[0] for number in range(13)]
    assert seen == [*[201] * 11, 429, 429]


def test_outside_local_an_address_is_to_be_proven_for_a_live_key(start: Start, database_url: str) -> None:
    client = start(database_url, **STRICT)
    able_to_mail()
    person = Person(client, "user@example.com").register()
    [mail] = mails()
    assert (mail.to, mail.subject) == ("user@example.com", "[알림] 이메일 확인 코드 · Your verification code")
    refused = person.ask("POST", "/api/user/apikeys", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "4030007")
    person.make_key(kind="test")
    assert person.ask("PUT", "/api/user/me/email", {"code": "X" * 10}).json()["code"] == "4000011"
    assert person.ask("PUT", "/api/user/me/email", {"code": mail.code}).json()["email_verified"] is True
    person.make_key()


def test_without_a_mail_connection_one_registers_all_the_same(start: Start, sqlite_url: str) -> None:
    person = Person(start(sqlite_url, **STRICT), "user@example.com").register()
    assert person.ask("POST", "/api/user/me/email", {}).json()["code"] == "4090012"
