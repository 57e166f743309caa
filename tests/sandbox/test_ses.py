from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from mypy_boto3_sesv2 import SESV2Client

from sandbox import ses
from sandbox.faults import Fault, Kind
from sandbox.settings import Settings
from sandbox.state import State, new
from tests.sandbox.serving import served

SENDER = "alrim@example.com"
NID = "019abcde-1111-7000-8000-000000000001"


@pytest.fixture(scope="module")
def state() -> State:
    return new(Settings(hang=0.1))


@pytest.fixture(scope="module")
def base(state: State) -> Iterator[str]:
    with served("/aws", ses.router(state)) as address:
        yield address


@pytest.fixture(autouse=True)
def _clean(state: State) -> None:
    state.inbox.clear()
    state.faults.clear()


def connect(base: str, *keys: str) -> SESV2Client:
    key, secret = keys or ("sandbox", "sandbox")
    return boto3.client(
        "sesv2",
        region_name="ap-northeast-2",
        endpoint_url=base,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=5),
    )


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[SESV2Client]:
    made = connect(base)
    yield made
    made.close()


def letter(to: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, to, "안내"
    mail["Message-ID"] = f"<{NID}@alrim.example.com>"
    mail.set_content("안녕하세요")
    return mail.as_bytes()


SOME: Any = {"Raw": {"Data": letter("a@example.net")}}
SIMPLE: Any = {
    "Simple": {
        "Subject": {"Data": "안내", "Charset": "UTF-8"},
        "Body": {"Text": {"Data": "글"}, "Html": {"Data": "<p>글</p>"}},
        "Headers": [{"Name": "X-Team", "Value": "shop"}],
        "Attachments": [{"FileName": "a.pdf", "RawContent": b"12345", "ContentType": "application/pdf"}],
    }
}


def refusal(client: SESV2Client, order: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        client.send_email(**{"FromEmailAddress": SENDER, "Content": SOME, **order})
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_raw_content_arrives(client: SESV2Client, state: State) -> None:
    answer = client.send_email(
        FromEmailAddress=f"알림 <{SENDER}>",
        Destination={"ToAddresses": ["a@example.net"], "BccAddresses": ["b@example.net"]},
        Content=SOME,
        EmailTags=[{"Name": "notification_id", "Value": "n1"}],
    )
    first, second = state.inbox.entries()
    assert [first.to, second.to] == ["a@example.net", "b@example.net"]
    assert (first.channel, first.subject, first.text) == ("ses", "안내", "안녕하세요\n")
    assert (first.notification_id, first.provider_id) == ("n1", answer["MessageId"])
    assert first.extra["tags"] == {"notification_id": "n1"}


def test_several_follow_each_other_each_with_its_id(client: SESV2Client, state: State) -> None:
    ids = [
        client.send_email(Content={"Raw": {"Data": letter(to=f"a{number}@example.net")}})["MessageId"]
        for number in range(5)
    ]
    assert [(entry.to, entry.provider_id) for entry in state.inbox.entries()] == [
        (f"a{number}@example.net", message_id) for number, message_id in enumerate(ids)
    ]
    assert {entry.notification_id for entry in state.inbox.entries()} == {NID}


def test_simple_content_arrives(client: SESV2Client, state: State) -> None:
    client.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["a@example.net"], "CcAddresses": ["c@example.net"]},
        ReplyToAddresses=["help@example.com"],
        Content=SIMPLE,
    )
    entry = state.inbox.entries()[0]
    assert (entry.text, entry.extra["html"]) == ("글\n", "<p>글</p>\n")
    assert (entry.extra["cc"], entry.extra["reply_to"]) == (["c@example.net"], ["help@example.com"])
    assert entry.extra["attachments"] == [{"name": "a.pdf", "content_type": "application/pdf", "size": 5}]


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [("sandbox", "other", "SignatureDoesNotMatch"), ("other", "sandbox", "UnrecognizedClientException")],
)
def test_wrong_keys_are_refused(base: str, state: State, key: str, secret: str, code: str) -> None:
    assert refusal(connect(base, key, secret), {}) == (403, code)
    assert state.inbox.entries() == []


def test_an_unsigned_request_is_refused(base: str) -> None:
    answer = requests.post(f"{base}/v2/email/outbound-emails", json={}, timeout=5)
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationToken")


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"FromEmailAddress": "other@example.com"}, 400, "MessageRejected"),
        ({"Destination": {"ToAddresses": [f"a{n}@example.net" for n in range(51)]}}, 400, "MessageRejected"),
        ({"Destination": {"ToAddresses": ["u0002@example.net"]}}, 400, "MessageRejected"),
        ({"Destination": {"ToAddresses": ["u0004@example.net"]}}, 429, "TooManyRequestsException"),
        ({"Destination": {"ToAddresses": ["nobody"]}}, 400, "BadRequestException"),
        ({"Content": {"Raw": {"Data": b"From: alrim@example.com\r\n\r\nx"}}}, 400, "BadRequestException"),
        ({"EmailTags": [{"Name": "a b", "Value": "c"}]}, 400, "BadRequestException"),
        ({"Content": {**SOME, **SIMPLE}}, 400, "BadRequestException"),
        ({"Content": {}}, 400, "BadRequestException"),
        (
            {
                "Content": {"Template": {"TemplateName": "t", "TemplateData": "{}"}},
                "Destination": {"ToAddresses": ["a@b.c"]},
            },
            404,
            "NotFoundException",
        ),
    ],
)
def test_refusals(client: SESV2Client, state: State, order: dict[str, Any], status: int, code: str) -> None:
    assert refusal(client, order) == (status, code)
    assert state.inbox.entries() == []


def test_fifty_recipients_are_taken(client: SESV2Client, state: State) -> None:
    client.send_email(Content=SOME, Destination={"ToAddresses": [f"a{n}@example.net" for n in range(50)]})
    assert len(state.inbox.entries()) == 50


def test_a_throttled_recipient_passes_the_second_time(client: SESV2Client, state: State) -> None:
    order: Any = {"Destination": {"ToAddresses": ["v0004@example.net"]}}
    assert refusal(client, order) == (429, "TooManyRequestsException")
    client.send_email(Content=SOME, **order)
    assert [entry.to for entry in state.inbox.entries()] == ["v0004@example.net"]


def test_a_mail_can_be_taken_without_an_answer(client: SESV2Client, state: State) -> None:
    with pytest.raises(ConnectionClosedError):
        client.send_email(Content=SOME, Destination={"ToAddresses": ["u0003@example.net"]})
    assert [entry.to for entry in state.inbox.entries()] == ["u0003@example.net"]


def test_a_reject_fault_refuses(client: SESV2Client, state: State) -> None:
    state.faults.put(Fault("ses", Kind.REJECT, rate=1.0))
    assert refusal(client, {}) == (400, "MessageRejected")
