from typing import Any
from uuid import UUID

import pytest

from config.vocabulary import Channel, ConnectionStatus
from models import credentials
from models.connection import Connection
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.api.browser import Browser
from tests.api.conftest import Person, Start

CONNECTIONS = "/api/user/connections"
SOLAPI = {"channel": "solapi", "api_key": "NCSKEY", "api_secret": "very-secret"}
GMAIL = {"channel": "gmail", "user": "Me@Example.com", "password": "abcd efgh ijkl mnop"}
SES = {"channel": "ses", "access_key_id": "AKIA", "secret_access_key": "very-secret", "from": "me@example.com"}


def made(person: Person, given: dict[str, str] = SOLAPI, **fields: object) -> dict[str, Any]:
    answer = person.ask("POST", CONNECTIONS, {"credentials": given, **fields})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def stored(connection_id: str) -> Connection:
    with snapshot() as session:
        row = Connection.get(session, UUID(connection_id))
    assert row is not None
    return row


def set_row(connection_id: str, **values: object) -> None:
    with transaction() as session:
        row = session.get(Connection, UUID(connection_id))
        for name, value in values.items():
            setattr(row, name, value)


def test_credentials_go_in_sealed_and_never_come_out(start: Start, database_url: str) -> None:
    person = Person(start(database_url), "user@example.com").register()
    said = made(person, name="주문 문자")
    assert (said["channel"], said["name"], said["status"], said["problem"]) == ("solapi", "주문 문자", "active", None)
    receipts = said.pop("receipts")
    row = stored(said["id"])
    assert credentials.reveal(row) == {
        "api_key": "NCSKEY",
        "api_secret": "very-secret",
        "receipt_secret": receipts["secret"],
    }
    assert b"very-secret" not in row.secrets
    assert person.ask("GET", f"{CONNECTIONS}/{said['id']}").json() == said
    listed = person.ask("GET", CONNECTIONS)
    assert listed.json() == [said]
    assert "secret" not in listed.text


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (GMAIL, {"user": "me@example.com", "password": "abcdefghijklmnop"}),
        (
            SES,
            {
                "access_key_id": "AKIA",
                "secret_access_key": "very-secret",
                "region": "ap-northeast-2",
                "from": "me@example.com",
            },
        ),
    ],
)
def test_every_kind_keeps_its_own_words(person: Person, given: dict[str, str], known: dict[str, str]) -> None:
    said = made(person, given)
    assert said["receipts"] is None
    assert credentials.reveal(stored(said["id"])) == known


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": "solapi", "api_key": "x"}, "credentials.solapi.api_secret"),
        ({**SOLAPI, "base_url": "http://169.254.169.254"}, "credentials.solapi.base_url"),
        ({**GMAIL, "host": "127.0.0.1"}, "credentials.gmail.host"),
        ({**SES, "region": "evil.example.com/"}, "credentials.ses.region"),
        ({**SES, "endpoint_url": "http://127.0.0.1"}, "credentials.ses.endpoint_url"),
        ({"channel": "kakao", "access_token": "x"}, "credentials"),
        ({**SOLAPI, "api_secret": "very secret"}, "credentials.solapi.api_secret"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(person: Person, given: dict[str, str], field: str) -> None:
    """No field says where a provider is: nobody can make a worker call an address of his own."""
    answer = person.ask("POST", CONNECTIONS, {"credentials": given})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert not any(value in answer.text for value in ("very-secret", "very secret", "169.254"))
    assert person.ask("GET", CONNECTIONS).json() == []


def test_there_is_one_default_a_channel(person: Person) -> None:
    first, second, other = made(person, is_default=True), made(person, is_default=True), made(person, GMAIL)

    def defaults() -> list[str]:
        return [each["id"] for each in person.ask("GET", CONNECTIONS).json() if each["is_default"]]

    assert defaults() == [second["id"]]
    for each in (first, other):
        assert person.ask("PUT", f"{CONNECTIONS}/{each['id']}", {"is_default": True}).json()["is_default"]
    assert defaults() == [first["id"], other["id"]]
    person.ask("PUT", f"{CONNECTIONS}/{first['id']}", {"is_default": False})
    assert defaults() == [other["id"]]


def test_new_credentials_forget_what_was_wrong_and_keep_what_was_not_said(person: Person) -> None:
    said = made(person)
    before = credentials.reveal(stored(said["id"]))
    broken = {"status": ConnectionStatus.NEEDS_REAUTH, "problem": "no", "closed_until": utc_now(), "failures": 3}
    set_row(said["id"], **broken, closed_reason="InvalidAPIKey")
    changed = person.ask("PUT", f"{CONNECTIONS}/{said['id']}", {"credentials": {**SOLAPI, "api_key": "NEW"}}).json()
    assert (changed["status"], changed["problem"], changed["closed_until"]) == ("active", None, None)
    row = stored(said["id"])
    assert credentials.reveal(row) == before | {"api_key": "NEW"}
    assert row.failures == 0


def test_credentials_of_another_channel_are_refused(person: Person) -> None:
    said = made(person)
    answer = person.ask("PUT", f"{CONNECTIONS}/{said['id']}", {"credentials": GMAIL})
    assert (answer.status_code, answer.json()["code"]) == (409, "4090005")


def test_a_removed_connection_is_gone(person: Person) -> None:
    said = made(person)
    assert person.ask("DELETE", f"{CONNECTIONS}/{said['id']}").status_code == 204
    assert person.ask("GET", CONNECTIONS).json() == []
    assert person.ask("DELETE", f"{CONNECTIONS}/{said['id']}").status_code == 404


def test_another_persons_and_the_installations_are_as_good_as_none(client: Browser, person: Person) -> None:
    other = Person(client, "other@example.com").register()
    with transaction() as session:
        shared = str(Connection.create(session, channel=Channel.SOLAPI, secrets=b"x").id)
    for connection_id in (made(other)["id"], shared, str(new_id())):
        where = f"{CONNECTIONS}/{connection_id}"
        answers = [person.ask("GET", where), person.ask("PUT", where, {}), person.ask("DELETE", where)]
        answers.append(person.ask("POST", f"{where}/test"))
        assert {answer.json()["code"] for answer in answers} == {"4040005"}


def test_an_account_has_twenty_connections_also_when_all_come_at_once(start: Start, database_url: str) -> None:
    client = start(database_url)
    person = Person(client, "user@example.com").register()
    for _ in range(18):
        made(person, GMAIL)
    answers = client.deliver_all([person.sent("POST", CONNECTIONS, {"credentials": GMAIL}) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4


def test_a_test_that_nobody_can_be_called_to_is_not_promised(start: Start, sqlite_url: str) -> None:
    client = start(sqlite_url, BROKER_URL="redis+socket:///nowhere.sock?virtual_host=0")
    person = Person(client, "user@example.com").register()
    answer = person.ask("POST", f"{CONNECTIONS}/{made(person)['id']}/test")
    assert (answer.status_code, answer.json()["code"]) == (503, "5030003")
