"""HTTP exchanges with providers: over `requests` on kept connections, over `transports.wide` on fresh ones.

One request, one answer, one total time: no redirects, no retries, no cookies, nothing from the environment. What
may have left is known exactly, since the connection says when the first byte is about to go. It must not know
any provider, and no exception leaves it.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.transports import wide
from workers.transports.deadline import CONNECT, Deadline, exchange_seconds, watch
from workers.transports.kept import Kept
from workers.transports.silence import silence
from workers.transports.wide import LARGEST


class _Watched(HTTPConnection):
    """Puts its socket under the deadline, before it sends and before it waits."""

    @override
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        watch(self.sock)
        super().send(data)

    @override
    def getresponse(self) -> Any:
        watch(self.sock)
        return super().getresponse()


class _WatchedTls(_Watched, HTTPSConnection):
    """The same, encrypted."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    """Lets `requests` use the watched connections."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def send(request: HttpRequest) -> Reply | Silence:
    """Make one exchange, at most once and within `exchange_seconds()`.

    Until the connection stands (refused, name not resolved, connect time-out, TLS handshake) certainly nothing
    has left; anything later may have, a stale kept connection included.
    """
    if not request.pooled:
        return wide.send_all((request,))[0]
    with Deadline() as deadline:
        try:
            return _exchange(_sessions.get(), request, deadline)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return silence(error, deadline, may_have_left=deadline.begun)


def _exchange(session: requests.Session, request: HttpRequest, deadline: Deadline) -> Reply | Silence:
    prepared = session.prepare_request(
        requests.Request(request.method, request.url, headers=dict(request.headers), data=request.body or None)
    )
    timeout = (CONNECT, exchange_seconds())
    with session.send(prepared, stream=True, allow_redirects=False, timeout=timeout) as response:
        body = response.raw.read(LARGEST + 1, decode_content=True)
        if deadline.expired:
            # Without a declared length, the cut looks like the end of the answer.
            return Silence(may_have_left=True, code="timeout")
        if len(body) > LARGEST:
            return Silence(may_have_left=True, code="oversized")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body)


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    # A kept session serves many customers' credentials: no provider's cookie may travel between them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = "alrim"
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


_sessions: Final = Kept(_new_session)
