"""Body limit: a body that is too large is refused before it is read or as soon as it shows, and one that stalls.

Mail, images and batches may have 8 MiB, an upload of recipients 1 GiB, everything else 256 KiB.
It must not know who asks or what is in the body.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError, Code, problem

MOST: Final = 256 * 1024
MOST_BY_PATH: Final[Mapping[str, int]] = {
    "/api/services/email/send": 8 * 1024 * 1024,
    "/api/services/solapi/send": 8 * 1024 * 1024,
    "/api/services/batches": 8 * 1024 * 1024,
}
UPLOAD: Final = re.compile(r"/api/services/batches/[^/]+/recipients")
PIECE_SECONDS: Final = 30.0
"""How long the next piece of a body may take: whoever sends nothing holds a connection, not a worker."""
MOST_UPLOADED: Final = 1024 * 1024 * 1024
"""Read while it arrives, never held."""
MOST_RECEIPTS: Final = 8 * 1024 * 1024
"""SOLAPI names no limit for the reports of one call."""


class BodyLimit:
    """Answers 413 to a body over its path's limit."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application to protect."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse by Content-Length, or count what arrives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most, headers = _most(scope["path"]), Headers(scope=scope)
        detail = f"at most {most} bytes here"
        said = headers.get("content-length", "")
        if said.isdecimal() and int(said) > most:
            # What the client still sends would otherwise be read as the next request.
            refusal = ApiError(Code.BODY_TOO_LARGE, detail=detail, headers={"Connection": "close"})
            await problem(refusal, headers)(scope, receive, send)
            return
        arrived, is_whole = 0, False

        async def counted() -> Message:
            nonlocal arrived, is_whole
            if is_whole:
                # What comes now is that the client went away.
                return await receive()
            message = await _in_time(receive)
            is_whole = not message.get("more_body", False)
            arrived += len(message.get("body", b""))
            if arrived > most:
                # FastAPI lets this pass while it reads a body, and turns anything else into a 400.
                raise HTTPException(413, detail, headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)


async def _in_time(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(PIECE_SECONDS):
            return await receive()
    except TimeoutError:
        detail = f"nothing for {PIECE_SECONDS:.0f} s"
        raise HTTPException(408, detail, headers={"Connection": "close"}) from None


def _most(path: str) -> int:
    if UPLOAD.fullmatch(path):
        return MOST_UPLOADED
    return MOST_RECEIPTS if path.startswith("/api/receipts/") else MOST_BY_PATH.get(path, MOST)
