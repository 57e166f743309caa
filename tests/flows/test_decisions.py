"""Time and decisions end to end: cancelled in time never arrives, held and settled arrives, sent again arrives once."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.flows.client import Client
from tests.flows.stack import Stack

pytestmark = pytest.mark.flow

SMS = {"to": "01012345678", "from": "0212345678"}
PATH = "/api/services/notifications"
FUTURE = 3.0


def soon(seconds: float = FUTURE) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def decide(client: Client, notification_id: str, act: str, **body: object) -> dict[str, Any]:
    answer = client.post(f"{PATH}/{notification_id}/{act}", body)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def arrivals(stack: Stack, notification_id: str) -> int:
    inbox = requests.get(f"{stack.sandbox}/inbox.json", timeout=5).json()
    return sum(entry["notification_id"] == notification_id for entry in inbox)


def test_scheduled_ones_wait_and_a_cancelled_one_never_arrives(stack: Stack, client: Client) -> None:
    due = time.monotonic() + FUTURE
    kept, cancelled = (client.send("solapi", {**SMS, "text": "later", "send_at": soon()}) for _ in range(2))
    assert decide(client, cancelled, "cancel")["cancelled"] is True
    assert client.look(kept)["status"] == "queued"
    client.settled(kept, among={"sent", "delivered"})
    assert time.monotonic() >= due
    assert decide(client, kept, "cancel")["cancelled"] is False
    assert (arrivals(stack, kept), arrivals(stack, cancelled)) == (1, 0)


def test_a_code_that_was_not_sent_in_time_is_never_sent(stack: Stack, client: Client) -> None:
    requests.put(f"{stack.sandbox}/faults", json={"channel": "solapi", "kind": "status", "rate": 1.0}, timeout=5)
    try:
        code = client.send("solapi", {**SMS, "text": "one-time code 1234", "expires_at": soon()})
        seen = client.settled(code, among={"failed"})
    finally:
        requests.delete(f"{stack.sandbox}/faults", timeout=5)
    assert (seen["status"], seen["code"], arrivals(stack, code)) == ("failed", "expired", 0)
    answer = client.post(f"{PATH}/{code}/resend", {"after_attempt": seen["attempt"]})
    assert answer.status_code == 409
    assert "expires_at" in answer.json()["detail"]


def test_a_failed_one_is_sent_again_once_however_often_it_is_asked(client: Client) -> None:
    rejected = client.send("solapi", {**SMS, "from": "0212349999", "text": "nobody's number"})
    client.settled(rejected, among={"failed"})
    said = [decide(client, rejected, "resend", after_attempt=1)["changed"] for _ in range(3)]
    seen = client.settled(rejected, among={"failed"})
    while seen["attempt"] < 2:
        seen = client.settled(rejected, among={"failed"})
    assert (said, seen["attempt"]) == ([True, False, False], 2)
    assert [line["action"] for line in seen["decisions"]] == ["resend"]


def test_a_held_one_is_listed_and_settled_by_a_person(stack: Stack, client: Client) -> None:
    requests.put(f"{stack.sandbox}/faults", json={"channel": "kakao", "kind": "reset_before", "rate": 1.0}, timeout=5)
    try:
        held = client.send("kakao", {"msg": "nobody knows"})
        seen = client.settled(held, among={"unknown"})
    finally:
        requests.delete(f"{stack.sandbox}/faults", timeout=5)
    assert seen["departed_at"] is not None
    url, headers = client.signed("GET", PATH)
    listed = requests.get(f"{url}&status=unknown&channel=kakao", headers=headers, timeout=5)
    assert listed.status_code == 401, "the query is signed: a filter that was not is refused"
    answer = requests.get(
        f"{client.api}{PATH}?status=unknown&channel=kakao", headers={"Authorization": client.bearer}, timeout=5
    )
    assert held in [item["id"] for item in answer.json()["items"]]
    assert decide(client, held, "resolve", **{"as": "resend", "after_attempt": 1})["changed"] is True
    assert client.settled(held, among={"sent"})["attempt"] == 2
    assert arrivals(stack, held) == 1
