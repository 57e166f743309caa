"""Hardening: what browsers must not do with answers, and what is left of a caller's requests.

Answers are data for one caller: never sniffed, framed, cached or named to others. A route may say otherwise of its
own answer (`/docs` has a policy of its own).
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.security.quota import headers_of
from config.settings import Api, settings

ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
UNLESS_SAID: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
)
ENCRYPTED_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Hardening:
    """Adds the headers of OWASP's REST sheet, and `RateLimit-*` where there is a limit."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application to protect."""
        self._app = app
        is_https = settings(Api).url("").startswith("https://")
        self._always = (*ALWAYS, ENCRYPTED_ONLY) if is_https else ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                said = {name for name, _ in headers}
                added = [header for header in UNLESS_SAID if header[0] not in said]
                room = scope.get("state", {}).get("room")
                if room is not None:
                    added += [(name.lower().encode(), value.encode()) for name, value in headers_of(room).items()]
                message["headers"] = [*headers, *self._always, *added]
            await send(message)

        await self._app(scope, receive, hardened)
