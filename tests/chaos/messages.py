"""What is sent: every channel and type in turn, each text with a word that no other text has.

The word is a witness of its own: a message that arrives twice is found even if its notification id is wrong. Pure.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.flows.stack import ROOT

WORD = re.compile(r"chaos-\d+-\d{6}x")
LANES = ("normal", "normal", "urgent", "bulk")
JPEG = base64.b64encode((ROOT / "deploy" / "local" / "pixel.jpg").read_bytes()).decode()
LINK = {"web_url": "https://example.com", "mobile_web_url": "https://example.com"}
SENDER = "0212345678"


@dataclass(frozen=True, slots=True)
class Order:
    """One message as the script sends it.

    Attributes:
        channel: where it has to arrive.
        route: the send route's name.
        word: in its text and in no other; also its idempotency key.
    """

    channel: str
    route: str
    word: str
    body: Mapping[str, Any]


def orders(seed: int, number: int) -> Iterator[Order]:
    """The first `number` messages of a run; numbers of recipients never end in a sandbox's magic digits."""
    for index in range(number):
        channel, route, write = KINDS[index % len(KINDS)]
        word = f"chaos-{seed}-{index:06d}x"
        body = {**write(word, index), "lane": LANES[(index // len(KINDS)) % len(LANES)]}
        yield Order(channel, route, word, body)


def word_in(entry: Mapping[str, Any]) -> str | None:
    """The word of a message that arrived."""
    found = WORD.search(f"{entry['subject']} {entry['text']} {entry.get('html')}")
    return found.group() if found else None


def _number(index: int) -> str:
    return f"010{index % 10_000:04d}1111"


def _sms(word: str, index: int) -> dict[str, Any]:
    return {"to": _number(index), "from": SENDER, "text": f"문자 {word}"}


def _lms(word: str, index: int) -> dict[str, Any]:
    return {"to": _number(index), "from": SENDER, "subject": "제목", "text": f"{word} " + "긴 글 " * 40}


def _mms(word: str, index: int) -> dict[str, Any]:
    return {"to": _number(index), "from": SENDER, "subject": "사진", "text": f"그림 {word}", "image": JPEG}


def _alimtalk(word: str, index: int) -> dict[str, Any]:
    variables = {"name": "홍길동", "order": word}
    options = {"pfId": "KA01PF0000", "templateId": "KA01TP0000", "variables": variables, "disableSms": True}
    return {"to": _number(index), "from": SENDER, "kakaoOptions": options}


def _memo(word: str, _index: int) -> dict[str, Any]:
    return {"msg": f"나에게 {word}"}


def _feed(word: str, _index: int) -> dict[str, Any]:
    content = {"title": f"소식 {word}", "image_url": "https://example.com/a.jpg", "link": LINK}
    return {"template_object": {"object_type": "feed", "content": content}}


def _stored(word: str, _index: int) -> dict[str, Any]:
    return {"template_id": 17, "template_args": {"name": word}}


def _friends(word: str, index: int) -> dict[str, Any]:
    return {"msg": f"친구에게 {word}", "receiver_uuids": [f"friend-{index % 5 + 1}", f"friend-{(index + 1) % 5 + 1}"]}


def _mail(word: str, index: int) -> dict[str, Any]:
    return {"to": [f"u{index}a@example.com"], "cc": ["copy@example.com"], "subject": f"영수증 {word}", "text": "글"}


def _html(word: str, index: int) -> dict[str, Any]:
    return {"to": f"u{index}a@example.com", "subject": "영수증", "text": "글", "html": f"<p>{word}</p>"}


def _ses(word: str, index: int) -> dict[str, Any]:
    return {**_html(word, index), "provider": "ses"}


KINDS: tuple[tuple[str, str, Callable[[str, int], dict[str, Any]]], ...] = (
    ("solapi", "solapi", _sms),
    ("kakao", "kakao", _memo),
    ("gmail", "email", _mail),
    ("ses", "email", _ses),
    ("solapi", "solapi", _lms),
    ("kakao", "kakao", _feed),
    ("gmail", "email", _html),
    ("solapi", "solapi", _alimtalk),
    ("ses", "email", _ses),
    ("kakao", "kakao", _stored),
    ("solapi", "solapi", _sms),
    ("kakao", "kakao", _friends),
    ("solapi", "solapi", _mms),
)
