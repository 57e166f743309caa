import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from tests.workers.channels.solapi_model import (
    CREDENTIALS,
    GROUP,
    IDS,
    NOW,
    REFUSED,
    TIMEOUT,
    added,
    entries,
    group,
    listing,
    message,
    refusal,
    reply,
    stamp,
)
from workers.channels import solapi_wire as wire
from workers.channels.exchange import Answer, HttpRequest, Listed, Message, Reply
from workers.channels.solapi_wire import Group, GroupStatus, Problem

FROM = "0212345678"
TO = "01000000001"
KAKAO = {"pfId": "KA01PF0000", "templateId": "KA01TP0000", "variables": {"#{이름}": "홍길동"}, "disableSms": True}
MIXED = [
    Message(IDS[0], 1, "SMS", {"to": TO, "from": FROM, "text": "주문이 접수되었습니다", "country": "82"}),
    Message(IDS[1], 2, "LMS", {"to": TO, "from": FROM, "subject": "제목", "text": "긴 글", "type": "LMS"}),
    Message(IDS[2], 1, "MMS", {"to": TO, "from": FROM, "text": "그림", "image": "QQ=="}),
    Message(IDS[3], 1, "ATA", {"to": TO, "from": FROM, "kakaoOptions": KAKAO, "customFields": {"order": "7"}}),
]
ONE = MIXED[:1]
REQUESTS = {
    "image": wire.compose_image("QQ==", CREDENTIALS, stamp()),
    "group": wire.compose_group(CREDENTIALS, stamp()),
    "message": wire.compose_messages(GROUP, ONE, {}, CREDENTIALS, stamp()),
    "messages": wire.compose_messages(GROUP, MIXED, {"QQ==": "ST01FJ1"}, CREDENTIALS, stamp()),
    "fire": wire.compose_fire(GROUP, IDS, CREDENTIALS, stamp()),
    "fire_one": wire.compose_fire(GROUP, IDS[:1], CREDENTIALS, stamp()),
    "look": wire.compose_look(GROUP, CREDENTIALS, stamp()),
    "delete": wire.compose_delete(GROUP, CREDENTIALS, stamp()),
    "list": wire.compose_list(GROUP, None, CREDENTIALS, stamp()),
    "list_next": wire.compose_list(GROUP, "M4V/1", CREDENTIALS, stamp()),
}


def text(request: HttpRequest) -> str:
    head = [f"{request.method} {request.url}", *(f"{name}: {value}" for name, value in request.headers.items())]
    body = json.dumps(json.loads(request.body), ensure_ascii=False, indent=1) if request.body else ""
    return "\n".join([*head, "", body, ""])


@pytest.mark.parametrize("name", REQUESTS)
def test_request_is_as_solapi_takes_it(name: str, golden: Callable[[str, str], None]) -> None:
    request = REQUESTS[name]
    golden(f"solapi_{name}.txt", text(request))
    assert (request.delivers, request.pooled) == (name.startswith("fire"), True)


def test_signature_is_the_vendors() -> None:
    signature = wire.sign("SECRET", "2026-11-24T00:45:00Z", "abcdefghijklmnop")
    assert signature == "72d7e93f090c605d6190b7bab5fa35380acefe62e9b3c637e88b62cf334037d5"


def test_date_is_signed_in_utc_wherever_the_clock_stands() -> None:
    seoul = replace(stamp(), now=NOW.astimezone(timezone(timedelta(hours=9))))
    assert wire.compose_group(CREDENTIALS, seoul) == wire.compose_group(CREDENTIALS, stamp())


def test_nobody_can_name_another_notification_in_ours() -> None:
    request = wire.compose_messages(GROUP, [message(0, customFields={"nid": "x"})], {}, CREDENTIALS, stamp())
    assert json.loads(request.body)["messages"][0]["customFields"] == {"nid": IDS[0], "att": "1"}


def test_text_that_is_no_unicode_spoils_no_batch() -> None:
    request = wire.compose_messages(GROUP, [message(0, text="\ud800")], {}, CREDENTIALS, stamp())
    assert json.loads(request.body)["messages"][0]["text"] == "\ud800"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply({}), None),
        (Reply(201), None),
        (TIMEOUT, Problem("timeout")),
        (REFUSED, Problem("refused")),
        (refusal(402, "NotEnoughBalance"), Problem("NotEnoughBalance", refused=True)),
        (Reply(404, body=b"<html>"), Problem("http_404", refused=True)),
        (refusal(400, "자유로운 글"), Problem("http_400", refused=True)),
        (refusal(503, "ValidationError"), Problem("http_503")),
        (Reply(502, {"retry-after": "9"}), Problem("http_502", after=timedelta(seconds=9))),
        (Reply(429, {"retry-after": "30"}), Problem("http_429", True, True, timedelta(seconds=30))),  # noqa: FBT003 - a record
        (
            Reply(429, {"retry-after": "Tue, 24 Nov 2026 00:45:00 GMT"}),
            Problem("http_429", refused=True, throttled=True),
        ),
        (Reply(301), Problem("http_301")),
    ],
)
def test_what_went_wrong(answer: Answer, problem: Problem | None) -> None:
    assert wire.read_problem(answer) == problem


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (group("PENDING"), Group(GroupStatus.PENDING, fired=False)),
        (group("SENDING", "2026-11-24T00:45:00.900Z"), Group(GroupStatus.SENDING, fired=True)),
        (group("NEW"), Group(None, fired=False)),
        (reply({"status": ["PENDING"]}), Group(None, fired=False)),
        (Reply(200, body=b"\xff"), Group(None, fired=False)),
        (reply([]), Group(None, fired=False)),
    ],
)
def test_a_group_is_read_with_care(answer: Reply, said: Group) -> None:
    assert wire.read_group(answer) == said


@pytest.mark.parametrize(
    ("value", "said"), [(GROUP, GROUP), ("", None), ("a/b", None), ("G" * 65, None), (7, None), (None, None)]
)
def test_an_id_is_an_id_or_nothing(value: object, said: str | None) -> None:
    assert wire.read_group_id(reply({"groupId": value})) == said
    assert wire.read_image(reply({"fileId": value})) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (added("2000", "1062"), {IDS[0]: Listed("M0", "2000"), IDS[1]: Listed("M1", "1062")}),
        (
            reply({"errorCount": 0, "resultList": [*entries("2000", "2000"), *entries("2000")]}),
            {IDS[1]: Listed("M1", "2000")},
        ),
        (reply({"resultList": [None, {}, {"customFields": None}, {"customFields": {"nid": 1}}]}), {}),
        (reply({"resultList": [{"customFields": {"nid": "x"}, "statusCode": None}]}), {}),
        (reply({"resultList": {}}), {}),
        (Reply(200, body=b"<html>"), {}),
    ],
)
def test_registered_messages_are_found_by_our_id(answer: Reply, said: dict[str, Listed]) -> None:
    assert wire.read_messages(answer) == said


def test_a_page_names_the_next_one() -> None:
    assert wire.read_list(listing("4000", next_key="k")) == ({IDS[0]: Listed("M0", "4000")}, "k")
    assert wire.read_list(listing()) == ({}, None)
    assert wire.read_list(reply({"nextKey": 5, "messageList": []})) == ({}, None)
