"""Keys with real processes: rotated, revoked on every one of them, of kind test, and when they were last used."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow

KEYS = "/api/user/apikeys"
SMS = {"to": "01012345678", "from": "0212345678", "text": "시험"}
EVERYWHERE = 2.0
"""Seconds within which a change of a key is known to every process."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    """Two API processes on one database."""
    with installed(tmp_path_factory, redis_server, "sandbox", "web", "web2", webs=2) as running:
        yield running


def ask(client: Client, method: str, path: str, json: object = None) -> Any:  # noqa: ANN401 - a body
    headers = {"Authorization": client.bearer}
    answer = requests.request(method, f"{client.api}{KEYS}{path}", headers=headers, json=json, timeout=10)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def with_key(client: Client, **fields: object) -> tuple[str, Client]:
    made = ask(client, "POST", "", fields)
    return made["id"], Client(client.api, made["access_key"], made["secret_key"], client.bearer, client.email)


def everywhere(stack: Stack, client: Client) -> list[int]:
    """What each process answers to this key."""
    answers = []
    for port in stack.api_ports.values():
        there = Client(f"http://127.0.0.1:{port}", client.access_key, client.secret_key, client.bearer, client.email)
        url, headers = there.signed("GET", "/api/services")
        answers.append(requests.get(url, headers=headers, timeout=10).status_code)
    return answers


def until(stack: Stack, client: Client, wanted: list[int]) -> float:
    """How long it took until every process answered so."""
    begun = time.monotonic()
    wait_for(f"{wanted} everywhere", lambda: everywhere(stack, client) == wanted, 2 * EVERYWHERE)
    return time.monotonic() - begun


def test_a_revoked_key_stops_on_all_processes_within_two_seconds(pair: Stack) -> None:
    owner = Client.register(pair.api)
    for act in ("stop", "delete"):
        key_id, using = with_key(owner)
        assert everywhere(pair, using) == [200, 200]
        if act == "stop":
            ask(owner, "POST", f"/{key_id}/stop")
        else:
            ask(owner, "DELETE", f"/{key_id}")
        took = until(pair, using, [401, 401])
        print(f"{act}: refused everywhere after {took:.2f} s")  # noqa: T201 - the figure is what is asked for
        assert took < EVERYWHERE


def test_a_rotated_secret_signs_through_the_overlap_and_not_after(pair: Stack) -> None:
    owner = Client.register(pair.api)
    key_id, old = with_key(owner)
    assert everywhere(pair, old) == [200, 200]
    made = ask(owner, "POST", f"/{key_id}/rotate", {"overlap_seconds": 4})
    new = Client(owner.api, made["access_key"], made["secret_key"], owner.bearer, owner.email)
    assert until(pair, new, [200, 200]) < EVERYWHERE
    assert everywhere(pair, old) == [200, 200]
    until(pair, old, [401, 401])
    assert everywhere(pair, new) == [200, 200]


def test_the_last_use_is_known_some_seconds_later(pair: Stack) -> None:
    owner = Client.register(pair.api)
    key_id, using = with_key(owner)
    assert everywhere(pair, using) == [200, 200]

    def used() -> Any:  # noqa: ANN401 - a body
        return next(each for each in ask(owner, "GET", "") if each["id"] == key_id and each["last_used_at"])

    def seen() -> bool:
        return any(each["last_used_at"] for each in ask(owner, "GET", "") if each["id"] == key_id)

    wait_for("the last use", seen, 15)
    assert used()["last_used_from"] == "127.0.0.1"


def test_what_a_test_key_sends_goes_to_the_sandbox_and_is_marked(stack: Stack) -> None:
    owner = Client.register(stack.api)
    _, using = with_key(owner, kind="test")
    answer = using.post("/api/services/solapi/send", SMS)
    assert (answer.status_code, answer.json()["is_test"]) == (202, True)
    seen = using.settled(answer.json()["id"], among={"sent", "delivered"})
    assert seen["is_test"]
    inbox = requests.get(f"{stack.sandbox}/inbox.json?channel=solapi", timeout=10).json()
    assert answer.json()["id"] in {each["notification_id"] for each in inbox}
    live = owner.look(owner.send("solapi", SMS))
    assert not live["is_test"]
    message = {name: SMS[name] for name in ("from", "text")}
    content = {"channel": "solapi", "message": message, "recipients": [{"to": SMS["to"]}]}
    assert using.post("/api/services/batches", content).json()["is_test"]
