"""Request log: one event a request, and the last resort for what nobody expected.

It gives every request an id, the caller's or a new one, that all of its events carry and the answer echoes. The
event holds who asked, masked, and a refusal's code; no query string (signatures live there), no body and no address
in full. Of an unexpected error it holds the class and the places it came through, never its text, which can quote a
value.

The same event, without the class and the places, is shipped to be searched by the account that asked.
"""

import re
import time
import traceback
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api import metrics
from api.errors import ApiError, Code, problem
from api.security.caller import address_of
from api.security.networks import mask
from config.log_vocabulary import LogEvent
from workers.publish import note

log = structlog.get_logger()

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
SECRET_PATH: Final = re.compile(r"^(/api/receipts/[^/]+/).+")
MOST_METHOD: Final = 16
MOST_PATH: Final = 200
MOST_PLACES: Final = 12


class RequestLog:
    """Logs `request.served`, and answers 500 where the application only raised."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application to log."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and log one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, began, status = Headers(scope=scope), time.perf_counter(), 0
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        with bound_contextvars(request_id=request_id):
            failure: dict[str, Any] = {}
            try:
                await self._app(scope, receive, noted)
            except Exception as error:  # noqa: BLE001 - the last resort: recorded, answered, and nothing of it shown
                failure = {"error": type(error).__name__, "places": _places(error)}
                if status == 0:
                    await problem(ApiError(Code.UNEXPECTED), headers)(scope, receive, noted)
            report = log.error if failure else log.info
            seconds = time.perf_counter() - began
            metrics.served(scope, status, seconds)
            detail = {**_facts(scope), "status": status, "ms": round(seconds * 1000, 2)}
            report("request.served", **detail, account=_account(scope), **failure)
            note(LogEvent.REQUEST_SERVED, detail, scope["state"].get("account_id"), request_id)


def mask_email(email: str) -> str:
    """Shorten an e-mail address for logs: `a***@example.com`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}***@{domain}"


def _request_id(headers: Headers) -> str:
    said = headers.get("x-request-id", "")
    return said if REQUEST_ID.fullmatch(said) else token_hex(16)


def _facts(scope: Scope) -> Mapping[str, Any]:
    return {
        "method": scope["method"][:MOST_METHOD],
        "path": SECRET_PATH.sub(r"\1***", scope["path"])[:MOST_PATH],
        "client": mask(address_of(scope)),
        "code": scope["state"].get("code"),
    }


def _account(scope: Scope) -> str | None:
    email = scope["state"].get("email")
    return mask_email(email) if email else None


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-MOST_PLACES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
