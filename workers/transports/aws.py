"""SES over boto3: boto3 signs the request and reads the answer, `transports.http` carries it.

So one place decides what may have left, one deadline holds for all, and every mail has a fresh connection:
boto3's own client would repeat requests and keep connections, which with SES means a second mail or an
Unknown. No exception leaves the module.
"""

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from workers.channels.exchange import HttpRequest, Reply, SesAccount, SesSend, Silence
from workers.transports import http
from workers.transports.deadline import CONNECT, exchange_seconds

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CLIENTS: Final = 16
"""How many connections' clients are kept; making one reads boto3's models from disk."""

WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class _Call:
    """The call that this thread is in: what its hook needs to know, and what it met."""

    notification: str
    delivers: bool = True
    answer: Reply | Silence | None = None


_CALL: Final[ContextVar[_Call]] = ContextVar("ses_call")


class _UnansweredError(BotoCoreError):
    fmt = "no answer"


def send(request: SesSend) -> Reply | Silence:
    """Send one mail with `SendEmail`, at most once.

    The envelope is `recipients` alone; SES reads none from the raw content's headers when a destination is given.
    """
    return _called(_Call(request.tags.get("notification_id", "")), lambda: _send(request))


def look(request: SesAccount) -> Reply | Silence:
    """Ask what SES lets an account do; sends nothing."""
    return _called(_Call("", delivers=False), lambda: _look(request))


def _called(call: _Call, act: Callable[[], Reply]) -> Reply | Silence:
    token = _CALL.set(call)
    try:
        return act()
    except ClientError as error:
        return _refusal(error)
    except ParamValidationError:
        return _reply(400, Code="ParamValidationError")
    except (BotoCoreError, ValueError, AttributeError, TypeError):
        # The last two: boto3's parser takes for granted that JSON has the shape it expects.
        return _without_answer(call)
    finally:
        _CALL.reset(token)


def _look(request: SesAccount) -> Reply:
    said = _client_of(request).get_account()
    return Reply(200, body=json.dumps({"SendingEnabled": said.get("SendingEnabled", False)}).encode())


def _send(request: SesSend) -> Reply:
    client = _client_of(request)
    sent: Mapping[str, Any] = client.send_email(
        FromEmailAddress=request.sender,
        Destination={"ToAddresses": list(request.recipients)},
        Content={"Raw": {"Data": request.mail.as_bytes()}},
        EmailTags=[{"Name": name, "Value": value} for name, value in request.tags.items()],
    )
    return _reply(200, **{"MessageId": sent["MessageId"]} if "MessageId" in sent else {})


def _refusal(error: ClientError) -> Reply:
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    code = error.response["Error"].get("Code", "")
    if error.response["Error"].get("Message", "").startswith("Daily"):
        # The one thing that SES says in its text only: this throttling is no matter of seconds.
        code = "DailyQuotaExceeded"
    return _reply(status, Code=code if WORD.fullmatch(code) else f"http_{status}")


def _reply(status: int, **said: str) -> Reply:
    return Reply(status, body=json.dumps(said).encode())


def _without_answer(call: _Call) -> Silence:
    match call.answer:
        case Silence():
            return call.answer
        case Reply():
            return Silence(may_have_left=True, code="garbled")
        case None:
            return Silence(may_have_left=False, code="unsendable")


def _client_of(request: SesSend | SesAccount) -> "SESV2Client":
    return _client(request.region, request.endpoint_url, request.access_key_id, request.secret_access_key)


@functools.lru_cache(maxsize=CLIENTS)
def _client(region: str, endpoint_url: str | None, access_key_id: str, secret_access_key: str) -> "SESV2Client":
    client = boto3.session.Session().client(
        "sesv2",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT,
            read_timeout=exchange_seconds(),
            ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # not in the stubs yet
        ),
    )
    client.meta.events.register("before-send.sesv2", _carry)  # type: ignore[arg-type]  # a response is what it may return
    return client


def _carry(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    """Answer botocore's `before-send` with a response, so that it makes no request of its own."""
    call = _CALL.get()
    # After signing: a proxy may set the header anew without breaking the signature.
    headers = {name: _text(value) for name, value in request.headers.items()} | {"X-Request-Id": call.notification}
    body = request.body if isinstance(request.body, bytes) else b""
    call.answer = http.send(HttpRequest(request.method, request.url, headers, body, call.delivers, pooled=False))
    if isinstance(call.answer, Silence):
        raise _UnansweredError
    headers_heard: Any = call.answer.headers
    return AWSResponse(request.url, call.answer.status, headers_heard, _Body(call.answer.body))


@dataclass(frozen=True, slots=True)
class _Body:
    """What botocore reads a body from."""

    content: bytes

    def stream(self) -> Iterator[bytes]:
        yield self.content


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
