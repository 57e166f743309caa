"""Kakao's message API: to oneself, to friends, the friends list and who one is.

A friend is refused alone while the others get theirs, in a 200 answer; there is no message id and nothing to ask
afterwards, exactly as with Kakao. It must not know how tokens are issued or templates validated.
"""

import logging
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox import kakao_requests, kakao_tokens, kakao_users, limits
from sandbox.inbox import Entry
from sandbox.kakao_quota import Quota
from sandbox.kakao_requests import Content, Form, refuse
from sandbox.state import State
from sandbox.vendor_error import VendorRoute

CHANNEL: Final = "kakao"
SELF: Final = "me"
RECEIVERS_PER_CALL: Final = 5

_FRIEND: Final = re.compile(r"friend-([1-5]|\d*000[234])")
"""The five friends, and those whose last digits ask for a fault."""

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]
Reader = Callable[[Form], Content]


def router(state: State) -> APIRouter:
    """Return the API's routes, for mounting under `/kakao/api`."""
    routes = APIRouter(route_class=VendorRoute)
    talk = _Talk(state, Quota(limits.read(os.environ).kakao))
    for ending, read in kakao_requests.READERS.items():
        routes.add_api_route(f"/v2/api/talk/memo/{ending}", talk.memo(read), methods=["POST"])
        routes.add_api_route(f"/v1/api/talk/friends/message/{ending}", talk.friends(read), methods=["POST"])
    kakao_users.add_to(routes, state)
    return routes


class _Talk:
    """KakaoTalk of whoever consented."""

    def __init__(self, state: State, quota: Quota) -> None:
        self._state = state
        self._quota = quota

    def memo(self, read: Reader) -> Endpoint:
        """Make the endpoint that sends to oneself; the text's last digits may ask for a fault."""

        async def send(request: Request) -> Response:
            form, sender, nid = await self._open(request)
            content = read(form)
            self._throttle([content.text], nid)
            if self._state.faults.rejects(CHANNEL, content.text):
                raise refuse(-501)
            code = self._quota.take(sender, None, self._state.clock())
            if code is not None:
                raise refuse(code)
            self._deliver(SELF, content, nid)
            return self._state.withhold(CHANNEL, [content.text]) or JSONResponse({"result_code": 0})

        return send

    def friends(self, read: Reader) -> Endpoint:
        """Make the endpoint that sends to friends."""

        async def send(request: Request) -> Response:
            form, sender, nid = await self._open(request)
            content = read(form)
            receivers = _receivers(form)
            self._throttle(receivers, nid)
            failed = {uuid: code for uuid in receivers if (code := self._refusal(sender, uuid)) is not None}
            reached = [uuid for uuid in receivers if uuid not in failed]
            if not reached:
                raise refuse(code := next(iter(failed.values())), _words(code))
            for uuid in reached:
                self._deliver(uuid, content, nid)
            return self._state.withhold(CHANNEL, reached) or JSONResponse(_result(reached, failed))

        return send

    async def _open(self, request: Request) -> tuple[Form, str, str | None]:
        """The form, who sends, and the notification id."""
        grant = kakao_requests.authorize(request, self._state.clock(), "talk_message")
        sender = str(kakao_tokens.user_id(grant.person))
        return await kakao_requests.form_of(request), sender, request.headers.get("x-request-id")

    def _throttle(self, recipients: list[str], nid: str | None) -> None:
        if self._state.faults.throttles(CHANNEL, [(to, nid or to) for to in recipients]):
            raise refuse(-10)

    def _refusal(self, sender: str, uuid: str) -> int | None:
        if not _FRIEND.fullmatch(uuid):
            return -2
        if self._state.faults.rejects(CHANNEL, uuid):
            return -530
        return self._quota.take(sender, uuid, self._state.clock())

    def _deliver(self, to: str, content: Content, nid: str | None) -> None:
        self._state.inbox.add(
            Entry(
                channel=CHANNEL,
                type=content.type,
                to=to,
                from_=SELF,
                subject=None,
                text=content.text,
                provider_id="",  # Kakao gives none
                notification_id=nid,
                received_at=self._state.clock(),
                extra=dict(content.extra),
            )
        )
        _log.info("kakao accepted %s", nid)


def _words(code: int) -> str:
    return "receiver_uuids holds no friend" if code == -2 else kakao_requests.message_of(code)  # noqa: PLR2004 -- Kakao's code of a bad parameter


def _receivers(form: Form) -> list[str]:
    receivers = kakao_requests.field_json(form, "receiver_uuids")
    if not isinstance(receivers, list) or not all(isinstance(uuid, str) for uuid in receivers):
        raise refuse(-2, "receiver_uuids must be an array of strings")
    if not 1 <= len(receivers) <= RECEIVERS_PER_CALL or len(set(receivers)) < len(receivers):
        raise refuse(-2, "receiver_uuids must be 1 to 5 different friends")
    return receivers


def _result(reached: list[str], failed: Mapping[str, int]) -> dict[str, Any]:
    by_code: dict[int, list[str]] = {}
    for uuid, code in failed.items():
        by_code.setdefault(code, []).append(uuid)
    failures = [{"code": code, "msg": _words(code), "receiver_uuids": uuids} for code, uuids in by_code.items()]
    return {"successful_receiver_uuids": reached, **({"failure_info": failures} if failures else {})}
