import json
from dataclasses import replace
from hashlib import sha256
from time import time

import pytest
from httpx import Response

from api.security import keys
from config.settings import settings
from config.vocabulary import AccountStatus, Role
from models.account import Account
from models.session import engine, transaction
from tests.api.browser import Browser
from tests.api.conftest import Person, Start
from tests.api.signing import Key, Sent, hmac_of, sign, sign_as_the_tutorial

BODY = b'{"text": "hello"}'
UNKNOWN = Key("0" * 60, "x" * 40)


def post(key: Key, name: str = "order-1", body: bytes = BODY, path: str = "/accept/here") -> Sent:
    return sign(key, "POST", path, body, name=name)


def code_of(answer: Response) -> str:
    return str(answer.json()["code"])


def forget() -> None:
    """As if a second had gone by."""
    keys._remembered.cache_clear()


def test_a_signed_request_is_known_by_its_key_and_hashes(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    answer = client.deliver(post(key))
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "hello",
        "idempotency": sha256(b"order-1").hexdigest(),
        "body_hash": sha256(b"POST\n/accept/here\n" + BODY).hexdigest(),
    }


def test_a_path_is_signed_as_it_is_sent(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    sent = post(key, path="/accept/%ED%99%8D%20x")
    assert client.deliver(sent).status_code == 200
    assert code_of(client.deliver(replace(sent, url=sent.url.replace("%ED%99%8D", "%ed%99%8d")))) == "4010008"


def test_what_was_not_signed_is_refused_with_its_own_code(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    good = post(key)
    old, ahead = (sign(key, "POST", "/accept/here", BODY, name="n", at=time() + by) for by in (-60, 60))
    unsigned = {name: value for name, value in good.headers.items() if name != "X-Signature"}
    wrong = {
        "4010001": replace(good, headers=unsigned),
        "4010002": post(UNKNOWN),
        "4010004": replace(good, headers={**good.headers, "X-Signature": "A" * 44}),
        "4010005": old,
        "4010006": ahead,
        "4010008": replace(good, body=b'{"text": "other"}'),
        "4000004": post(key, name=""),
        "4000005": replace(good, headers={**good.headers, "Idempotency-Key": "a b"}),
        "4000003": replace(good, url=good.url + "&key=1", headers=signed_again(good, key)),
    }
    assert {expected: code_of(client.deliver(sent)) for expected, sent in wrong.items()} == {
        each: each for each in wrong
    }


def signed_again(sent: Sent, key: Key) -> dict[str, str]:
    query = sent.url.partition("?")[2] + "&key=1"
    return {**sent.headers, "X-Signature": hmac_of(query, key.secret_key)}


def test_the_tutorials_header_name_is_taken_too(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    sent = post(key)
    headers = {("secret" if name == "X-Signature" else name): value for name, value in sent.headers.items()}
    assert client.deliver(replace(sent, headers=headers)).status_code == 200


def test_a_header_that_stands_twice_is_refused(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    sent = post(key)
    twice = [*sent.headers.items(), ("Idempotency-Key", "order-2")]
    assert code_of(client.request("POST", sent.url, content=sent.body, headers=twice)) == "4000003"


def test_who_may_not_ask_learns_nothing_about_his_body(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    assert code_of(client.deliver(post(UNKNOWN, body=b"{}"))) == "4010002"
    assert code_of(client.deliver(post(key, body=b"{}"))) == "4220002"


@pytest.mark.parametrize("env", ["test", "dev", "prod", "local"])
def test_a_bare_access_key_is_enough_in_local_only(start: Start, sqlite_url: str, env: str) -> None:
    client = start(sqlite_url, ENV=env, BROKER_URL="redis://127.0.0.1:9/0", SANDBOX_URL="http://127.0.0.1:9")
    _, key = Person(client, "user@example.com").register().make_key(kind="test")
    headers = {"Authorization": key.access_key, "Content-Type": "application/json"}
    answer = client.deliver(Sent("POST", "/accept/here", headers, BODY))
    if env == "local":
        assert (answer.status_code, answer.json()["idempotency"]) == (200, "")
        named = client.deliver(Sent("POST", "/accept/here", headers, BODY), **{"Idempotency-Key": "n"})
        assert named.json()["idempotency"] == sha256(b"n").hexdigest()
        stranger = {**headers, "Authorization": UNKNOWN.access_key}
        assert code_of(client.deliver(Sent("POST", "/accept/here", stranger, BODY))) == "4010002"
    else:
        assert code_of(answer) == "4010001"


@pytest.mark.parametrize("ahead", [0, 9 * 3600])
def test_the_tutorials_client_works_with_a_legacy_key(start: Start, sqlite_url: str, ahead: int) -> None:
    client = start(sqlite_url, ALLOW_LEGACY_SIGNING="true")
    person = Person(client, "user@example.com").register()
    _, legacy = person.make_key(legacy_signing=True)
    _, strict = person.make_key()
    sent = sign_as_the_tutorial(legacy, "POST", "/accept/here", BODY, at=time() + ahead)
    assert client.deliver(sent).json()["idempotency"] == sha256(sent.headers["secret"].encode()).hexdigest()
    sent = sign_as_the_tutorial(legacy, "GET", "/api/services", at=time() + ahead)
    assert client.deliver(sent).json() == {"your_email": "user@example.com"}
    assert client.deliver(sign_as_the_tutorial(strict, "POST", "/accept/here", BODY)).status_code == 401


def test_a_legacy_key_must_sign_in_full_once_the_installation_says_so(
    start: Start, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start(sqlite_url, ALLOW_LEGACY_SIGNING="true")
    _, key = Person(client, "user@example.com").register().make_key(legacy_signing=True)
    monkeypatch.delenv("ALRIM_ALLOW_LEGACY_SIGNING")
    settings.cache_clear()
    assert code_of(client.deliver(sign_as_the_tutorial(key, "POST", "/accept/here", BODY))) == "4010007"
    assert client.deliver(post(key)).status_code == 200


def test_a_legacy_signature_changes_nothing_where_it_is_not_stored(start: Start, sqlite_url: str) -> None:
    client = start(sqlite_url, ALLOW_LEGACY_SIGNING="true")
    _, key = Person(client, "user@example.com").register().make_key(legacy_signing=True)
    assert client.deliver(sign_as_the_tutorial(key, "GET", "/look")).status_code == 200
    assert code_of(client.deliver(sign_as_the_tutorial(key, "POST", "/look"))) == "4010007"
    assert client.deliver(sign(key, "POST", "/look", name="n")).status_code == 200


def test_a_stopped_key_and_one_of_a_deleted_account_sign_nothing(client: Browser, person: Person) -> None:
    stopped_id, stopped = person.make_key()
    _, left = person.make_key()
    assert person.ask("DELETE", f"/api/user/apikeys/{stopped_id}").status_code == 204
    assert code_of(client.deliver(post(stopped))) == "4010003"
    assert client.deliver(post(left)).status_code == 200
    assert person.ask("DELETE", "/api/user/me").status_code == 204
    assert client.deliver(post(left)).status_code == 200  # remembered, for a second
    forget()
    assert code_of(client.deliver(post(left))) == "4010002"


def test_a_key_is_worth_no_more_than_its_account(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    with transaction() as session:
        for row in Account.filter(session):
            row.status = AccountStatus.DELETED
    assert code_of(client.deliver(post(key))) == "4010003"
    assert person.ask("GET", "/look").json()["code"] == "4010009"


@pytest.mark.parametrize(
    ("whitelist", "status"),
    [
        ([], 200),
        (["203.0.113.7"], 200),
        (["::ffff:203.0.113.7"], 200),
        (["198.51.100.0/24", "203.0.113.0/24"], 200),
        (["203.0.113.8"], 403),
        (["::/0"], 403),
    ],
)
def test_a_whitelist_is_enforced(client: Browser, person: Person, whitelist: list[str], status: int) -> None:
    _, key = person.make_key(whitelist=whitelist)
    assert client.deliver(post(key)).status_code == status
    assert client.deliver(post(key), **{"X-Forwarded-For": "203.0.113.8"}).status_code == status


def test_a_trusted_proxy_says_who_the_client_is(start: Start, sqlite_url: str) -> None:
    client = start(sqlite_url, TRUSTED_PROXIES="203.0.113.0/24")
    _, key = Person(client, "user@example.com").register().make_key(whitelist=["198.51.100.1"])
    assert client.deliver(post(key), **{"X-Forwarded-For": "6.6.6.6, 198.51.100.1"}).status_code == 200
    assert code_of(client.deliver(post(key), **{"X-Forwarded-For": "198.51.100.1, 6.6.6.6"})) == "4030001"


def test_a_remembered_key_needs_no_database(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    assert client.deliver(post(key)).status_code == 200
    with engine().begin() as connection:
        connection.exec_driver_sql("DROP TABLE api_keys")
    answers = client.deliver_all([post(key, name=f"n{number}") for number in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    forget()
    assert code_of(client.deliver(post(key))) == "5030002"


def test_looking_takes_a_token_or_a_key(client: Browser, person: Person) -> None:
    key_id, key = person.make_key()
    account = person.ask("GET", "/api/user/me").json()["id"]
    by_token = {"account": account, "role": "user", "key": None}
    assert person.ask("GET", "/look").json() == by_token
    assert client.deliver(sign(key, "GET", "/look")).json() == {**by_token, "key": key_id}
    assert code_of(client.request("GET", "/look")) == "4010001"
    with transaction() as session:
        for row in Account.filter(session):
            row.role = Role.OPERATOR
    assert person.ask("GET", "/look").json()["role"] == "operator"
    assert client.deliver(sign(key, "GET", "/look")).json()["role"] == "user"


def test_a_token_is_no_signature_and_a_key_is_no_person(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    assert person.ask("POST", "/accept/here", json.loads(BODY)).status_code == 401
    assert client.deliver(sign(key, "GET", "/api/user/me")).status_code == 401
