"""Every channel and type arrives, once, as it was written; faults and magic recipients end as promised."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.flows.client import Client
from tests.flows.stack import ROOT, Stack, wait_for

JPEG = base64.b64encode((ROOT / "deploy" / "local" / "pixel.jpg").read_bytes()).decode()
LINK = {"web_url": "https://example.com", "mobile_web_url": "https://example.com"}
CONTENT = {"title": "새 소식", "image_url": "https://example.com/a.jpg", "link": LINK}
SMS = {"to": "01012345678", "from": "0212345678"}
ALIMTALK = {
    "pfId": "KA01PF0000",
    "templateId": "KA01TP0000",
    "variables": {"name": "홍길동", "order": "A-1"},
    "disableSms": True,
}

ARRIVE: list[tuple[str, str, str, dict[str, Any]]] = [
    ("solapi", "solapi", "SMS", {**SMS, "text": "짧은 글"}),
    ("solapi", "solapi", "LMS", {**SMS, "subject": "제목", "text": "긴 글 " * 60}),
    ("solapi", "solapi", "MMS", {**SMS, "subject": "사진", "text": "그림", "image": JPEG}),
    ("solapi", "solapi", "ATA", {**SMS, "kakaoOptions": ALIMTALK}),
    ("kakao", "kakao", "text", {"msg": "배포가 끝났습니다"}),
    ("kakao", "kakao", "feed", {"template_object": {"object_type": "feed", "content": CONTENT}}),
    (
        "kakao",
        "kakao",
        "list",
        {
            "template_object": {
                "object_type": "list",
                "header_title": "오늘",
                "header_link": LINK,
                "contents": [CONTENT, CONTENT],
            }
        },
    ),
    (
        "kakao",
        "kakao",
        "location",
        {"template_object": {"object_type": "location", "address": "서울시 중구", "content": CONTENT}},
    ),
    (
        "kakao",
        "kakao",
        "commerce",
        {"template_object": {"object_type": "commerce", "content": CONTENT, "commerce": {"regular_price": 10000}}},
    ),
    (
        "kakao",
        "kakao",
        "calendar",
        {"template_object": {"object_type": "calendar", "id": "1", "id_type": "event", "content": CONTENT}},
    ),
    ("kakao", "kakao", "template", {"template_id": 17, "template_args": {"name": "홍길동"}}),
    ("kakao", "kakao", "text", {"msg": "친구에게", "receiver_uuids": ["friend-1", "friend-2"]}),
    (
        "email",
        "gmail",
        "mail",
        {
            "to": ["a@example.com"],
            "cc": [{"email": "b@example.com", "name": "김, 영희"}],
            "bcc": ["c@example.com"],
            "reply_to": "d@example.com",
            "subject": "영수증",
            "text": "글",
            "html": "<p>글</p>",
            "attachments": [{"filename": "영수증.txt", "content_type": "text/plain", "content": "aGVsbG8="}],
        },
    ),
    ("email", "ses", "mail", {"to": "a@example.com", "subject": "영수증", "text": "글", "provider": "ses"}),
]


def inbox(stack: Stack, notification_id: str) -> list[dict[str, Any]]:
    entries = requests.get(f"{stack.sandbox}/inbox.json", timeout=5).json()
    return [entry for entry in entries if entry["notification_id"] == notification_id]


@pytest.mark.parametrize(("route", "channel", "kind", "body"), ARRIVE, ids=[f"{c}-{k}" for _, c, k, _ in ARRIVE])
def test_it_arrives(stack: Stack, client: Client, route: str, channel: str, kind: str, body: dict[str, Any]) -> None:
    sent = client.send(route, body)
    seen = client.settled(sent)
    assert (seen["status"], seen["channel"], seen["type"], seen["tries"]) == ("sent", channel, kind, 1), seen
    entries = inbox(stack, sent)
    recipients = len(body.get("receiver_uuids", [])) or len([*body.get("cc", []), *body.get("bcc", [])]) + 1
    assert len(entries) == recipients
    assert {entry["channel"] for entry in entries} == {channel}


def test_a_mail_is_the_one_that_was_written(stack: Stack, client: Client) -> None:
    body = next(body for _, channel, _, body in ARRIVE if channel == "gmail")
    sent = client.send("email", body)
    client.settled(sent)
    entry = inbox(stack, sent)[0]
    assert (entry["subject"], entry["text"].strip(), entry["html"].strip()) == ("영수증", "글", "<p>글</p>")
    assert [each["name"] for each in entry["attachments"]] == ["영수증.txt"]
    assert sent in entry["message_id"]


@pytest.mark.parametrize(
    ("route", "body", "status", "endings"),
    [
        ("email", {"to": "u0002@example.com", "subject": "s", "text": "t"}, "failed", ["rejected"]),
        ("email", {"to": "u0004@example.com", "subject": "s", "text": "t"}, "sent", ["retry", "accepted"]),
        ("email", {"to": "u0003@example.com", "subject": "s", "text": "t"}, "unknown", ["unknown"]),
        ("kakao", {"msg": "거절 0002"}, "failed", ["rejected"]),
        ("kakao", {"msg": "잠시 0004"}, "sent", ["retry", "accepted"]),
        ("kakao", {"msg": "침묵 0003"}, "unknown", ["unknown"]),
    ],
)
def test_it_ends_as_the_recipient_says(
    client: Client, route: str, body: dict[str, Any], status: str, endings: list[str]
) -> None:
    seen = client.settled(client.send(route, body), seconds=40)
    assert (seen["status"], [each["outcome"] for each in seen["attempts"]]) == (status, endings), seen


@pytest.mark.parametrize(
    ("kind", "channel", "route"), [("status", "solapi", "solapi"), ("reset_before", "kakao", "kakao")]
)
def test_a_passing_fault_is_survived(stack: Stack, client: Client, kind: str, channel: str, route: str) -> None:
    body = {**SMS, "text": "고장"} if route == "solapi" else {"msg": "고장"}
    fault = {"channel": channel, "kind": kind, "rate": 1.0, "status": 503}
    requests.put(f"{stack.sandbox}/faults", json=fault, timeout=5).raise_for_status()
    try:
        sent = client.send(route, body)
        wait_for("the first attempt", lambda: client.look(sent)["attempts"])
    finally:
        requests.delete(f"{stack.sandbox}/faults", timeout=5).raise_for_status()
    seen = client.settled(sent, seconds=40)
    # Kakao cannot be asked: a connection reset after the request may have left is held for a person.
    assert seen["status"] == ("sent" if kind == "status" else "unknown")
    assert len(inbox(stack, sent)) == (1 if kind == "status" else 0)


def test_an_expired_one_is_never_sent_late(stack: Stack, client: Client) -> None:
    stack.kill("worker")
    try:
        soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        sent = client.send("solapi", {**SMS, "text": "인증번호 1234", "expires_at": soon, "lane": "urgent"})
    finally:
        stack.launch("worker")
    seen = client.settled(sent)
    assert (seen["status"], seen["code"], inbox(stack, sent)) == ("failed", "expired", [])
