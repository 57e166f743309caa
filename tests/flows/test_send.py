"""The main story: a signed request becomes a delivered message."""

import requests

from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for

SMS = {"to": "010-1234-5678", "from": "02-1234-5678", "text": "주문이 접수되었습니다"}


def inbox(stack: Stack, notification_id: str) -> list[dict[str, object]]:
    entries = requests.get(f"{stack.sandbox}/inbox.json", timeout=5).json()
    return [entry for entry in entries if entry["notification_id"] == notification_id]


def test_an_sms_arrives_once(stack: Stack, client: Client) -> None:
    sent = client.send("solapi", SMS)
    seen = client.settled(sent)
    assert (seen["status"], seen["type"], seen["attempt"], seen["tries"]) == ("sent", "SMS", 1, 1)
    assert [(each["attempt"], each["outcome"]) for each in seen["attempts"]] == [(1, "accepted")]
    [entry] = inbox(stack, sent)
    assert (entry["to"], entry["text"], entry["provider_id"]) == ("01012345678", SMS["text"], seen["provider_id"])


def test_a_repeated_request_gives_the_first_answer(stack: Stack, client: Client) -> None:
    first = client.post("/api/services/solapi/send", SMS, key="order-1")
    again = client.post("/api/services/solapi/send", SMS, key="order-1")
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (202, "true")
    assert again.json()["id"] == first.json()["id"]
    other = client.post("/api/services/solapi/send", {**SMS, "text": "다른 글"}, key="order-1")
    assert other.status_code == 422
    client.settled(first.json()["id"])
    assert len(inbox(stack, first.json()["id"])) == 1


def test_a_rejected_number_fails_with_its_code(stack: Stack, client: Client) -> None:
    sent = client.send("solapi", {**SMS, "to": "01000000002"})
    seen = client.settled(sent)
    assert seen["status"] == "failed"
    assert seen["code"].isdigit()
    assert inbox(stack, sent) == []


def test_a_throttled_one_is_tried_again(stack: Stack, client: Client) -> None:
    sent = client.send("solapi", {**SMS, "to": "01000000004"})
    seen = client.settled(sent)
    assert (seen["status"], [each["outcome"] for each in seen["attempts"]]) == ("sent", ["retry", "accepted"])
    assert len(inbox(stack, sent)) == 1


def test_silence_after_departure_is_settled_by_asking(stack: Stack, client: Client) -> None:
    sent = client.send("solapi", {**SMS, "to": "01000000003"})
    seen = client.settled(sent, seconds=20, among={"unknown"})
    assert [each["outcome"] for each in seen["attempts"]] == ["unknown"]
    seen = client.settled(sent, seconds=40, among={"sent"})
    assert seen["attempt"] == 1
    assert len(inbox(stack, sent)) == 1


def test_the_worker_forgotten_by_the_broker_is_rung_again(stack: Stack, client: Client) -> None:
    stack.kill("worker")
    sent = client.send("solapi", SMS)
    assert client.look(sent)["status"] == "queued"
    stack.launch("worker")
    seen = client.settled(sent)
    assert seen["status"] == "sent"
    wait_for("the inbox", lambda: len(inbox(stack, sent)) == 1, 5)
