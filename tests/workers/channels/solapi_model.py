"""SOLAPI's group flow as a value: what it holds and whom it has really sent to."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workers.channels.exchange import Conversation, Depart, HttpRequest, Message, Outcomes, Reply, Silence, Stamp, Step

CREDENTIALS = {"api_key": "KEY", "api_secret": "SECRET", "base_url": "https://api.solapi.com"}
NOW = datetime(2026, 11, 24, 0, 45, tzinfo=UTC)
IDS = tuple(f"01890000-0000-7000-8000-00000000000{number}" for number in range(4))
GROUP = "G4V20261124094500AAAAAAAAAAAAAAA"
SMS = {"to": "01000000001", "from": "0212345678", "text": "주문이 접수되었습니다"}
SENT = "2026-11-24T00:45:00.900Z"
GARBLED = Reply(200, body=b"<html>")
TIMEOUT = Silence(may_have_left=True, code="timeout")
REFUSED = Silence(may_have_left=False, code="refused")
KINDS = {
    ("POST", "files"): "I",
    ("POST", "groups"): "C",
    ("PUT", "messages"): "P",
    ("POST", "send"): "F",
    ("GET", "messages"): "M",
}


def stamp() -> Stamp:
    return Stamp(NOW, "abcdefghijklmnopqrstuvwxyz012345")


def message(number: int, **more: object) -> Message:
    return Message(IDS[number], number + 1, "SMS", {**SMS, **more})


def kind(request: HttpRequest) -> str:
    """One letter: Image, Create, Put, Fire, Messages, Look, X for delete."""
    last = request.url.split("?")[0].rsplit("/", 1)[1]
    return KINDS.get((request.method, last), "X" if request.method == "DELETE" else "L")


def reply(said: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(said).encode())


def refusal(status: int, code: str, **headers: str) -> Reply:
    return reply({"errorCode": code, "errorMessage": "자유로운 글"}, status, **headers)


def group(status: str, sent: str | None = None, group_id: str = GROUP) -> Reply:
    return reply({"groupId": group_id, "status": status, "dateSent": sent})


CREATED = group("PENDING")
FIRED = group("SENDING", SENT)
BROKE = refusal(402, "NotEnoughBalance")


def entries(*codes: str) -> list[dict[str, Any]]:
    return [
        {"messageId": f"M{number}", "statusCode": code, "customFields": {"nid": IDS[number], "att": str(number + 1)}}
        for number, code in enumerate(codes)
    ]


def added(*codes: str) -> Reply:
    return reply({"errorCount": "0", "resultList": entries(*codes)})


def listing(*codes: str, next_key: str | None = None) -> Reply:
    found = {entry["messageId"]: entry for entry in entries(*codes)}
    return reply({"startKey": None, "nextKey": next_key, "limit": 500, "messageList": found})


def play(conversation: Conversation, answers: Sequence[object]) -> tuple[str, list[Step], Outcomes]:
    """Play a conversation to its end: its steps as letters (D is Depart), the steps, the outcomes."""
    heard: object = None
    steps: list[Step] = []
    waiting = list(answers)
    while True:
        try:
            step = conversation.send(heard)
        except StopIteration as end:
            assert not waiting
            return "".join(kind(each) if isinstance(each, HttpRequest) else "D" for each in steps), steps, end.value
        steps.append(step)
        heard = waiting.pop(0)


def by_id(*outcomes: object) -> dict[str, object]:
    return {IDS[number]: outcome for number, outcome in enumerate(outcomes) if outcome is not None}


def carry(conversation: Conversation, answer: Callable[[Step], object]) -> Outcomes:
    """Carry a conversation to its end with whatever `answer` says to each step."""
    heard: object = None
    while True:
        try:
            step = conversation.send(heard)
        except StopIteration as end:
            outcomes: Outcomes = end.value
            return outcomes
        heard = answer(step)


@dataclass
class Vendor:
    """Accepts everything but numbers that end in 0002, and never sends a group twice.

    A request that holds the message `spoilt_by` is refused whole.
    """

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    spoilt_by: str | None = None

    def take(self, step: Step) -> object:
        """Answer every request, and let everybody depart."""
        if isinstance(step, Depart):
            return step.ids
        assert isinstance(step, HttpRequest)
        return self.answer(step)

    def answer(self, request: HttpRequest) -> Reply:
        step = kind(request)
        if step == "C":
            name = f"G{len(self.groups)}"
            self.groups[name] = {"status": "PENDING", "sent": None, "entries": []}
            return group("PENDING", group_id=name)
        held = self.groups[request.url.split("/groups/")[1].split("/")[0]]
        match step:
            case "P":
                return self._add(held, json.loads(request.body)["messages"])
            case "F":
                return self._fire(held)
            case "X":
                return self._delete(held)
            case "M":
                return reply({"nextKey": None, "messageList": {each["messageId"]: each for each in held["entries"]}})
            case _:
                return group(held["status"], held["sent"])

    def _add(self, held: dict[str, Any], messages: list[dict[str, Any]]) -> Reply:
        if self.spoilt_by in {each["customFields"]["nid"] for each in messages}:
            return refusal(400, "ValidationError")
        for each in messages:
            code = "1062" if each["to"].endswith("0002") else "2000"
            name = f"M{id(held)}-{len(held['entries'])}"
            held["entries"].append({"messageId": name, "statusCode": code, "customFields": each["customFields"]})
        return reply({"errorCount": 0, "resultList": held["entries"]})

    def _delete(self, held: dict[str, Any]) -> Reply:
        if held["status"] != "PENDING":
            return refusal(400, "NotOperationalStatus")
        held["status"] = "DELETED"
        return group("DELETED")

    def _fire(self, held: dict[str, Any]) -> Reply:
        if held["status"] == "DELETED":
            return refusal(400, "DeletedGroup")
        if held["status"] != "PENDING":
            return refusal(409, "GroupInProcessing")
        held.update(status="SENDING", sent=SENT)
        self.sent.update(each["customFields"]["nid"] for each in held["entries"] if each["statusCode"] == "2000")
        return group("SENDING", held["sent"])
