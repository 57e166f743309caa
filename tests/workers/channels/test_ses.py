import json
from dataclasses import replace
from typing import Any

import pytest

from config.vocabulary import Lane
from tests.workers.channels.conversing import IDS, converse, message, stamp
from workers.channels import ses
from workers.channels.account import Refused, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, Depart, Reply, SesAccount, SesSend, Silence
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

CREDENTIALS = {
    "access_key_id": "AKIA",
    "secret_access_key": "secret",
    "region": "ap-northeast-2",
    "endpoint_url": "",
    "from": "alrim@example.com",
}
BODY: dict[str, Any] = {"to": [{"email": "a@example.com"}], "subject": "s", "text": "t"}
OK = Reply(200, body=b'{"MessageId":"ses-1"}')
THROTTLED = Reply(429, body=b'{"Code":"TooManyRequestsException"}')
SUSPENDED = Reply(400, body=b'{"Code":"AccountSuspendedException"}')


def test_one_at_a_time_when_urgent() -> None:
    assert ses.BATCH_SIZE == {Lane.URGENT: 1, Lane.NORMAL: 5, Lane.BULK: 5}


def test_request_names_its_notification_and_keeps_bcc_out_of_the_mail() -> None:
    body = BODY | {"bcc": [{"email": "hidden@example.com"}]}
    request = ses.compose(replace(message(body), attempt=3), CREDENTIALS, stamp())
    assert request.tags == {"notification_id": IDS[0], "attempt": "3"}
    assert request.recipients == ["a@example.com", "hidden@example.com"]
    assert (request.region, request.endpoint_url, request.sender) == ("ap-northeast-2", None, "alrim@example.com")
    assert b"hidden" not in request.mail.as_bytes()
    assert not any(word in repr(request) for word in ("AKIA", "secret", "example.com"))


def test_an_endpoint_of_ones_own_is_used() -> None:
    request = ses.compose(message(BODY), CREDENTIALS | {"endpoint_url": "http://127.0.0.1:1/aws"}, stamp())
    assert request.endpoint_url == "http://127.0.0.1:1/aws"


def test_each_departs_right_before_its_request() -> None:
    messages = [message(BODY, number) for number in range(3)]
    answers = [IDS[:1], THROTTLED, (), IDS[2:3], OK]
    steps, outcomes = converse(ses.converse(messages, CREDENTIALS, stamp), answers)
    assert [type(step) for step in steps] == [Depart, SesSend, Depart, Depart, SesSend]
    assert outcomes == {IDS[0]: Retry("TooManyRequestsException"), IDS[2]: Accepted("ses-1")}


def test_what_closes_the_connection_spares_those_behind() -> None:
    messages = [message(BODY, number) for number in range(2)]
    steps, outcomes = converse(ses.converse(messages, CREDENTIALS, stamp), [IDS[:1], SUSPENDED])
    assert len(steps) == 2
    assert set(outcomes.values()) == {Retry("AccountSuspendedException", closes=True)}
    assert set(outcomes) == set(IDS[:2])


def test_what_can_not_be_a_mail_fails_alone() -> None:
    broken = message(BODY | {"attachments": [{"filename": "a", "content_type": "a/b", "content": "?"}]})
    _, outcomes = converse(ses.converse([broken, message(BODY, 1)], CREDENTIALS, stamp), [IDS[1:2], OK])
    assert outcomes == {IDS[0]: Rejected("malformed"), IDS[1]: Accepted("ses-1")}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (OK, Accepted("ses-1")),
        (Reply(200, body=b"{}"), Unknown("http_200")),
        (Silence(may_have_left=True, code="timeout"), Unknown("timeout")),
        (Silence(may_have_left=False, code="dns"), Retry("dns")),
    ],
)
def test_answers(answer: Answer, outcome: Outcome) -> None:
    assert ses.read(answer) == outcome


def _said(status: int, **members: object) -> Reply:
    return Reply(status, body=json.dumps(members).encode())


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (_said(200, SendingEnabled=True), Usable),
        (_said(200, SendingEnabled=False), Suspended),
        (_said(403, Code="InvalidClientTokenId"), Refused),
        (_said(403, Code="AccessDeniedException"), Refused),
        (_said(429, Code="TooManyRequestsException"), Unheard),
        (_said(500, Code="InternalFailure"), Unheard),
        (_said(500), Unheard),
        (Silence(may_have_left=True, code="timeout"), Unheard),
    ],
)
def test_ses_verdict(answer: Answer, verdict: type[Verdict]) -> None:
    assert next(ses.check(CREDENTIALS, stamp)) == SesAccount("ap-northeast-2", None, "AKIA", "secret")
    assert type(ses.read_account(answer)) is verdict
