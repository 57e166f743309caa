"""The inbox page: what a person sees of everything that the sandbox received.

Plain files without a build step, served from a closed list under a strict Content-Security-Policy. The page reads
`/inbox.json` and `/inbox/events` like any other client; this module must not know what is in the inbox.
"""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from sandbox.state import State

STATIC: Final = Path(__file__).parent / "static"

MEDIA_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

HEADERS: Final = {
    # A mail is shown in a frame without any permission, but its document inherits this policy: hence inline styles,
    # without which no HTML mail looks like itself. Pictures from elsewhere stay unfetched, as in a mail program.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def _serve(name: str) -> FileResponse:
    path = STATIC / name
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=HEADERS)


def router(_state: State) -> APIRouter:
    """Return the routes of the page, for mounting at `/`."""
    routes = APIRouter()
    files = {path.name for path in STATIC.iterdir() if path.suffix in MEDIA_TYPES}

    @routes.get("/")
    def index() -> FileResponse:
        return _serve("index.html")

    @routes.get("/page/{name}")
    def file(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404)
        return _serve(name)

    return routes
