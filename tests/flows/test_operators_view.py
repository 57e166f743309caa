"""What an operator sees in Flower and the API while things go wrong: RETRY with its reason, FAILURE with its code."""

from typing import Any

import pytest
import requests

from models import gate
from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for

pytestmark = pytest.mark.flow

SMS = {"to": "01012345678", "from": "0212345678"}
OPERATOR = ("operator", "zqxoperator")


def task(flower: str, notification_id: str) -> dict[str, Any]:
    answer = requests.get(f"{flower}/api/task/info/{notification_id}", auth=OPERATOR, timeout=5)
    return answer.json() if answer.ok else {}


def in_state(flower: str, notification_id: str, state: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def look() -> bool:
        seen.update(task(flower, notification_id))
        return seen.get("state") == state

    wait_for(f"{state} of {notification_id} in Flower, {seen}", look, 20)
    return seen


def events(stack: Stack, name: str) -> int:
    return stack.log("worker").count(f'"event": "{name}"'.encode())


def tried(client: Client, body: dict[str, str]) -> str:
    """Send, and wait for the first try: messages that wait together would be tried together, in one round."""
    sent = client.send("solapi", body)
    wait_for(f"a try of {sent}", lambda: client.look(sent)["tries"], 20)
    return sent


def test_a_retry_shows_its_reason_and_goes_on_to_success(client: Client, flower: str) -> None:
    throttled = client.send("solapi", {**SMS, "to": "01000000004", "text": "throttled once"})
    retried = in_state(flower, throttled, "RETRY")
    assert "Delayed" in retried["exception"]
    assert "×1 of 1" in retried["exception"]
    assert client.settled(throttled, among={"sent", "delivered"})["attempt"] == 2
    assert in_state(flower, throttled, "SUCCESS")["uuid"] == throttled


def test_what_gave_up_shows_as_failure_with_its_code(client: Client, flower: str) -> None:
    rejected = client.send("solapi", {**SMS, "from": "0212349999", "text": "nobody's number"})
    seen = client.settled(rejected, among={"failed"})
    failed = in_state(flower, rejected, "FAILURE")
    assert "Undelivered" in failed["exception"]
    assert f"{seen['code']} ×1" in failed["exception"]


def test_a_provider_that_is_down_closes_the_gate_once_and_a_probe_opens_it(
    stack: Stack, client: Client, flower: str
) -> None:
    before = {name: events(stack, name) for name in ("connection.closed", "connection.opened")}
    requests.put(
        f"{stack.sandbox}/faults", json={"channel": "solapi", "kind": "status", "rate": 1.0, "status": 503}, timeout=5
    ).raise_for_status()
    try:
        first = [tried(client, {**SMS, "text": f"gate {number}"}) for number in range(gate.PATIENCE)]
        wait_for("the gate to close", lambda: events(stack, "connection.closed") > before["connection.closed"], 40)
        waiting = client.send("solapi", {**SMS, "text": "gate, later"})
        closed = in_state(flower, waiting, "RETRY")
        assert "closed http_503" in closed["exception"]
        seen = client.look(waiting)
        assert (seen["status"], seen["attempt"], seen["tries"]) == ("queued", 0, 0)
    finally:
        requests.delete(f"{stack.sandbox}/faults", timeout=5).raise_for_status()
    for each in (*first, waiting):
        assert client.settled(each, 90, among={"sent", "delivered"})["code"] is None
    assert events(stack, "connection.closed") == before["connection.closed"] + 1
    assert events(stack, "connection.opened") == before["connection.opened"] + 1
