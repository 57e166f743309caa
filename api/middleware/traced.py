"""Traced: a span for each request, under the caller's if he says one. Added only where requests are traced."""

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config import tracing


class Traced:
    """Traces what is within: method, route as it is declared, and status; no path, query or address."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application to trace."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = {name: value for name, value in Headers(scope=scope).items() if name == tracing.HEADER}
        with tracing.span("request", SpanKind.SERVER, {}, said) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, noted)
            route = getattr(scope.get("route"), "path", "")
            if route:
                span.update_name(f"{scope['method']} {route}")
                span.set_attributes({"http.request.method": scope["method"], "http.route": route})
