"""Kakao messages: to oneself ("memo") and to friends, as a pure conversation.

Kakao gives no message id, takes no idempotency key and can't be asked afterwards: whatever is silent after
departure stays Unknown for good. Therefore every request has a connection of its own, and answers are read by
their `code`, never by the HTTP status. There is no request for many: a wave of messages departs at once and its
requests travel together. It must not know how requests travel.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta, timezone
from typing import Any, Final
from urllib.parse import urlencode

from config.vocabulary import Lane
from workers.channels.exchange import (
    Answer,
    Conversation,
    Depart,
    Departed,
    HttpRequest,
    Message,
    Silence,
    Stamp,
    Together,
)
from workers.channels.kakao_codes import UNKNOWN, UNTIL_TOMORROW, VERDICTS, Verdict
from workers.channels.severity import worst
from workers.outcome import Accepted, Outcome, Retry, Unknown

BATCH_SIZE: Final[dict[Lane, int]] = {Lane.URGENT: 1, Lane.NORMAL: 100, Lane.BULK: 200}
"""Messages of a wave: a worker that dies within one leaves as many held (docs/adr/0011-waves.md)."""

PATHS: Final[Mapping[tuple[bool, bool], str]] = {
    # (to friends, from a stored template)
    (False, False): "/v2/api/talk/memo/default/send",
    (False, True): "/v2/api/talk/memo/send",
    (True, False): "/v1/api/talk/friends/message/default/send",
    (True, True): "/v1/api/talk/friends/message/send",
}
KST: Final = timezone(timedelta(hours=9))


def converse(messages: Sequence[Message], credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Conversation:
    """Send the messages that depart, a request each, all in flight together."""
    requests = {message.id: compose(message, credentials) for message in messages}
    departed: Departed = yield Depart(tuple(requests))
    leaving = [message for message in messages if message.id in departed]
    if not leaving:
        return {}
    answers: Sequence[Answer] = yield Together(tuple(requests[message.id] for message in leaving))
    now = stamp().now
    return {
        message.id: read(answer, message.body.get("receiver_uuids", ()), now)
        for message, answer in zip(leaving, answers, strict=True)
    }


def compose(message: Message, credentials: Mapping[str, str]) -> HttpRequest:
    """Write a message as Kakao takes it: a form whose fields hold JSON."""
    body = message.body
    stored = "template_id" in body
    receivers = body.get("receiver_uuids")
    fields: dict[str, str] = {}
    if receivers:
        fields["receiver_uuids"] = _json(receivers)
    if stored:
        fields["template_id"] = str(body["template_id"])
        if body.get("template_args"):
            fields["template_args"] = _json(body["template_args"])
    else:
        fields["template_object"] = _json(body["template_object"])
    return HttpRequest(
        method="POST",
        url=credentials["api_base_url"].rstrip("/") + PATHS[bool(receivers), stored],
        headers={
            "Authorization": f"Bearer {credentials['access_token']}",
            "Content-Type": "application/x-www-form-urlencoded;charset=utf-8",
            "X-Request-Id": message.id,
        },
        body=urlencode(fields).encode(),
        delivers=True,
        pooled=False,
    )


def read(answer: Answer, receivers: Sequence[str], now: datetime) -> Outcome:
    """Read Kakao's answer.

    Args:
        answer: what came back.
        receivers: the friends addressed, in order; none for a message to oneself.
        now: the present moment; quotas fill again at midnight in Korea.
    """
    if isinstance(answer, Silence):
        return Unknown(answer.code) if answer.may_have_left else Retry(answer.code)
    said = answer.said
    if "code" in said:
        verdict = _judge(said["code"], now)
        # Kakao names no wait as a rule; where it does, it knows better than our midnight.
        if isinstance(verdict, Retry) and answer.retry_after is not None:
            return replace(verdict, after=answer.retry_after)
        return verdict
    if receivers and "successful_receiver_uuids" in said:
        return _read_friends(said, receivers, now)
    if not receivers and said.get("result_code") == 0:
        return Accepted()
    return Unknown(f"http_{answer.status}")


def _read_friends(said: Mapping[str, Any], receivers: Sequence[str], now: datetime) -> Outcome:
    # Partial failure comes as HTTP 200, with the failures grouped by code.
    reached = set(said["successful_receiver_uuids"])
    code_of = {
        uuid: failure.get("code")
        for failure in said.get("failure_info") or ()
        for uuid in failure.get("receiver_uuids", ())
    }
    verdicts = [(index, _judge(code_of.get(uuid), now)) for index, uuid in enumerate(receivers) if uuid not in reached]
    if len(verdicts) == len(receivers):
        return worst(verdict for _, verdict in verdicts)
    return Accepted(refused=tuple((index, verdict.code) for index, verdict in verdicts))


def _judge(code: object, now: datetime) -> Verdict:
    if not isinstance(code, int):
        return Unknown("no_code")
    verdict = replace(VERDICTS.get(code, UNKNOWN), code=str(code))
    if isinstance(verdict, Retry) and code in UNTIL_TOMORROW:
        return replace(verdict, after=_until_tomorrow(now))
    return verdict


def _until_tomorrow(now: datetime) -> timedelta:
    tomorrow = now.astimezone(KST).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), KST) - now


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
