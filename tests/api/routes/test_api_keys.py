import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from httpx import Response
from sqlalchemy import select

from api.admin import set_role
from api.security.keys import _remembered
from config.vocabulary import Action, Role
from models.account import Account
from models.api_key import ApiKey
from models.audit import Audit
from models.session import snapshot, transaction
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import Person, Start
from tests.api.signing import Key, sign

KEYS = "/api/user/apikeys"


def test_a_key_is_made_and_its_secret_shown_once(start: Start, database_url: str) -> None:
    person = Person(start(database_url), "user@example.com").register()
    made = person.ask("POST", KEYS, {"user_memo": "주문 서버", "whitelist": ["203.0.113.7"]}).json()
    assert re.fullmatch(r"[0-9a-f-]{60}", made["access_key"])
    assert re.fullmatch(r"[A-Za-z0-9]{40}", made["secret_key"])
    secret = made.pop("secret_key")
    listed = person.ask("GET", KEYS)
    assert listed.json() == [made]
    assert (made["user_memo"], made["status"], made["legacy_signing"]) == ("주문 서버", "active", False)
    assert [entry["network"] for entry in made["whitelist"]] == ["203.0.113.7/32"]
    with snapshot() as session:
        assert secret.encode() not in ApiKey.filter(session)[0].secret


def test_an_account_has_three_active_keys(person: Person) -> None:
    made = [person.make_key()[0] for _ in range(3)]
    assert person.ask("POST", KEYS, {}).json()["code"] == "4090002"
    assert person.ask("DELETE", f"{KEYS}/{made[0]}").status_code == 204
    assert [key["id"] for key in person.ask("GET", KEYS).json()] == made[1:]
    person.make_key()


def test_an_account_has_three_active_keys_also_when_all_come_at_once(start: Start, database_url: str) -> None:
    client = start(database_url)
    person = Person(client, "user@example.com").register()
    answers = client.deliver_all([person.sent("POST", KEYS, {}) for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    assert len(person.ask("GET", KEYS).json()) == 3


@contextmanager
def another_key_is_made() -> Iterator[None]:
    with transaction() as session:
        account = session.scalars(select(Account).with_for_update()).one()
        ApiKey.create(session, account_id=account.id, access_key="a" * 60, secret=b"")
        yield


def test_the_last_place_is_taken_once(start: Start, database_url: str) -> None:
    client = start(database_url)
    person = Person(client, "user@example.com").register()
    for _ in range(2):
        person.make_key()
    answer = client.deliver_while(another_key_is_made(), person.sent("POST", KEYS, {}))
    assert answer.json()["code"] == "4090002"


def test_a_key_changes_what_is_said_and_keeps_the_rest(person: Person) -> None:
    key_id, _ = person.make_key(user_memo="old")
    changed = person.ask("PUT", f"{KEYS}/{key_id}", {"user_memo": "new"}).json()
    assert (changed["user_memo"], changed["id"]) == ("new", key_id)
    assert person.ask("PUT", f"{KEYS}/{key_id}", {}).json() == changed
    assert person.ask("PUT", f"{KEYS}/{key_id}", {"access_key": "mine"}).json()["code"] == "4220003"


@pytest.mark.parametrize(
    ("variables", "status"), [({}, 403), ({"ALLOW_LEGACY_SIGNING": "true"}, 201), ({"ENV": "local"}, 201)]
)
def test_legacy_signing_is_for_installations_that_allow_it(
    start: Start, sqlite_url: str, variables: dict[str, str], status: int
) -> None:
    person = Person(start(sqlite_url, **variables), "user@example.com").register()
    assert person.ask("POST", KEYS, {"legacy_signing": True}).status_code == status
    key_id, _ = person.make_key()
    changed = person.ask("PUT", f"{KEYS}/{key_id}", {"legacy_signing": True})
    assert changed.status_code == (200 if status == 201 else 403)


def test_another_persons_key_is_as_good_as_none(client: Browser, person: Person) -> None:
    key_id, _ = person.make_key()
    entry = person.ask("POST", f"{KEYS}/{key_id}/whitelists", {"network": "203.0.113.7"}).json()
    other = Person(client, "other@example.com").register()
    foreign = [
        other.ask("PUT", f"{KEYS}/{key_id}", {"user_memo": "mine"}),
        other.ask("DELETE", f"{KEYS}/{key_id}"),
        other.ask("GET", f"{KEYS}/{key_id}/whitelists"),
        other.ask("POST", f"{KEYS}/{key_id}/whitelists", {"network": "0.0.0.0/0"}),
        other.ask("DELETE", f"{KEYS}/{key_id}/whitelists/{entry['id']}"),
        other.ask("DELETE", f"{KEYS}/{uuid4()}"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in foreign} == {(404, "4040003")}
    assert other.ask("GET", KEYS).json() == []
    assert person.ask("GET", f"{KEYS}/{key_id}/whitelists").json() == [entry]


def test_an_id_that_is_none_is_said_to_be_none(person: Person) -> None:
    answer = person.ask("DELETE", f"{KEYS}/42")
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["field"]) == (
        422,
        "4220107",
        "key_id",
    )


def test_a_stopped_key_stays_on_record_but_not_in_hand(person: Person) -> None:
    key_id, _ = person.make_key()
    person.ask("DELETE", f"{KEYS}/{key_id}")
    assert person.ask("DELETE", f"{KEYS}/{key_id}").json()["code"] == "4040003"
    assert person.ask("PUT", f"{KEYS}/{key_id}", {"user_memo": "x"}).json()["code"] == "4040003"
    with snapshot() as session:
        assert len(ApiKey.filter(session)) == 1


def test_a_whitelist_grows_to_ten_and_shrinks(start: Start, database_url: str) -> None:
    person = Person(start(database_url), "user@example.com").register()
    key_id, _ = person.make_key(whitelist=["10.0.0.0/8"])
    path = f"{KEYS}/{key_id}/whitelists"
    made = [person.ask("POST", path, {"network": f"203.0.113.{number}"}) for number in range(9)]
    assert {answer.status_code for answer in made} == {201}
    assert person.ask("POST", path, {"network": "198.51.100.1"}).json()["code"] == "4090003"
    assert person.ask("POST", path, {"network": "10.0.0.0/8"}).status_code == 201  # stands already
    entry = made[0].json()["id"]
    assert person.ask("DELETE", f"{path}/{entry}").status_code == 204
    assert person.ask("DELETE", f"{path}/{entry}").json()["code"] == "4040004"
    assert len(person.ask("GET", path).json()) == 9


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"whitelist": ["localhost"]}, "4220110"),
        ({"whitelist": ["203.0.113.7/24"]}, "4220110"),
        ({"whitelist": [f"10.0.0.{number}" for number in range(11)]}, "4220111"),
        ({"user_memo": "x" * 101}, "4220101"),
        ({"user_memo": "a\0b"}, "4220103"),
        ({"secret_key": "mine"}, "4220003"),
    ],
)
def test_what_cannot_be_a_key_is_refused(person: Person, body: dict[str, object], code: str) -> None:
    assert person.ask("POST", KEYS, body).json()["code"] == code


def look(person: Person, key: Key, method: str = "GET", path: str = "/look") -> Response:
    return person.client.deliver(sign(key, method, path, name="n" * (method == "POST")))


def forget_keys() -> None:
    """As two seconds later."""
    _remembered.cache_clear()


def test_after_a_rotation_both_secrets_sign_for_a_while(person: Person) -> None:
    key_id, old = person.make_key()
    made = person.ask("POST", f"{KEYS}/{key_id}/rotate", {"overlap_seconds": 60}).json()
    new = Key(made["access_key"], made["secret_key"])
    assert (new.access_key, new.secret_key == old.secret_key) == (old.access_key, False)
    forget_keys()
    assert [look(person, each).status_code for each in (old, new)] == [200, 200]
    with transaction() as session:
        session.get_one(ApiKey, UUID(key_id)).previous_until = utc_now()
    forget_keys()
    assert [look(person, each).status_code for each in (old, new)] == [401, 200]
    newest = person.ask("POST", f"{KEYS}/{key_id}/rotate", {"overlap_seconds": 0}).json()["secret_key"]
    forget_keys()
    assert [look(person, each).status_code for each in (new, Key(new.access_key, newest))] == [401, 200]


def test_a_key_is_stopped_and_resumed_while_there_is_room(person: Person) -> None:
    key_id, key = person.make_key()
    assert person.ask("POST", f"{KEYS}/{key_id}/stop").json()["status"] == "stopped"
    forget_keys()
    assert look(person, key).json()["code"] == "4010003"
    others = [person.make_key()[0] for _ in range(3)]
    assert person.ask("POST", f"{KEYS}/{key_id}/resume").json()["code"] == "4090002"
    person.ask("DELETE", f"{KEYS}/{others[0]}")
    assert person.ask("POST", f"{KEYS}/{key_id}/resume").json()["status"] == "active"
    forget_keys()
    assert look(person, key).status_code == 200
    assert len(person.ask("GET", KEYS).json()) == 3


def test_a_key_ends_by_itself(person: Person) -> None:
    key_id, key = person.make_key(expires_at="2100-01-01T00:00:00+09:00")
    assert look(person, key).status_code == 200
    with transaction() as session:
        session.get_one(ApiKey, UUID(key_id)).expires_at = utc_now()
    forget_keys()
    assert look(person, key).json()["code"] == "4010013"
    assert person.ask("PUT", f"{KEYS}/{key_id}", {"expires_at": None}).json()["expires_at"] is None
    forget_keys()
    assert look(person, key).status_code == 200
    assert person.ask("POST", KEYS, {"expires_at": "2020-01-01T00:00:00Z"}).status_code == 422


def test_a_reading_key_changes_nothing(person: Person) -> None:
    key_id, key = person.make_key(read_only=True, channels=["ses", "kakao"])
    assert look(person, key).status_code == 200
    assert look(person, key, "POST").json()["code"] == "4030005"
    [shown] = person.ask("GET", KEYS).json()
    assert (shown["read_only"], shown["channels"]) == (True, ["kakao", "ses"])
    changed = person.ask("PUT", f"{KEYS}/{key_id}", {"read_only": False, "channels": []}).json()
    assert (changed["read_only"], changed["channels"]) == (False, [])


def test_test_keys_need_a_sandbox(start: Start, sqlite_url: str) -> None:
    person = Person(start(sqlite_url), "user@example.com").register()
    assert person.ask("POST", KEYS, {"kind": "test"}).json()["kind"] == "test"


def test_elsewhere_the_operator_names_the_sandbox(start: Start, sqlite_url: str) -> None:
    person = Person(start(sqlite_url, ENV="prod"), "user@example.com").register()
    assert person.ask("POST", KEYS, {"kind": "test"}).json()["code"] == "4090011"


def test_an_operator_stops_anybodys_key_and_does_no_more(client: Browser, person: Person) -> None:
    key_id, _ = person.make_key()
    operator = Person(client, "operator@example.com").register()
    assert operator.ask("POST", f"{KEYS}/{key_id}/stop").status_code == 404
    set_role("operator@example.com", Role.OPERATOR)
    assert operator.ask("POST", f"{KEYS}/{key_id}/stop").json()["status"] == "stopped"
    assert operator.ask("POST", f"{KEYS}/{key_id}/resume").status_code == 404
    assert operator.ask("DELETE", f"{KEYS}/{key_id}").status_code == 404
    with snapshot() as session:
        trail = [(line.action, line.role, line.subject_id) for line in Audit.filter(session)]
    assert trail[0] == (Action.KEY_MADE, Role.USER, UUID(key_id))
    assert trail[-1] == (Action.KEY_STOPPED, Role.OPERATOR, UUID(key_id))


def test_the_trail_keeps_no_memo(person: Person) -> None:
    key_id, _ = person.make_key()
    person.ask("PUT", f"{KEYS}/{key_id}", {"user_memo": "zqxmemo", "read_only": True})
    with snapshot() as session:
        assert [line.detail for line in Audit.filter(session, Audit.action == Action.KEY_CHANGED)] == [
            '{"read_only": true}'
        ]
