"""SOLAPI's direct sending (create, add and fire in one request) and its message lists.

Source: solapi/documents, message-api-v4. A lost answer to these leaves the caller in doubt: that is the
vendor's own behaviour and the reason why the product uses groups.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.solapi import bodies, codes, search, shapes
from sandbox.solapi.account import Account
from sandbox.solapi.bodies import Registrar
from sandbox.solapi.delivery import Delivery
from sandbox.solapi.drafts import Draft, read
from sandbox.solapi.errors import invalid, refusal
from sandbox.solapi.groups import Group, Message
from sandbox.state import State

T = TypeVar("T")

FIELDS: Final[Mapping[str, Callable[[Message], search.Value]]] = {
    "messageId": lambda message: message.id,
    "groupId": lambda message: message.group_id,
    "to": lambda message: message.draft.to,
    "from": lambda message: message.draft.from_,
    "type": lambda message: message.draft.type,
    "statusCode": lambda message: message.status,
    "replacement": lambda message: int(message.replacement),
    "dateCreated": lambda message: message.created,
    "dateUpdated": lambda message: message.updated,
}


class MessageRoutes:
    """The routes under /messages/v4 that are no group's."""

    def __init__(self, state: State, account: Account, delivery: Delivery) -> None:
        self._state = state
        self._account = account
        self._delivery = delivery
        self._registrar = Registrar(state, account)

    def attach(self, routes: APIRouter) -> None:
        """Add the routes."""
        routes.add_api_route("/messages/v4/send", self.send, methods=["POST"])
        routes.add_api_route("/messages/v4/send-many", self.send_many, methods=["POST"])
        routes.add_api_route("/messages/v4/send-many/detail", self.send_many_detail, methods=["POST"])
        for name in ("list", "list-old"):
            routes.add_api_route(f"/messages/v4/{name}", self.find, methods=["GET"])
        routes.add_api_route("/messages/v4/statistics", self.statistics, methods=["GET"])

    async def send(self, request: Request) -> Response:
        """Send one message."""
        body = await bodies.fields(request)
        drafts = list(read(body.get("message")))
        if len(drafts) != 1:
            raise invalid("한 건만 발송할 수 있습니다.")
        group = self._account.create(body, self._state.clock())
        self._registrar.admit(drafts, request)
        (message,) = self._registrar.register(group, drafts, request)
        if message.status != codes.REGISTERED:
            raise refusal(400, "InvalidStatusCode", f"{message.id} 메시지의 상태코드가 {message.status}입니다.")
        self._delivery.fire(group)
        return self._state.withhold("solapi", [message.draft.to]) or JSONResponse(shapes.registered(message))

    async def send_many(self, request: Request) -> Response:
        """Send many; the answer is the group alone."""
        body = await bodies.fields(request)
        drafts, group = await self._sent(body, request)
        return self._withheld(drafts) or JSONResponse(shapes.group(group))

    async def send_many_detail(self, request: Request) -> Response:
        """Send many; the answer names what was refused, and on demand every message."""
        body = await bodies.fields(request)
        drafts, group = await self._sent(body, request)
        shown = [shapes.registered(message) for message in group.messages.values()]
        answer: dict[str, Any] = {
            "groupInfo": shapes.group(group),
            "failedMessageList": [item for item in shown if item["statusCode"] != codes.REGISTERED],
        }
        if body.get("showMessageList") is True:
            answer["messageList"] = shown
        return self._withheld(drafts) or JSONResponse(answer)

    async def find(self, request: Request) -> Response:
        """Search messages, newest first."""
        query = search.read(request.query_params, FIELDS)
        found, next_key = query.page(self._candidates(query))
        return listing("messageList", {id_: shapes.stored(each) for id_, each in found.items()}, query, next_key)

    async def statistics(self) -> Response:
        """Count the kept messages by type and status code."""
        counts: dict[str, Counter[str]] = {}
        for message in self._account.messages.values():
            counts.setdefault(message.draft.type.lower(), Counter())[message.status] += 1
        return JSONResponse({"total": counts, "balance": sum(group.charged for group in self._account.groups.values())})

    async def _sent(self, body: dict[str, Any], request: Request) -> tuple[list[Draft], Group]:
        drafts = bodies.messages(body)
        when = bodies.date(body["scheduledDate"]) if body.get("scheduledDate") else None
        group = self._account.create(body, self._state.clock())
        group.demand_open(len(drafts))
        self._registrar.admit(drafts, request)
        added = self._registrar.register(group, drafts, request)
        if not any(message.registered for message in added):
            group.fail("발송할 메시지가 없습니다.", self._state.clock())
        elif when is not None:
            group.schedule(when, self._state.clock())
            self._delivery.fire_at(group)
        else:
            self._delivery.fire(group)
        return drafts, group

    def _withheld(self, drafts: Iterable[Draft]) -> Response | None:
        return self._state.withhold("solapi", [draft.to for draft in drafts])

    def _candidates(self, query: search.Search[Message]) -> Iterable[tuple[str, Message]]:
        """Begin where the fewest are: a search by number or group must not walk through everything."""
        if numbers := query.wanted("to"):
            found = [item for number in numbers for item in self._account.by_number.get(number, {}).items()]
            return sorted(found, reverse=True, key=lambda item: item[1].created)
        if ids := query.wanted("groupId"):
            groups = [self._account.groups[id_] for id_ in ids if id_ in self._account.groups]
            return [item for group in groups for item in reversed(group.messages.items())]
        return reversed(self._account.messages.items())


def listing(name: str, shown: dict[str, Any], query: search.Search[T], next_key: str | None) -> Response:
    """Give one page of a list: an object by id, as the vendor does."""
    page = {"startKey": query.start_key, "nextKey": next_key, "limit": query.limit, name: shown}
    return JSONResponse(page)
