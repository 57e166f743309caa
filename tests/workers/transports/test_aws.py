import json
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.workers.transports.servers import (
    Listener,
    Script,
    answering,
    closed_port,
    drip,
    hang,
    read_request,
    reset,
)
from workers.channels.exchange import Reply, SesSend, Silence
from workers.transports import aws

Serve = Callable[[Script], Listener]


@pytest.fixture(autouse=True)
def _no_kept_clients() -> Iterator[None]:
    yield
    aws._client.cache_clear()


def request(port: int, notification: str = "id-1") -> SesSend:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "s"
    mail.set_content("text")
    return SesSend(
        region="ap-northeast-2",
        endpoint_url=f"http://127.0.0.1:{port}/aws",
        access_key_id="AKIA",
        secret_access_key="secret",
        sender="alrim@example.com",
        recipients=["a@example.com", "hidden@example.com"],
        mail=mail,
        tags={"notification_id": notification, "attempt": "2"},
    )


def http(status: int, body: str, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def said(**members: str) -> bytes:
    return json.dumps(members).encode()


OK = http(200, '{"MessageId":"ses-1"}')


def test_a_mail_is_one_signed_request(serve: Serve) -> None:
    seen: list[bytes] = []
    listener = serve(answering(OK, seen))
    sent = request(listener.port)
    assert aws.send(sent) == Reply(200, body=said(MessageId="ses-1"))
    [wire] = seen
    head, body = wire.split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /aws/v2/email/outbound-emails HTTP/1.1\r\n")
    assert b"X-Request-Id: id-1" in head.split(b"\r\n")
    assert b"Credential=AKIA/" in head
    assert b"/ap-northeast-2/ses/aws4_request" in head
    content = json.loads(body)
    assert b64decode(content.pop("Content")["Raw"]["Data"]) == sent.mail.as_bytes()
    assert content == {
        "FromEmailAddress": "alrim@example.com",
        "Destination": {"ToAddresses": ["a@example.com", "hidden@example.com"]},
        "EmailTags": [{"Name": "notification_id", "Value": "id-1"}, {"Name": "attempt", "Value": "2"}],
    }


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (http(400, '{"message":"no"}', "x-amzn-ErrorType: MessageRejected\r\n"), 400, "MessageRejected"),
        (http(400, '{"__type":"BadRequestException","message":"no"}'), 400, "BadRequestException"),
        (http(429, '{"message":"slow"}', "x-amzn-ErrorType: TooManyRequestsException\r\n"), 429, None),
        (http(400, '{"message":"Daily message quota exceeded."}', "x-amzn-ErrorType: Throttling\r\n"), 400, "Daily"),
        (http(503, "<html>"), 503, "503"),
        (http(500, ""), 500, "500"),
        (http(400, '{"__type":"not a word, a@example.com"}'), 400, "http_400"),
        (http(302, "", "Location: /elsewhere\r\n"), 302, "302"),
    ],
)
def test_a_refusal_is_its_code_and_nothing_else(serve: Serve, answer: bytes, status: int, code: str | None) -> None:
    listener = serve(answering(answer))
    expected = {None: "TooManyRequestsException", "Daily": "DailyQuotaExceeded"}.get(code, code)
    assert expected is not None
    assert aws.send(request(listener.port)) == Reply(status, body=said(Code=expected))
    assert listener.accepted == 1


@pytest.mark.parametrize("body", ["{}", "", "<html>", '{"MessageId":null}'])
def test_an_answer_without_an_id_names_none(serve: Serve, body: str) -> None:
    assert aws.send(request(serve(answering(http(200, body))).port)) == Reply(200, body=b"{}")


@pytest.mark.parametrize("body", ["[]", "7", '"x"'])
def test_an_answer_that_is_no_answer_may_have_sent_it(serve: Serve, body: str) -> None:
    listener = serve(answering(http(200, body)))
    assert aws.send(request(listener.port)) == Silence(may_have_left=True, code="garbled")


def after_the_request(action: Script) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        action(connection)

    return script


def dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
    drip(connection)


@pytest.mark.parametrize(("action", "code"), [(hang, "timeout"), (dripping, "timeout"), (reset, "reset")])
@pytest.mark.usefixtures("quick")
def test_a_silence_is_one_request_that_may_have_left(serve: Serve, action: Script, code: str) -> None:
    listener = serve(after_the_request(action))
    assert aws.send(request(listener.port)) == Silence(may_have_left=True, code=code)
    assert listener.accepted == 1


def test_nobody_listens() -> None:
    assert aws.send(request(closed_port())) == Silence(may_have_left=False, code="refused")


@pytest.mark.parametrize(
    "broken",
    [{"recipients": [7]}, {"tags": {"notification_id": 7}}],
)
def test_what_boto3_refuses_is_refused(serve: Serve, broken: dict[str, object]) -> None:
    listener = serve(answering(OK))
    wrong: SesSend = replace(request(listener.port), **broken)  # type: ignore[arg-type]  # wrong on purpose
    assert aws.send(wrong) == Reply(400, body=said(Code="ParamValidationError"))
    assert listener.accepted == 0


def test_a_region_that_is_none_did_not_leave() -> None:
    assert aws.send(replace(request(1), region="a b", endpoint_url=None)) == Silence(
        may_have_left=False, code="unsendable"
    )


def test_every_mail_has_a_fresh_connection_and_its_own_id(serve: Serve) -> None:
    seen: list[bytes] = []
    listener = serve(answering(OK, seen))
    for notification in ("id-1", "id-2"):
        aws.send(request(listener.port, notification))
    assert listener.accepted == 2
    assert aws._client.cache_info().currsize == 1
    assert [b"X-Request-Id: id-%d\r\n" % number in wire for number, wire in enumerate(seen, 1)] == [True, True]


def test_kept_clients_are_bounded() -> None:
    assert aws._client.cache_info().maxsize == aws.CLIENTS


def test_the_environment_sends_no_mail_elsewhere(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = serve(answering(OK))
    elsewhere = serve(answering(OK))
    for name in ("http_proxy", "HTTP_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SESV2"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    assert isinstance(aws.send(request(listener.port)), Reply)
    assert (listener.accepted, elsewhere.accepted) == (1, 0)
