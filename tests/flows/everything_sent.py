"""Messages of every channel and type, batches of every kind and reports, in words that occur nowhere else.

Contents and the sending of them; whose account sends, and what else a run does, `everything` knows.
"""

import base64
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.flows.batch_client import BATCHES, BatchClient
from tests.flows.client import Client
from tests.flows.stack import ROOT, Stack
from tests.flows.words import Words

FROM = {"from": "01097531357"}
SMS = {**FROM, "to": "01098760001"}
JPEG = (ROOT / "deploy" / "local" / "pixel.jpg").read_bytes()
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
TALK_LINK = {"web_url": "https://example.com/zqxlinkweb", "mobile_web_url": "https://example.com/zqxlinkmobile"}
TALK = {"title": "zqx제목카톡", "image_url": "https://example.com/zqxtalkimage.jpg", "link": TALK_LINK}
SLICE = 1_000
"""Recipients that are stored at once: of an upload that breaks off, whole slices stay."""

Message = tuple[str, dict[str, Any]]
"""A route and a body."""

TEXTS: dict[str, Message] = {
    "SMS": ("solapi", {**SMS, "text": "zqx문자 하나", "reference": "yqxreference-1"}),
    "LMS": ("solapi", {**SMS, "to": "010-9876-0002", "subject": "zqx제목엘", "text": "zqx긴글 " * 20}),
    "MMS": (
        "solapi",
        {**SMS, "subject": "zqx제목엠", "text": "zqx그림글", "image": base64.b64encode(JPEG + b"zqxpixels").decode()},
    ),
    "ATA": (
        "solapi",
        {
            **SMS,
            "to": "01098760005",
            "kakaoOptions": {
                "pfId": "zqxkakaopf",
                "templateId": "zqxtemplateid",
                "variables": {"name": "zqx홍길동", "order": "zqxorder-1"},
                "buttons": [
                    {"buttonName": "zqx버튼", "buttonType": "WL", "linkMo": "https://example.com/zqxbuttonlink"}
                ],
                "disableSms": True,
            },
        },
    ),
}
TALKS: dict[str, Message] = {
    "text": ("kakao", {"msg": "zqx나에게"}),
    "friends": ("kakao", {"msg": "zqx친구에게", "receiver_uuids": ["zqxfriend-7", "zqxfriend-8"]}),
    "template": ("kakao", {"template_id": 17, "template_args": {"name": "zqx인자"}}),
    "feed": ("kakao", {"template_object": {"object_type": "feed", "content": TALK, "button_title": "zqxfeedbutton"}}),
    "list": (
        "kakao",
        {
            "template_object": {
                "object_type": "list",
                "header_title": "zqx머리글",
                "header_link": TALK_LINK,
                "contents": [TALK, TALK],
            }
        },
    ),
    "location": (
        "kakao",
        {"template_object": {"object_type": "location", "address": "서울시 zqx중구", "content": TALK}},
    ),
    "commerce": (
        "kakao",
        {
            "template_object": {
                "object_type": "commerce",
                "content": TALK,
                "commerce": {"regular_price": 10000, "product_name": "zqx상품"},
            }
        },
    ),
    "calendar": (
        "kakao",
        {"template_object": {"object_type": "calendar", "id": "zqxevent", "id_type": "event", "content": TALK}},
    ),
}
MAIL: dict[str, Any] = {
    "to": [{"email": "zqxmailto@example.com", "name": "zqx받는이"}],
    "cc": ["zqxcarbon@example.com"],
    "bcc": ["zqxblind@example.com"],
    "reply_to": {"email": "zqxreply@example.com", "name": "zqx답장"},
    "subject": "zqx메일제목",
    "text": "zqx메일본문",
    "html": "<p>zqx메일html</p>",
    "attachments": [
        {
            "filename": "zqx첨부.txt",
            "content_type": "text/plain",
            "content": base64.b64encode("zqx첨부내용".encode()).decode(),
        }
    ],
}
MAILS: dict[str, Message] = {"gmail": ("email", MAIL), "ses": ("email", {**MAIL, "provider": "ses"})}
ARRIVING = {**TEXTS, **TALKS, **MAILS}
ENDING: dict[str, Message] = {
    "refused": ("solapi", {"to": "01098760006", "from": "01097539999", "text": "zqx거절"}),
    "bounced": ("email", {**MAIL, "to": ["zqxnobody.0002@example.com"], "cc": [], "bcc": []}),
    "silent": ("kakao", {"msg": "zqx침묵 0003"}),
    "throttled": ("kakao", {"msg": "zqx잠시 0004"}),
    "cancelled": ("solapi", {**SMS, "text": "zqx취소", "send_at": TOMORROW}),
}

NAMED = {"name": "zqx이름", "order": "zqxbatchorder"}
WRONG: list[Any] = [
    {"to": "zqxwrongto", "variables": NAMED},
    {"to": "01098760011", "variables": {"order": "zqxnameless"}},
    {"to": "01098760011", "variables": {"name": ["zqxlisted"], "order": "1"}},
    {"to": "01098760011", "variables": {**NAMED, "name": "zqxtoolong" * 300}},
    {"to": "01098760011", "reference": "zqx bad reference", "variables": NAMED},
    {"to": ["01098760012"]},
    "zqxnoobject",
]
BATCH: dict[str, Any] = {
    "message": {**FROM, "text": "#{name} 님, #{order} zqx배치글"},
    "recipients": [{"to": "010-9876-0013", "reference": "yqxbatchrow", "variables": NAMED}, *WRONG],
    "reference": "yqxbatch",
    "distinct_by": "to",
}
MAIL_BATCH: dict[str, Any] = {
    "channel": "gmail",
    "message": {"subject": "#{name} zqx배치제목", "html": "<b>#{order} zqx배치html</b>"},
    "recipients": [
        {"to": "zqxbatchmail@example.com", "variables": NAMED},
        {"to": "zqxnoaddress", "variables": NAMED},
    ],
}
TALK_BATCH: dict[str, Any] = {
    "channel": "kakao",
    "message": {"msg": "#{name} zqx배치카톡"},
    "recipients": [{"to": "zqxbatchfriend", "variables": NAMED}, {"variables": NAMED}],
}
HELD: dict[str, Any] = {**BATCH, "message": {**FROM, "text": "zqx미룬글"}, "send_at": TOMORROW}
UPLOADED: dict[str, Any] = {"message": {**FROM, "text": "#{name} zqx올린글"}}
BROKEN_OFF: dict[str, Any] = {"message": {**FROM, "text": "#{name} zqx끊긴글"}}
CSV = """to,reference,name
01098760021,yqxcsvrow,zqx올린이름
zqxcsvto,,zqxcsvname
01098760022,zqx csv reference,zqxcsvname
01098760022,zqxmissingcell
"01098760023"zqxquoted,,zqxcsvname
"""
REPORT = {"messageId": "M1", "to": "01098760031", **FROM, "text": "zqx보고글", "statusCode": "4000"}
LONG_CSV = "to,name\n" + "01098760024,zqx끊긴이름\n" * (SLICE + SLICE // 10)


def send_all(client: Client, words: Words) -> dict[str, str]:
    """Send one of each and return the notifications by name."""
    return {name: send(client, words, *message) for name, message in {**ARRIVING, **ENDING}.items()}


def send(client: Client, words: Words, route: str, body: dict[str, Any], **common: str) -> str:
    """Send one message and note its words, its idempotency key among them."""
    words.of(route, body)
    key = f"zqxidempotency-{uuid.uuid4().hex}"
    words.hide("Idempotency-Key", key)
    return client.send(route, {**body, **common}, key)


def batch_all(batches: BatchClient, words: Words) -> list[str]:
    """Make every kind of batch; those come back that will end by themselves."""
    for kind, content in {
        "batch": [BATCH, MAIL_BATCH, TALK_BATCH, HELD, UPLOADED, BROKEN_OFF],
        "upload": [*CSV.split("\n"), LONG_CSV],
    }.items():
        words.of(kind, content)
    ending = [batches.made(**each)["id"] for each in (BATCH, MAIL_BATCH, TALK_BATCH)]
    held = batches.made(**HELD)["id"]
    assert batches.ask("POST", held, "/pause").status_code == 200
    assert batches.make(**HELD, all_or_nothing=True).status_code == 422
    uploaded = batches.made(**UPLOADED)["id"]
    answer = batches.upload(uploaded, CSV.encode("cp949"), "text/csv; charset=cp949")
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 4), answer.text
    break_off(batches, batches.made(**BROKEN_OFF)["id"])
    return [*ending, uploaded]


def break_off(batches: BatchClient, batch_id: str) -> None:
    """Begin to upload, and go away when a slice must have been stored."""
    whole = LONG_CSV.encode()
    url, headers = batches.client.signed("PUT", f"{BATCHES}/{batch_id}/recipients", whole)

    def broken() -> Iterator[bytes]:
        yield whole[:-100]
        raise ConnectionAbortedError

    with suppress(ConnectionAbortedError, requests.ConnectionError):
        requests.put(url, data=broken(), headers={**headers, "Content-Type": "text/csv"}, timeout=30)


def report(stack: Stack, words: Words, token: str, secret: str, nid: str) -> None:
    """Report a delivery as SOLAPI does, in both of its shapes, and once without the right secret."""
    each = {**REPORT, "customFields": {"nid": nid, "att": "1", "more": "zqx맞춤항목"}}
    words.of("report", [each, "zqxwrongsecret"])
    for header, status in ((sha1(secret), 200), ("zqxwrongsecret", 403)):
        url, headers = f"{stack.api}/api/receipts/solapi/{token}", {"X-Solapi-Secret": header}
        answer = requests.post(url, json=[each, {"data": each}], headers=headers, timeout=10)
        assert answer.status_code == status, answer.text


def sha1(secret: str) -> str:
    """What SOLAPI sends in the place of a secret."""
    return hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest()
