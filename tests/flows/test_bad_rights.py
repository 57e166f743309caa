"""Whoever is known but may not do what he asks is told so, and hears nothing of what is another's; nothing is stored.

What is his own he sees in full, page by page.
"""

import hashlib
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
import requests

from api.error_table import Code
from tests.flows.client import Client
from tests.flows.refusal import PATH, Changes, assert_refused, perform, signature, spoiled
from tests.flows.stack import Stack

LIST = "/api/services/notifications"
KEYS = "/api/user/apikeys"
ELSEWHERE = "203.0.113.0/24"


@pytest.fixture(scope="module")
def stranger(stack: Stack) -> Client:
    return Client.register(stack.api)


@pytest.fixture(scope="module")
def foreign_key(stranger: Client) -> str:
    keys = requests.get(stranger.api + KEYS, headers={"Authorization": stranger.bearer}, timeout=5).json()
    return str(keys[0]["id"])


def with_new_key(client: Client, **fields: object) -> tuple[Client, str]:
    """The same account with another key, and that key's id."""
    answer = requests.post(client.api + KEYS, json=fields, headers={"Authorization": client.bearer}, timeout=5)
    assert answer.status_code == 201, answer.text
    key = answer.json()
    return Client(client.api, key["access_key"], key["secret_key"], client.bearer, client.email), key["id"]


def test_a_stopped_key_is_refused_within_two_seconds(stack: Stack, stranger: Client) -> None:
    using, key_id = with_new_key(stranger, user_memo="to be stopped")
    accepted = perform(spoiled(using, Changes()))
    assert accepted.status_code == 202, accepted.text
    own = {"Authorization": stranger.bearer}
    assert requests.delete(f"{stack.api}{KEYS}/{key_id}", headers=own, timeout=5).status_code == 204
    time.sleep(2)
    assert_refused(stack, lambda: spoiled(using, Changes()), Code.KEY_STOPPED)
    assert_refused(
        stack,
        lambda: requests.Request("DELETE", f"{stack.api}{KEYS}/{key_id}", {"Authorization": stranger.bearer}),
        Code.API_KEY_NOT_FOUND,
        (key_id,),
    )


def test_a_key_serves_its_networks_only(stack: Stack, stranger: Client) -> None:
    using, key_id = with_new_key(stranger, whitelist=[ELSEWHERE])
    assert_refused(stack, lambda: spoiled(using, Changes()), Code.NETWORK_NOT_ALLOWED, ("whitelist", "address"))
    # No proxy is trusted here, so nobody can say that he comes from elsewhere.
    claims = (("X-Forwarded-For", "203.0.113.7"),)
    assert_refused(stack, lambda: spoiled(using, Changes(headers=claims)), Code.NETWORK_NOT_ALLOWED)
    own = {"Authorization": stranger.bearer}
    requests.post(f"{stack.api}{KEYS}/{key_id}/whitelists", json={"network": "127.0.0.1"}, headers=own, timeout=5)
    time.sleep(2)
    assert perform(spoiled(using, Changes())).status_code == 202


def bearer_request(client: Client, method: str, path: str, body: object = None) -> requests.Request:
    return requests.Request(method, client.api + path, {"Authorization": client.bearer}, json=body)


def signed_get(client: Client, path: str) -> requests.Request:
    url, headers = client.signed("GET", path)
    return requests.Request("GET", url, headers)


def test_what_is_anothers_is_as_good_as_none(stack: Stack, client: Client, stranger: Client, foreign_key: str) -> None:
    foreign = stranger.send("kakao", {"msg": "남의 글"})
    path = f"{LIST}/{foreign}"
    mine = f"{KEYS}/{foreign_key}"
    asks: list[tuple[Callable[[], requests.Request], Code, str]] = [
        (lambda: signed_get(client, path), Code.NOTIFICATION_NOT_FOUND, foreign),
        (lambda: bearer_request(client, "GET", path), Code.NOTIFICATION_NOT_FOUND, foreign),
        (lambda: bearer_request(client, "PUT", mine, {"user_memo": "x"}), Code.API_KEY_NOT_FOUND, foreign_key),
        (lambda: bearer_request(client, "DELETE", mine), Code.API_KEY_NOT_FOUND, foreign_key),
        (lambda: bearer_request(client, "GET", f"{mine}/whitelists"), Code.API_KEY_NOT_FOUND, foreign_key),
    ]
    for make, code, named in asks:
        assert_refused(stack, make, code, (named,))
    listed = perform(signed_get(client, LIST))
    assert listed.status_code == 200, listed.text
    assert foreign not in listed.text
    assert perform(spoiled(stranger, Changes())).status_code == 202


class Ask(NamedTuple):
    """What a person asks wrongly, with the code and what the detail must say."""

    method: str
    path: str
    body: object
    code: Code
    says: str


ASKS = [
    Ask("GET", f"{LIST}/no-uuid", None, Code.UUID_INVALID, "notification_id"),
    Ask("DELETE", f"{KEYS}/no-uuid", None, Code.UUID_INVALID, "key_id"),
    Ask("POST", KEYS, {"user_memo": "a\0b"}, Code.NUL_BYTE, "user_memo"),
    Ask("POST", KEYS, {"user_memo": "m" * 101}, Code.TEXT_TOO_LONG, "100"),
    Ask("POST", KEYS, {"whitelist": ["10.0.0.1/8"]}, Code.NETWORK_INVALID, "whitelist.0"),
    Ask("POST", KEYS, {"whitelist": [f"10.0.0.{i}" for i in range(11)]}, Code.TOO_MANY_ENTRIES, "10"),
    Ask("POST", KEYS, {"legacy_signing": True}, Code.LEGACY_SIGNING_CLOSED, "ALRIM_ALLOW_LEGACY_SIGNING"),
    Ask("POST", KEYS, {"user_memo": "m" * 262_144}, Code.BODY_TOO_LARGE, "262144"),
    Ask("GET", f"{LIST}?status=lost", None, Code.NOT_ONE_OF, "status"),
    Ask("GET", f"{LIST}?states=sent", None, Code.FIELD_UNKNOWN, "states"),
    Ask("GET", f"{LIST}?cursor=abc", None, Code.BAD_CURSOR, "cursor"),
    Ask("GET", "/api/nowhere", None, Code.ROUTE_NOT_FOUND, "path"),
    Ask("PUT", PATH, {}, Code.METHOD_NOT_ALLOWED, "method"),
]


@pytest.mark.parametrize("ask", ASKS)
def test_a_bad_request_of_a_person_is_refused(stack: Stack, client: Client, ask: Ask) -> None:
    assert_refused(stack, lambda: bearer_request(client, ask.method, ask.path, ask.body), ask.code, (ask.says,))


def test_a_signed_list_goes_on_under_another_signature(client: Client) -> None:
    sent = [client.send("kakao", {"msg": "하나"}) for _ in range(3)]
    digest = hashlib.sha256(f"GET\n{LIST}\n\n".encode()).hexdigest()
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for ago in (2, 1, 0):
        signed = {"key": client.access_key, "timestamp": int(time.time()) - ago, "digest": digest}
        query = urlencode({**signed, "limit": 1, **cursor})
        answer = requests.get(
            f"{client.api}{LIST}?{query}", headers={"X-Signature": signature(client.secret_key, query)}, timeout=5
        )
        assert answer.status_code == 200, answer.text
        seen += [each["id"] for each in answer.json()["items"]]
        cursor = {"cursor": answer.json()["next_cursor"]}
    assert seen == sent[::-1]
