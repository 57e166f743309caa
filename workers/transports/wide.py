"""Several HTTP exchanges with a provider at once, each on a connection of its own, over libcurl.

For channels that cannot be asked what became of a message: a kept connection that went stale would look like a
message that may have left. One thread waits for all answers; threads that take turns cost more than the exchanges do.
One request, one answer, one total time: no redirects, no retries, no cookies, nothing from the environment. It must
not know any provider, and no exception leaves it.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import certifi
import pycurl

from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.transports import deadline
from workers.transports.kept import Kept

LARGEST: Final = 1 << 20
"""Bytes of an answer; no provider sends more, and a worker's memory is bounded."""
WAITS: Final = 1.0
"""Seconds until it is looked again, if nothing happens meanwhile."""

WORDS: Final = {
    pycurl.E_URL_MALFORMAT: "unencodable",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "refused",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CACERT: "tls",
    pycurl.E_FILESIZE_EXCEEDED: "oversized",
}
"""Why no answer came, by libcurl's own numbers; `broken` if none fits."""

_SETTINGS: Final = (
    # A connection of its own, in the protocol that has one answer after the other.
    (pycurl.FRESH_CONNECT, 1),
    (pycurl.FORBID_REUSE, 1),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.PROXY, ""),
    (pycurl.USERAGENT, "alrim"),
    (pycurl.CAINFO, certifi.where()),
    (pycurl.MAXFILESIZE, LARGEST),
    # Other threads of this process want their signals.
    (pycurl.NOSIGNAL, 1),
)

_multis: Final = Kept(pycurl.CurlMulti)
"""Kept for what it remembers: names that were resolved, certificates of authorities, sessions of TLS."""


def send_all(requests: Sequence[HttpRequest]) -> list[Reply | Silence]:
    """Make every exchange at most once, all of them within `exchange_seconds()`; the answers stand as the requests do.

    Until a connection stands (refused, name not resolved, connect time-out, TLS handshake) certainly nothing of its
    request has left; anything later may have.
    """
    ends = time.monotonic() + deadline.exchange_seconds()
    multi, exchanges = _multis.get(), [_Exchange(each) for each in requests]
    ready = [each for each in exchanges if each.is_ready]
    try:
        # The first goes ahead until its host's name is resolved, so that the others do not all ask for it.
        for each in ready[:1]:
            each.start(multi, ends)
            _carry(multi, each.has_name)
        for each in ready[1:]:
            each.start(multi, ends)
        _carry(multi, lambda: False)
        failures = _failures(multi)
        return [each.answer(failures.get(each.curl)) for each in exchanges]
    finally:
        for each in exchanges:
            each.close(multi)


def _carry(multi: pycurl.CurlMulti, until: Callable[[], bool]) -> None:
    """Move everything that was started on, until nothing is left or `until` holds."""
    while multi.perform()[1] and not until():
        # Waits by select(), for descriptors below 1,024; the largest wave is one of 200.
        within = multi.timeout() / 1000
        multi.select(WAITS if within < 0 else min(within, WAITS))


def _failures(multi: pycurl.CurlMulti) -> dict[pycurl.Curl, int]:
    """Those that have no answer, each with libcurl's number for why."""
    failures: dict[pycurl.Curl, int] = {}
    left = 1
    while left:
        left, _, failed = multi.info_read()
        failures |= {curl: number for curl, number, _ in failed}
    return failures


class _Exchange:
    """One request and what has come of it so far."""

    def __init__(self, request: HttpRequest) -> None:
        self.curl = pycurl.Curl()
        self._stands = False
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        try:
            self._write(request)
            self.is_ready = True
        except ValueError:
            self.is_ready = False

    def _write(self, request: HttpRequest) -> None:
        lines = [f"{name}: {value}" for name, value in request.headers.items()]
        if any(not line.isprintable() for line in lines):
            raise ValueError("a header has more than one line")
        settings = (
            *_SETTINGS,
            (pycurl.URL, request.url),
            (pycurl.HTTPHEADER, [*lines, "Expect:"]),
            (pycurl.PREREQFUNCTION, self._connected),
            (pycurl.HEADERFUNCTION, self._hear),
            (pycurl.WRITEFUNCTION, self._body.extend),
        )
        for option, value in settings:
            self.curl.setopt(option, value)
        if request.body:
            self.curl.setopt(pycurl.POSTFIELDS, request.body)
        self.curl.setopt(pycurl.CUSTOMREQUEST, request.method)

    def start(self, multi: pycurl.CurlMulti, ends: float) -> None:
        """Get on the way, to be there before the monotonic moment `ends`."""
        left = max(ends - time.monotonic(), 0.001)
        self.curl.setopt(pycurl.TIMEOUT_MS, round(left * 1000))
        self.curl.setopt(pycurl.CONNECTTIMEOUT_MS, round(min(left, deadline.CONNECT) * 1000))
        multi.add_handle(self.curl)

    def has_name(self) -> bool:
        """Whether its host's name is resolved."""
        return bool(self.curl.getinfo(pycurl.NAMELOOKUP_TIME))

    def answer(self, failure: int | None) -> Reply | Silence:
        """What came of it; `failure` is libcurl's number for why nothing did."""
        if not self.is_ready:
            return Silence(may_have_left=False, code="unencodable")
        if failure is not None:
            return Silence(may_have_left=self._stands, code=WORDS.get(failure, "broken"))
        return Reply(self.curl.getinfo(pycurl.RESPONSE_CODE), self._headers, bytes(self._body))

    def close(self, multi: pycurl.CurlMulti) -> None:
        """Let go of everything, whether it came to an end or not."""
        if self.curl.multi() is not None:
            multi.remove_handle(self.curl)
        self.curl.close()

    def _connected(self, *_addresses: object) -> int:
        # Called once the connection stands, TLS included, and before the first byte of the request.
        self._stands = True
        return int(pycurl.PREREQFUNC_OK)

    def _hear(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            # What came before was only announced (1xx).
            self._headers.clear()
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            self._headers[name.strip().lower()] = value.strip()
