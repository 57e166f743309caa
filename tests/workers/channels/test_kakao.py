from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from config.vocabulary import Lane
from tests.workers.channels.conversing import IDS, NOW, converse, message, stamp
from workers.channels import kakao
from workers.channels.exchange import Answer, Depart, Reply, Silence, Together
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

CREDENTIALS = {"access_token": "token", "api_base_url": "https://kapi.kakao.com"}
TEXT = {"object_type": "text", "text": "배포가 끝났습니다 & 안녕", "link": {}}
BODIES: dict[str, dict[str, Any]] = {
    "memo_text": {"template_object": TEXT},
    "memo_stored": {"template_id": 7, "template_args": {"이름": "철수"}},
    "friends_text": {"template_object": TEXT, "receiver_uuids": ["u1", "u2"]},
    "friends_stored": {"template_id": 7, "receiver_uuids": ["u1"]},
}
DONE = Reply(200, body=b'{"result_code":0}')


def failures(groups: str, reached: str = "") -> str:
    return f'{{"successful_receiver_uuids":[{reached}],"failure_info":[{groups}]}}'


def test_an_urgent_one_waits_for_no_other() -> None:
    assert kakao.BATCH_SIZE[Lane.URGENT] == 1
    assert kakao.BATCH_SIZE.keys() == {*Lane}


@pytest.mark.parametrize("name", BODIES)
def test_request_is_as_kakao_takes_it(name: str, golden: Callable[[str, str], None]) -> None:
    request = kakao.compose(message(BODIES[name]), CREDENTIALS)
    head = [f"{request.method} {request.url}", *(f"{key}: {value}" for key, value in request.headers.items())]
    form = [f"{key}={value}" for key, value in parse_qsl(request.body.decode("ascii"), strict_parsing=True)]
    golden(f"kakao_{name}.txt", "\n".join([*head, "", *form, ""]))
    assert (request.delivers, request.pooled) == (True, False)


def test_a_wave_departs_at_once_and_its_requests_travel_together() -> None:
    wave = [message(BODIES["memo_text"], number) for number in range(3)]
    answers = [DONE, Silence(may_have_left=True, code="timeout")]
    steps, outcomes = converse(kakao.converse(wave, CREDENTIALS, stamp), [(IDS[0], IDS[2]), answers])
    assert steps[0] == Depart(tuple(IDS[:3]))
    together = steps[1]
    assert isinstance(together, Together)
    assert [each.headers["X-Request-Id"] for each in together.requests] == [IDS[0], IDS[2]]
    assert outcomes == {IDS[0]: Accepted(), IDS[2]: Unknown("timeout")}


def test_a_message_that_did_not_depart_is_not_sent() -> None:
    steps, outcomes = converse(kakao.converse([message(BODIES["memo_text"])], CREDENTIALS, stamp), [()])
    assert steps == [Depart((IDS[0],))]
    assert outcomes == {}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (DONE, Accepted()),
        (Silence(may_have_left=True, code="timeout"), Unknown("timeout")),
        (Silence(may_have_left=False, code="refused"), Retry("refused")),
        (Reply(502, body=b"<html>"), Unknown("http_502")),
        (Reply(200, body=b""), Unknown("http_200")),
        (Reply(200, body=b"[]"), Unknown("http_200")),
        (Reply(200, body=b'{"result_code":1}'), Unknown("http_200")),
        (Reply(400, body=b'{"code":"odd"}'), Unknown("no_code")),
    ],
)
def test_answers_for_a_memo(answer: Answer, outcome: Outcome) -> None:
    assert kakao.read(answer, (), NOW) == outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ('{"successful_receiver_uuids":["u1","u2","u3"]}', Accepted()),
        (
            failures('{"code":-530,"receiver_uuids":["u3"]},{"code":-536,"receiver_uuids":["u1"]}', reached='"u2"'),
            Accepted(refused=((0, "-536"), (2, "-530"))),
        ),
        ('{"successful_receiver_uuids":["u2","u1"]}', Accepted(refused=((2, "no_code"),))),
        (
            failures('{"code":-530,"receiver_uuids":["u1","u2","u3"]}'),
            Rejected("-530"),
        ),
        (
            failures('{"code":-530,"receiver_uuids":["u1","u2"]},{"code":-1,"receiver_uuids":["u3"]}'),
            Unknown("-1"),
        ),
        ('{"successful_receiver_uuids":[]}', Unknown("no_code")),
        ('{"code":-502,"msg":"not a friend"}', Rejected("-502")),
        ('{"result_code":0}', Unknown("http_200")),
    ],
)
def test_answers_for_friends(said: str, outcome: Outcome) -> None:
    assert kakao.read(Reply(200, body=said.encode()), ["u1", "u2", "u3"], NOW) == outcome


@pytest.mark.parametrize(
    ("now", "wait"),
    [
        (datetime(2026, 11, 24, 14, 59, 59, tzinfo=UTC), timedelta(seconds=1)),
        (datetime(2026, 11, 24, 15, 0, tzinfo=UTC), timedelta(days=1)),
    ],
)
def test_a_quota_waits_for_midnight_in_korea(now: datetime, wait: timedelta) -> None:
    assert kakao.read(Reply(400, body=b'{"code":-532}'), (), now) == Retry("-532", after=wait, closes=True)


def test_a_wait_that_kakao_names_counts_more_than_midnight() -> None:
    answer = Reply(429, {"retry-after": "7"}, b'{"code":-10}')
    assert kakao.read(answer, (), NOW) == Retry("-10", after=timedelta(seconds=7), closes=True)


def test_a_request_does_not_show_what_it_carries() -> None:
    shown = repr(kakao.compose(message(BODIES["friends_text"]), CREDENTIALS))
    assert "token" not in shown
    assert "u1" not in shown
