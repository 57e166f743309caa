"""A vendor's refusal as an exception that carries its own answer.

Each imitated provider raises these with its own status and body from wherever it notices, and its routes turn
them into the response. It must know no provider's format.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from typing_extensions import override


class VendorError(Exception):
    """The answer to a refused request; its text is only the vendor's code."""

    def __init__(
        self, status: int, code: str | int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(str(code))
        self.status = status
        self.code = code
        self.body = body
        self.headers = headers

    def answer(self) -> Response:
        """Build the response."""
        return JSONResponse(dict(self.body), self.status, dict(self.headers or {}))


class VendorRoute(APIRoute):
    """A route that answers a VendorError with its body."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's own function."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await inner(request)
            except VendorError as refusal:
                return refusal.answer()

        return answer
