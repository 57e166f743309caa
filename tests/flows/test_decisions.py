"""What people decide happens, once: held and failed ones are sent again, cancelled ones never."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for

LIST = "/api/services/notifications"
SMS = {"to": "01012345678", "from": "0212345678", "text": "글"}


@contextmanager
def fault(stack: Stack, channel: str, kind: str) -> Iterator[None]:
    said = {"channel": channel, "kind": kind, "rate": 1.0}
    requests.put(f"{stack.sandbox}/faults", json=said, timeout=5).raise_for_status()
    try:
        yield
    finally:
        requests.delete(f"{stack.sandbox}/faults", timeout=5).raise_for_status()


def inbox(stack: Stack, notification_id: str) -> int:
    entries = requests.get(f"{stack.sandbox}/inbox.json", timeout=5).json()
    return sum(entry["notification_id"] == notification_id for entry in entries)


def decided(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"{LIST}/{path}", body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def in_moments(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def operator(stack: Stack) -> Client:
    client = Client.register(stack.api)
    with closing(sqlite3.connect(stack.directory / "alrim.db")) as database, database:
        database.execute("UPDATE accounts SET role = 'operator' WHERE email = ?", [client.email])
    return client


def test_an_operator_finds_a_held_one_and_has_it_sent(stack: Stack, client: Client, operator: Client) -> None:
    with fault(stack, "kakao", "reset_before"):
        sent = client.send("kakao", {"msg": "보류"})
        assert client.settled(sent)["status"] == "unknown"
    bearer = {"Authorization": operator.bearer}
    query = {"status": "unknown", "channel": "kakao"}
    listed = requests.get(f"{stack.api}{LIST}", params=query, headers=bearer, timeout=5).json()["items"]
    [known] = [each for each in listed if each["id"] == sent]
    assert known["departed_at"]
    assert known["connection_id"]
    body = {"as": "resend", "after_attempt": known["attempt"]}
    answer = requests.post(f"{stack.api}{LIST}/{sent}/resolve", json=body, headers=bearer, timeout=5)
    assert (answer.status_code, answer.json()["changed"]) == (200, True), answer.text
    seen = client.settled(sent, among={"sent"})
    assert [(each["action"], each["by"]) for each in seen["decisions"]] == [("resolve_resend", "operator")]
    assert inbox(stack, sent) == 1


def test_a_failed_one_is_sent_again_once_however_often_that_is_asked(stack: Stack, client: Client) -> None:
    with fault(stack, "solapi", "reject"):
        sent = client.send("solapi", SMS)
        assert client.settled(sent)["status"] == "failed"
    with ThreadPoolExecutor(4) as people:
        asked = [people.submit(decided, client, f"{sent}/resend", {"after_attempt": 1}) for _ in range(4)]
    assert sum(each.result()["changed"] for each in asked) == 1
    client.settled(sent, among={"sent"})
    assert decided(client, f"{sent}/resend", {"after_attempt": 1})["changed"] is False
    assert decided(client, f"{sent}/cancel", {})["cancelled"] is False
    seen = client.look(sent)
    assert (seen["status"], [each["outcome"] for each in seen["attempts"]]) == ("sent", ["rejected", "accepted"])
    assert inbox(stack, sent) == 1


def test_what_fails_again_is_a_new_decision(client: Client) -> None:
    sent = client.send("solapi", {**SMS, "to": "01000000002"})
    assert client.settled(sent)["status"] == "failed"
    decided(client, f"{sent}/resend", {"after_attempt": 1})
    again = wait_for("the second failure", lambda: client.look(sent)["attempt"] == 2 and client.settled(sent))
    assert (again["status"], again["tries"], len(again["attempts"])) == ("failed", 1, 2)
    assert decided(client, f"{sent}/resend", {"after_attempt": 1})["changed"] is False
    assert client.look(sent)["status"] == "failed"


def test_a_cancelled_one_never_arrives(stack: Stack, client: Client) -> None:
    later = {**SMS, "send_at": in_moments(6)}
    sent, cancelled = client.send("solapi", later), client.send("solapi", later)
    assert decided(client, f"{cancelled}/cancel", {})["cancelled"] is True
    assert client.settled(sent)["status"] == "sent"
    assert decided(client, f"{cancelled}/cancel", {})["cancelled"] is True
    assert [inbox(stack, each) for each in (sent, cancelled)] == [1, 0]


def test_what_expired_while_it_waited_cannot_be_sent_again(stack: Stack, client: Client) -> None:
    stack.kill("worker")
    try:
        sent = client.send("solapi", {**SMS, "send_at": in_moments(1), "expires_at": in_moments(2)})
        wait_for("its end", lambda: datetime.now(UTC) > datetime.fromisoformat(client.look(sent)["expires_at"]))
    finally:
        stack.launch("worker")
    seen = client.settled(sent)
    assert (seen["status"], seen["code"]) == ("failed", "expired")
    answer = client.post(f"{LIST}/{sent}/resend", {"after_attempt": seen["attempt"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "4090006")
    assert inbox(stack, sent) == 0
