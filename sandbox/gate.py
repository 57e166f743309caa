"""Faults that strike before a request is looked at: reset, latency, throttle and a bare status.

One ASGI middleware before every imitated provider, so that no provider has to think of them. What an
answer looks like in a vendor's own words stands in one small table; the gate must know nothing else of a
vendor.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import Fault, Kind
from sandbox.silence import NoAnswer
from sandbox.state import State

CHANNELS: Final = {"/solapi/": "solapi", "/kakao/": "kakao", "/google/": "google", "/aws/": "ses"}
LATENCY: Final = 2.0
RETRY_AFTER: Final = 1.0

_SOLAPI_CODES: Final = {402: "NotEnoughBalance", 403: "Forbidden", 404: "ResourceNotFound", 429: "TooManyRequests"}
_KAKAO_CODES: Final = {401: -401, 429: -10, 503: -9798}
_GOOGLE_ERRORS: Final = {429: "rate_limit_exceeded"}


def _solapi(status: int) -> dict[str, Any]:
    return {"errorCode": _SOLAPI_CODES.get(status, "InternalError"), "errorMessage": "샌드박스가 만든 오류입니다."}


def _kakao(status: int) -> dict[str, Any]:
    return {"code": _KAKAO_CODES.get(status, -1), "msg": "a fault of the sandbox"}


def _google(status: int) -> dict[str, Any]:
    return {"error": _GOOGLE_ERRORS.get(status, "internal_failure"), "error_description": "a fault of the sandbox"}


def _ses(_: int) -> dict[str, Any]:
    return {"message": "a fault of the sandbox"}


BODIES: Final[Mapping[str, Callable[[int], dict[str, Any]]]] = {
    "solapi": _solapi,
    "kakao": _kakao,
    "google": _google,
    "ses": _ses,
}
_AMAZON_ERROR: Final = {429: "TooManyRequestsException"}


def refusal(channel: str, status: int, retry_after: float | None = None) -> Response:
    """Give a vendor's answer with this status, with `Retry-After` in whole seconds if asked."""
    headers = {} if retry_after is None else {"Retry-After": str(math.ceil(retry_after))}
    if channel == "ses":
        headers["x-amzn-ErrorType"] = _AMAZON_ERROR.get(status, "InternalServiceErrorException")
    return JSONResponse(BODIES[channel](status), status_code=status, headers=headers)


class Gate:
    """The middleware; a path that belongs to no provider passes untouched."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, late if so drawn, or answer in its place."""
        channel = next((name for prefix, name in CHANNELS.items() if scope.get("path", "").startswith(prefix)), None)
        struck = None if channel is None else await self._strike(channel)
        await (struck or self._app)(scope, receive, send)

    async def _strike(self, channel: str) -> Response | None:
        draw = self._state.faults.draw
        if draw(channel, Kind.RESET_BEFORE):
            return NoAnswer(reset=True)
        if slow := draw(channel, Kind.LATENCY):
            await asyncio.sleep(_seconds(slow, LATENCY))
        if throttled := draw(channel, Kind.THROTTLE):
            return refusal(channel, 429, _seconds(throttled, RETRY_AFTER))
        if failed := draw(channel, Kind.STATUS):
            return refusal(channel, failed.status)
        return None


def _seconds(fault: Fault, default: float) -> float:
    return default if fault.seconds is None else fault.seconds
