import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox import kakao, kakao_tokens
from sandbox.faults import Fault, Kind
from sandbox.person import Person
from sandbox.settings import Settings
from sandbox.state import State, new
from tests.sandbox.serving import served

MEMO = "/v2/api/talk/memo/"
FRIENDS = "/v1/api/talk/friends/message/"
LINK = {"web_url": "https://shop.example.com", "mobile_web_url": "https://shop.example.com"}
TEXT = {"object_type": "text", "text": "배포가 끝났습니다", "link": LINK}
NID = "019abcde-1111-7000-8000-000000000001"


@pytest.fixture(scope="module")
def state() -> State:
    return new(Settings(hang=0.1))


@pytest.fixture(scope="module")
def base(state: State) -> Iterator[str]:
    with served("/kakao/api", kakao.router(state)) as address:
        yield address


@pytest.fixture(autouse=True)
def _clean(state: State) -> None:
    state.inbox.clear()
    state.faults.clear()


def post(url: str, bearer: str = "sandbox", nid: str = NID, **fields: object) -> requests.Response:
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    headers = {"Authorization": f"Bearer {bearer}", "X-Request-Id": nid}
    return requests.post(url, data=form, headers=headers, timeout=5)


def text(words: str) -> dict[str, Any]:
    return {**TEXT, "text": words}


def test_a_memo_arrives_with_its_notification_id(base: str, state: State) -> None:
    answer = post(base + MEMO + "default/send", template_object=TEXT)
    assert (answer.status_code, answer.json()) == (200, {"result_code": 0})
    (entry,) = state.inbox.entries()
    assert (entry.channel, entry.type, entry.to, entry.text) == ("kakao", "text", "me", TEXT["text"])
    assert (entry.notification_id, entry.extra["template_object"]) == (NID, TEXT)


@pytest.mark.parametrize(
    ("ending", "fields", "type_", "words"),
    [
        ("send", {"template_id": "9137", "template_args": {"name": "김하늘"}}, "template", "김하늘"),
        ("send", {"template_id": "9137"}, "template", ""),
        ("scrap/send", {"request_url": "https://shop.example.com/a"}, "scrap", "https://shop.example.com/a"),
    ],
)
def test_other_contents_arrive(
    base: str, state: State, ending: str, fields: dict[str, Any], type_: str, words: str
) -> None:
    assert post(base + MEMO + ending, **fields).json() == {"result_code": 0}
    assert post(base + FRIENDS + ending, receiver_uuids=["friend-3"], **fields).status_code == 200
    assert [(entry.type, entry.to, entry.text) for entry in state.inbox.entries()] == [
        (type_, "me", words),
        (type_, "friend-3", words),
    ]


@pytest.mark.parametrize(
    ("ending", "fields"),
    [
        ("default/send", {}),
        ("default/send", {"template_object": "{"}),
        ("default/send", {"template_object": {"object_type": "text"}}),
        ("default/send", {"template_object": text("가" * 201)}),
        ("send", {}),
        ("send", {"template_id": "nine"}),
        ("send", {"template_id": "9137", "template_args": {"count": 1}}),
        ("send", {"template_id": "9137", "template_args": ["a"]}),
        ("scrap/send", {}),
        ("scrap/send", {"request_url": "file:///etc/passwd"}),
    ],
)
def test_bad_parameters_are_refused(base: str, state: State, ending: str, fields: dict[str, Any]) -> None:
    answer = post(base + MEMO + ending, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)
    assert state.inbox.entries() == []


def test_a_json_body_is_refused(base: str) -> None:
    headers = {"Authorization": "Bearer sandbox"}
    answer = requests.post(base + MEMO + "default/send", json={"template_object": TEXT}, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, -2)


def test_another_token_is_refused(base: str) -> None:
    answer = post(base + MEMO + "default/send", bearer="other", template_object=TEXT)
    assert (answer.status_code, answer.json()["code"]) == (401, -401)


@pytest.mark.parametrize(
    ("receivers", "status", "code"),
    [
        ("friend-1", 400, -2),
        ([], 400, -2),
        ([f"friend-{number}" for number in range(1, 7)], 400, -2),
        (["friend-1", "friend-1"], 400, -2),
        (["stranger"], 400, -2),
        (["friend-0002"], 400, -530),
        (["friend-0004"], 429, -10),
    ],
)
def test_friends_that_are_refused_whole(base: str, state: State, receivers: object, status: int, code: int) -> None:
    answer = post(base + FRIENDS + "default/send", nid="refused", template_object=TEXT, receiver_uuids=receivers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert state.inbox.entries() == []


def test_some_friends_are_refused_in_a_success(base: str, state: State) -> None:
    receivers = ["friend-1", "stranger", "friend-0002", "friend-2"]
    answer = post(base + FRIENDS + "default/send", template_object=TEXT, receiver_uuids=receivers)
    assert answer.status_code == 200
    assert answer.json()["successful_receiver_uuids"] == ["friend-1", "friend-2"]
    assert [(each["code"], each["receiver_uuids"]) for each in answer.json()["failure_info"]] == [
        (-2, ["stranger"]),
        (-530, ["friend-0002"]),
    ]
    assert [entry.to for entry in state.inbox.entries()] == ["friend-1", "friend-2"]


def test_all_friends_reached_have_no_failure_info(base: str) -> None:
    answer = post(base + FRIENDS + "default/send", template_object=TEXT, receiver_uuids=["friend-1"])
    assert answer.json() == {"successful_receiver_uuids": ["friend-1"]}


def test_a_memo_ends_as_its_digits_ask(base: str, state: State) -> None:
    url = base + MEMO + "default/send"
    assert post(url, template_object=text("주문 0002")).json()["code"] == -501
    throttled = post(url, template_object=text("주문 0004"))
    assert (throttled.status_code, throttled.json()["code"], throttled.headers["Retry-After"]) == (429, -10, "1")
    assert state.inbox.entries() == []
    assert post(url, template_object=text("주문 0004")).json() == {"result_code": 0}


@pytest.mark.parametrize(
    ("path", "fields", "to"),
    [
        (MEMO, {"template_object": text("주문 0003")}, "me"),
        (FRIENDS, {"template_object": TEXT, "receiver_uuids": ["friend-0003"]}, "friend-0003"),
    ],
)
def test_a_message_can_be_taken_without_an_answer(
    base: str, state: State, path: str, fields: dict[str, Any], to: str
) -> None:
    with pytest.raises(requests.ConnectionError):
        post(f"{base}{path}default/send", **fields)
    assert [entry.to for entry in state.inbox.entries()] == [to]


def test_a_reject_fault_refuses(base: str, state: State) -> None:
    state.faults.put(Fault("kakao", Kind.REJECT, rate=1.0))
    assert post(base + MEMO + "default/send", template_object=TEXT).json()["code"] == -501


def test_links_to_unregistered_domains_are_only_flagged(base: str, state: State) -> None:
    template = {**TEXT, "link": {"web_url": "https://elsewhere.test/"}}
    assert post(base + MEMO + "default/send", template_object=template).json() == {"result_code": 0}
    assert state.inbox.entries()[0].extra["unregistered_hosts"] == ["elsewhere.test"]


def test_the_daily_quota_ends_in_its_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_KAKAO_DAILY", "4/2/1")
    with served("/kakao/api", kakao.router(new(Settings()))) as base:
        url = base + FRIENDS + "default/send"
        assert post(url, template_object=TEXT, receiver_uuids=["friend-1"]).status_code == 200
        assert post(url, template_object=TEXT, receiver_uuids=["friend-1"]).json()["code"] == -536
        answer = post(url, template_object=TEXT, receiver_uuids=["friend-1", "friend-2"]).json()
        assert answer["successful_receiver_uuids"] == ["friend-2"]
        for _ in range(2):
            assert post(base + MEMO + "default/send", template_object=TEXT).status_code == 200
        refused = post(base + MEMO + "default/send", template_object=TEXT)
        assert (refused.status_code, refused.json()["code"]) == (400, -532)


def test_the_daily_quota_is_each_senders_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_KAKAO_DAILY", "1")
    end = datetime.now(UTC) + timedelta(minutes=1)
    other = kakao_tokens.issue(["talk_message"], end, "1", Person("a@example.com"))
    with served("/kakao/api", kakao.router(new(Settings()))) as base:
        url = base + MEMO + "default/send"
        answers = [post(url, bearer, template_object=TEXT).status_code for bearer in ("sandbox", other, "sandbox")]
    assert answers == [200, 200, 400]
