"""SOLAPI's group protocol: create, add, review, fire.

Source: solapi/documents, message-api-v4/groups. Thin: what a state allows is said by `groups`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.solapi import bodies, codes, search, shapes
from sandbox.solapi.account import Account
from sandbox.solapi.bodies import Registrar
from sandbox.solapi.delivery import Delivery
from sandbox.solapi.errors import invalid
from sandbox.solapi.groups import Group
from sandbox.solapi.message_routes import FIELDS as MESSAGE_FIELDS
from sandbox.solapi.message_routes import listing
from sandbox.state import State

FIELDS: Final[Mapping[str, Callable[[Group], search.Value]]] = {
    "status": lambda group: group.status,
    "groupId": lambda group: group.id,
    "dateCreated": lambda group: group.created,
    "dateUpdated": lambda group: group.updated,
    "scheduledDate": lambda group: group.scheduled,
    "count.total": lambda group: len(group.messages),
    "count.sentTotal": lambda group: shapes.group(group)["count"]["sentTotal"],
}


class GroupRoutes:
    """The routes under /messages/v4/groups."""

    def __init__(self, state: State, account: Account, delivery: Delivery) -> None:
        self._state = state
        self._account = account
        self._delivery = delivery
        self._registrar = Registrar(state, account)

    def attach(self, routes: APIRouter) -> None:
        """Add the routes."""
        base = "/messages/v4/groups"
        one = base + "/{group_id}"
        for path in (base, base + "/"):
            routes.add_api_route(path, self.create, methods=["POST"])
            routes.add_api_route(path, self.find, methods=["GET"])
        routes.add_api_route(one, self.show, methods=["GET"])
        routes.add_api_route(one, self.delete, methods=["DELETE"])
        routes.add_api_route(one + "/messages", self.add, methods=["PUT"])
        routes.add_api_route(one + "/messages", self.messages, methods=["GET"])
        routes.add_api_route(one + "/messages", self.remove, methods=["DELETE"])
        routes.add_api_route(one + "/send", self.send, methods=["POST"])
        routes.add_api_route(one + "/resend", self.resend, methods=["POST"])
        routes.add_api_route(one + "/schedule", self.schedule, methods=["POST"])
        routes.add_api_route(one + "/schedule", self.unschedule, methods=["DELETE"])

    async def create(self, request: Request) -> Response:
        """Make an empty group."""
        body = await bodies.fields(request)
        return _shown(self._account.create(body, self._state.clock()))

    async def find(self, request: Request) -> Response:
        """List groups, newest first."""
        query = search.read(request.query_params, FIELDS)
        groups = self._account.groups
        found, next_key = query.page((id_, groups[id_]) for id_ in reversed(groups))
        return listing("groupList", {id_: shapes.group(group) for id_, group in found.items()}, query, next_key)

    async def show(self, group_id: str) -> Response:
        """Show a group."""
        return _shown(self._account.group(group_id))

    async def delete(self, group_id: str) -> Response:
        """Delete a group that has sent nothing."""
        group = self._account.group(group_id)
        group.delete(self._state.clock())
        return _shown(group)

    async def add(self, group_id: str, request: Request) -> Response:
        """Register messages in a group."""
        drafts = bodies.messages(await bodies.fields(request))
        group = self._account.group(group_id)
        group.demand_open(len(drafts))
        self._registrar.admit(drafts, request)
        added = self._registrar.register(group, drafts, request)
        errors = sum(message.status != codes.REGISTERED for message in added)
        return JSONResponse({"errorCount": errors, "resultList": [shapes.registered(message) for message in added]})

    async def messages(self, group_id: str, request: Request) -> Response:
        """List a group's messages in the order in which they were added."""
        group = self._account.group(group_id)
        query = search.read(request.query_params, MESSAGE_FIELDS)
        found, next_key = query.page(group.messages.items())
        return listing("messageList", {id_: shapes.stored(each) for id_, each in found.items()}, query, next_key)

    async def remove(self, group_id: str, request: Request) -> Response:
        """Take messages out of a group."""
        ids: Any = (await bodies.fields(request)).get("messageIds")
        if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
            raise invalid("messageIds는 문자열의 배열이어야 합니다.")
        group = self._account.group(group_id)
        removed = {message.id for message in self._account.remove(group, ids, self._state.clock())}
        results = [{"messageId": id_, "resultCode": "Success" if id_ in removed else "ResourceNotFound"} for id_ in ids]
        return JSONResponse({"groupId": group.id, "errorCount": len(ids) - len(removed), "resultList": results})

    async def send(self, group_id: str) -> Response:
        """Fire a group, once."""
        return self._fired(self._account.group(group_id))

    async def resend(self, group_id: str) -> Response:
        """Fire a group that failed, whatever the quota."""
        return self._fired(self._account.group(group_id), again=True)

    async def schedule(self, group_id: str, request: Request) -> Response:
        """Reserve a group."""
        when = bodies.date((await bodies.fields(request)).get("scheduledDate"))
        group = self._account.group(group_id)
        group.schedule(when, self._state.clock())
        self._delivery.fire_at(group)
        return _shown(group)

    async def unschedule(self, group_id: str) -> Response:
        """Cancel a reservation."""
        group = self._account.group(group_id)
        group.unschedule(self._state.clock())
        return _shown(group)

    def _fired(self, group: Group, *, again: bool = False) -> Response:
        self._delivery.fire(group, again=again)
        recipients = [message.draft.to for message in group.messages.values() if message.registered]
        return self._state.withhold("solapi", recipients) or _shown(group)


def _shown(group: Group) -> Response:
    return JSONResponse(shapes.group(group))
