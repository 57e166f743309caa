"""Trusted hosts: a request must name a host of this installation, or it is refused.

Load balancers ask for health by address, and whoever reads the numbers does, so those paths are excepted.
"""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import ApiError, Code, problem

EXCEPTED: Final = frozenset({"/health", "/ready", "/metrics"})


class TrustedHosts:
    """Refuses requests whose Host header is none of ours; `*.example.com` stands for all below it, `*` for all."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        """Take the host names, without ports; an IPv6 address in brackets."""
        self._app = app
        self._all = "*" in hosts
        self._exact = frozenset(host.lower() for host in hosts if not host.startswith("*"))
        self._endings = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass."""
        if scope["type"] != "http" or scope["path"] in EXCEPTED or self._trusts(scope):
            await self._app(scope, receive, send)
            return
        detail = "Host: add it to ALRIM_TRUSTED_HOSTS if it is one of yours"
        answer = problem(ApiError(Code.UNTRUSTED_HOST, detail=detail), Headers(scope=scope))
        await answer(scope, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        if self._all:
            return True
        found = [value for name, value in scope["headers"] if name == b"host"]
        if len(found) != 1:
            return False
        host = _without_port(found[0].decode("latin-1").lower())
        return host in self._exact or host.endswith(self._endings)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and (":" not in name or name.endswith("]")) else host
