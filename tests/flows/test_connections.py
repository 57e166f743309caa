"""An account's own connections with real processes: consent, sending, renewal while messages go, a test on request."""

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

CONNECTIONS = "/api/user/connections"
RATE = 3600
"""Kakao's six hours are six seconds."""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    with installed(tmp_path_factory, redis_server, extra={"ALRIM_SANDBOX_CLOCK_RATE": str(RATE)}) as running:
        yield running


@pytest.fixture(scope="module")
def person(hurried: Stack) -> Client:
    return Client.register(hurried.api)


def ask(person: Client, method: str, path: str = "", json: object = None) -> Any:  # noqa: ANN401 - a response
    headers = {"Authorization": person.bearer}
    return requests.request(method, f"{person.api}{CONNECTIONS}{path}", headers=headers, json=json, timeout=10)


def consent(person: Client) -> dict[str, Any]:
    """As a browser does it: one session with its cookies, through Kakao's page and back."""
    with requests.Session() as browser:
        asked = browser.post(
            f"{person.api}{CONNECTIONS}/kakao/authorize", json={}, headers={"Authorization": person.bearer}, timeout=10
        )
        answer = browser.get(asked.json()["authorize_url"] + "&answer=agree", timeout=10)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_messages_go_while_their_token_is_renewed_again_and_again(hurried: Stack, person: Client) -> None:
    made = consent(person)
    sent: list[str] = []
    end = time.monotonic() + 15
    while time.monotonic() < end:
        sent.append(person.send("kakao", {"msg": f"차례 {len(sent)}", "connection": made["id"]}))
        time.sleep(0.5)
    ends = [person.settled(each) for each in sent]
    assert {each["status"] for each in ends} == {"sent"}
    inbox = requests.get(f"{hurried.sandbox}/inbox.json", timeout=10).json()
    assert sorted(each["notification_id"] for each in inbox if each["notification_id"] in sent) == sorted(sent)
    # Due every three seconds, looked at every two.
    assert hurried.log("worker").count(b"connection.renewed") >= 3
    assert ask(person, "GET", f"/{made['id']}").json()["status"] == "active"


def test_what_is_wrong_with_credentials_is_said_and_mended(person: Client) -> None:
    given = {"channel": "solapi", "api_key": "sandbox", "api_secret": "wrong"}
    made = ask(person, "POST", json={"credentials": given, "is_default": True}).json()
    where = f"/{made['id']}"

    def tried() -> dict[str, Any]:
        before = ask(person, "POST", f"{where}/test").json()["tested_at"]

        def look() -> Any:  # noqa: ANN401 - a body
            seen = ask(person, "GET", where).json()
            return seen if seen["tested_at"] != before else None

        seen: dict[str, Any] = wait_for("the verdict", look)
        return seen

    verdict = tried()
    assert (verdict["status"], "SignatureDoesNotMatch" in verdict["problem"]) == ("needs_reauth", True)
    refused = person.post("/api/services/solapi/send", {"to": "01012345678", "from": "0212345678", "text": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "4090008")
    ask(person, "PUT", where, {"credentials": {**given, "api_secret": "sandbox"}})
    verdict = tried()
    assert (verdict["status"], verdict["problem"]) == ("active", None)

    def accepted() -> bool:
        content = {"to": "01012345678", "from": "0212345678", "text": "hi"}
        return person.post("/api/services/solapi/send", content).status_code == 202

    wait_for("the choice to be seen", accepted, 5)


def test_a_refusal_while_sending_is_the_owners_matter(person: Client) -> None:
    given = {"channel": "gmail", "user": "sandbox@example.com", "password": "wrong"}
    made = ask(person, "POST", json={"credentials": given}).json()
    content = {"to": ["a@example.com"], "subject": "s", "text": "t", "connection": made["id"]}
    notification = person.send("email", content)
    where = f"/{made['id']}"
    wait_for("the refusal", lambda: ask(person, "GET", where).json()["status"] == "needs_reauth")
    waiting = person.look(notification)
    assert (waiting["status"], waiting["tries"]) == ("queued", 0)
    assert waiting["waiting"]["reason"] == "535-5.7.8"
    ask(person, "PUT", where, {"credentials": {**given, "password": "sandbox"}})
    assert ask(person, "GET", where).json()["closed_until"] is None
