"""Swagger UI at `/docs`, with every file of it served from here.

FastAPI's own page fetches its script and style from a public CDN, which a closed network cannot reach and which then
runs with whatever key is typed in. The files come with the package `fastapi-offline`; of that package nothing else is
used. It knows the tags, in the order in which a newcomer needs them, and nothing of their routes.
"""

import base64
import re
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse

from api.errors import ApiError, Code

PACKAGE: Final = "fastapi_offline"
ASSETS: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
PREFIX: Final = "/docs-assets"
ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32'"
    " rx='9' fill='%23fee500'/%3E%3Cpath d='M16 6a7 7 0 0 0-7 7v5l-2 4h18l-2-4v-5a7 7 0 0 0-7-7zm-3 18a3 3 0 0 0 6 0z'"
    " fill='%23191919'/%3E%3C/svg%3E"
)

TAGS: Final = {
    "auth": "Accounts: register, log in, stay logged in.",
    "user": "One's own account.",
    "apikeys": "Keys with which applications sign, and the networks that they may be used from.",
    "connections": "Provider accounts of one's own, through which one's messages leave.",
    "services": "Send: what is answered 202 is stored and will be sent.",
    "batches": "One message to many: up to 10,000 recipients in a body, up to 1,000,000 in an upload.",
    "notifications": "Look: where each notification is, and every attempt to send it.",
    "receipts": "Where providers report delivery.",
    "health": "For supervisors and load balancers.",
    "index": "What runs here.",
}


def install(app: FastAPI) -> None:
    """Serve the page and its files; the application must have been made with `docs_url=None`.

    Raises:
        RuntimeError: the package with the files is not installed.
    """
    folder = _folder()
    app.openapi_tags = [{"name": name, "description": description} for name, description in TAGS.items()]

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        page = get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=f"{app.title} API",
            swagger_js_url=f"{root}{PREFIX}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{PREFIX}/swagger-ui.css",
            swagger_favicon_url=ICON,
        )
        page.headers["Content-Security-Policy"] = _policy(bytes(page.body))
        return page

    @app.get(PREFIX + "/{name}", include_in_schema=False)
    async def asset(name: str) -> FileResponse:
        if name not in ASSETS:
            raise ApiError(Code.ROUTE_NOT_FOUND)
        return FileResponse(folder / name, media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})


def _policy(page: bytes) -> str:
    """Let the page run its own one script and files of this host, and nothing else."""
    inline = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(sha256(each).digest()).decode()}'" for each in inline)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _folder() -> Path:
    """Find the files without importing the package, whose code is not needed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{PACKAGE} is not installed")
    return Path(spec.origin).parent / "static"
