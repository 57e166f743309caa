"""What `make demo` sends: every channel and type once, and one message for each way it can end.

Data only; the sandbox's rules for recipients (…0002 rejected, …0003 silent, …0004 throttled once) decide the endings.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from config.vocabulary import Lane, State

SOLAPI: Final = "/api/services/solapi/send"
KAKAO: Final = "/api/services/kakao/send"
EMAIL: Final = "/api/services/email/send"
ARRIVED: Final = frozenset({State.SENT, State.DELIVERED})


@dataclass(frozen=True, slots=True)
class Example:
    """One message.

    Attributes:
        title: what it shows.
        ends: the states it may settle in.
        arrives: whether the recipient gets it.
        attempts: the fewest attempts that it takes.
    """

    title: str
    path: str
    body: Mapping[str, Any]
    ends: frozenset[State] = ARRIVED
    arrives: bool = True
    attempts: int = 1


def every_type() -> list[Example]:
    """Return one message of every channel and type; each of them arrives."""
    return [*_solapi(), *_kakao(), *_mail()]


def _text(to: str, text: str = "주문이 접수되었습니다", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON document
    return {"to": to, "from": "0212345678", "text": text, **more}


def _solapi() -> list[Example]:
    picture = base64.b64encode(Path(__file__).with_name("pixel.jpg").read_bytes()).decode()
    alimtalk = {
        "pfId": "KA01PF0000",
        "templateId": "KA01TP0000",
        "variables": {"name": "홍길동", "order": "A-1"},
        "disableSms": True,
    }
    return [
        Example("SMS", SOLAPI, _text("01000000001")),
        Example("LMS", SOLAPI, _text("01000000001", "긴 안내 문자입니다. " * 10, subject="주문 안내")),
        Example("MMS", SOLAPI, _text("01000000001", "사진을 보내 드립니다", subject="사진", image=picture)),
        Example(
            "Alimtalk", SOLAPI, {"to": "01000000001", "from": "0212345678", "type": "ATA", "kakaoOptions": alimtalk}
        ),
    ]


def _kakao() -> list[Example]:
    link = {"web_url": "https://app.example.com/orders/1", "mobile_web_url": "https://app.example.com/orders/1"}
    picture = "https://app.example.com/shoe.jpg"
    content = {"title": "신발 한 켤레", "description": "오늘 도착합니다", "image_url": picture, "link": link}
    templates: dict[str, dict[str, Any]] = {
        "feed": {"content": content, "buttons": [{"title": "열기", "link": link}]},
        "list": {"header_title": "주문 목록", "header_link": link, "contents": [content, content]},
        "location": {"address": "서울 중구 세종대로 110", "address_title": "서울시청", "content": content},
        "commerce": {
            "content": content,
            "commerce": {"regular_price": 30000, "discount_price": 27000, "discount_rate": 10},
        },
        "calendar": {"id": "event-1", "id_type": "event", "content": content},
    }
    return [
        Example("Kakao text", KAKAO, {"msg": "배포가 끝났습니다"}),
        *(
            Example(f"Kakao {kind}", KAKAO, {"template_object": {"object_type": kind, **template}})
            for kind, template in templates.items()
        ),
        Example("Kakao template", KAKAO, {"template_id": 1, "template_args": {"name": "홍길동"}}),
        Example("Kakao friends", KAKAO, {"msg": "함께 보세요", "receiver_uuids": ["friend-1", "friend-2"]}),
    ]


def _mail() -> list[Example]:
    note = {
        "filename": "영수증.txt",
        "content_type": "text/plain",
        "content": base64.b64encode("합계 27,000원".encode()).decode(),
    }
    mail = {
        "to": ["guest@example.com"],
        "subject": "주문 확인",
        "text": "주문이 확인되었습니다.",
        "html": "<p>주문이 <b>확인</b>되었습니다.</p>",
    }
    return [
        Example("Gmail", EMAIL, {**mail, "provider": "gmail", "attachments": [note]}),
        Example("SES", EMAIL, {**mail, "provider": "ses"}),
    ]


def every_ending(now: datetime) -> list[Example]:
    """Return one message for each way it can end; `now` is aware, the times in the bodies follow it.

    They travel in the urgent lane, where each is alone: in a batch, the others would wait for the silent ones.
    """
    # Due when it is no longer wanted, but for a millisecond in which nobody is quick enough.
    due = now + timedelta(seconds=2)
    late = {"send_at": due.isoformat(), "expires_at": (due + timedelta(milliseconds=1)).isoformat()}
    silent = {"provider": "gmail", "to": ["u0003@example.com"], "subject": "확인 불가", "text": "답이 없습니다."}
    failed, unknown = frozenset({State.FAILED}), frozenset({State.UNKNOWN})
    return [
        Example("rejected", SOLAPI, _text("01000000002", lane=Lane.URGENT), failed, arrives=False),
        Example("silence, then asked", SOLAPI, _text("01000000003", lane=Lane.URGENT)),
        Example("silence, nobody to ask", EMAIL, {**silent, "lane": Lane.URGENT}, unknown),
        Example("expired", SOLAPI, _text("01000000001", **late), failed, arrives=False, attempts=0),
        # Last: while a provider throttles, the whole connection rests.
        Example("throttled, then sent", SOLAPI, _text("01000000004", lane=Lane.URGENT), attempts=2),
    ]
