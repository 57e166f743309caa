import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.workers.transports.servers import (
    NO_NAME,
    Listener,
    Script,
    answering,
    closed_port,
    drip,
    hang,
    read_request,
    reset,
    tls,
)
from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.transports import http, wide
from workers.transports.kept import Kept

Serve = Callable[[Script], Listener]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\n{}"


def request(port: int, *, pooled: bool = False, scheme: str = "http", method: str = "POST") -> HttpRequest:
    url = f"{scheme}://127.0.0.1:{port}/path?q=1"
    return HttpRequest(method, url, {"X-Request-Id": "id-1"}, b"a=1" if method == "POST" else b"", True, pooled)  # noqa: FBT003 - the order of the fields


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    kept = Kept(http._new_session)
    monkeypatch.setattr(http, "_sessions", kept)
    yield
    kept.get().close()


def lost(code: str) -> Silence:
    return Silence(may_have_left=True, code=code)


def never_left(code: str) -> Silence:
    return Silence(may_have_left=False, code=code)


def then(action: Script) -> Script:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        action(connection)

    return script


def saying(start: bytes, action: Script) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        action(connection)

    return then(script)


def test_an_answer_that_is_announced_is_not_the_answer(serve: Serve) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
    answer = http.send(request(serve(answering(early + OK)).port))
    assert answer == Reply(200, {"content-length": "2", "x-one": "1"}, b"{}")


@pytest.mark.parametrize("status", [200, 400, 429, 503])
def test_any_status_is_an_answer(serve: Serve, status: int) -> None:
    seen: list[bytes] = []
    listener = serve(answering(OK.replace(b"200", b"%d" % status), seen))
    assert http.send(request(listener.port)) == Reply(status, {"content-length": "2", "x-one": "1"}, b"{}")
    [wire] = seen
    assert wire.startswith(b"POST /path?q=1 HTTP/1.1\r\n")
    assert b"\r\nX-Request-Id: id-1\r\n" in wire
    assert wire.endswith(b"\r\n\r\na=1")


def test_a_redirect_is_an_answer_not_a_way(serve: Serve) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    listener = serve(answering(moved))
    answer = http.send(request(listener.port))
    assert isinstance(answer, Reply)
    assert (answer.status, answer.headers["location"], listener.accepted) == (302, "/elsewhere", 1)


def test_what_certainly_did_not_leave(serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert http.send(request(closed_port())) == never_left("refused")
    untrusted = serve(lambda connection: tls(certificate).wrap_socket(connection, server_side=True).close())
    assert http.send(request(untrusted.port, scheme="https")) == never_left("tls")
    monkeypatch.setattr("workers.transports.deadline.CONNECT", 0.2)
    assert http.send(request(serve(hang).port, scheme="https")) == never_left("timeout")
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = full.getsockname()[1]
    with full, socket.create_connection(("127.0.0.1", port)):
        # The backlog is full: the next handshake gets no answer.
        assert http.send(request(port)) == never_left("timeout")


# libcurl does not ask by way of Python.
@pytest.mark.parametrize(("host", "pooled"), [("provider.example", True), (NO_NAME, False)])
def test_a_name_that_does_not_resolve_did_not_leave(monkeypatch: pytest.MonkeyPatch, host: str, pooled: bool) -> None:  # noqa: FBT001 - a parameter of the table
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    nowhere = HttpRequest("GET", f"http://{host}/", {}, b"", delivers=True, pooled=pooled)
    assert http.send(nowhere) == never_left("dns")


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("value", ["가", "one\r\nX-B: another"])
def test_headers_that_can_not_be_written_did_not_leave(serve: Serve, value: str, pooled: bool) -> None:  # noqa: FBT001 - a parameter of the table
    listener = serve(answering(OK))
    url = f"http://127.0.0.1:{listener.port}/"
    wrong = HttpRequest("POST", url, {"X-A": value}, b"", delivers=True, pooled=pooled)
    assert http.send(wrong) == never_left("unencodable" if value == "가" or not pooled else "broken")
    assert listener.accepted == 0


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (reset, "reset"),
        (lambda connection: connection.close(), "reset"),
        (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"), "broken"),
        (lambda connection: connection.sendall(b"what\r\n\r\n"), "broken"),
    ],
)
@pytest.mark.parametrize("pooled", [True, False])
def test_what_may_have_left(serve: Serve, action: Script, code: str, pooled: bool) -> None:  # noqa: FBT001 - a parameter of the table
    listener = serve(then(action))
    assert http.send(request(listener.port, pooled=pooled)) == lost(code)
    assert listener.accepted == 1


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "script",
    [
        then(hang),
        saying(HEAD + b"X-A: ", drip),
        saying(HEAD + b"Content-Length: 100000\r\n\r\n", drip),
        saying(HEAD + b"\r\n", drip),
        saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", lambda connection: drip(connection, b"1\r\nx\r\n")),
    ],
    ids=["nothing", "drips a header", "drips a body", "drips without end", "drips chunks"],
)
def test_the_whole_exchange_has_one_deadline(serve: Serve, quick: float, script: Script) -> None:
    begun = time.monotonic()
    assert http.send(request(serve(script).port)) == lost("timeout")
    assert quick - 0.1 < time.monotonic() - begun < quick + 1


def test_an_answer_has_a_largest_size(serve: Serve) -> None:
    largest = b"x" * wide.LARGEST
    whole = serve(answering(HEAD + b"Content-Length: %d\r\n\r\n" % len(largest) + largest))
    assert http.send(request(whole.port)) == Reply(200, {"content-length": str(len(largest))}, largest)
    declared = HEAD + b"Content-Length: %d\r\n\r\n" % (len(largest) + 1)
    for head in (declared, HEAD + b"\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(largest) * 4)):
        endless = serve(saying(head + largest * 4, lambda connection: connection.close()))
        assert http.send(request(endless.port)) == lost("oversized")


def test_an_answer_that_is_small_only_until_it_is_unpacked_is_too_large(serve: Serve) -> None:
    bomb = gzip.compress(b"x" * wide.LARGEST * 8)
    packed = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    assert http.send(request(serve(answering(packed)).port, pooled=True)) == lost("oversized")
    # On a fresh connection nobody asks for packed answers, and nothing is unpacked.
    seen: list[bytes] = []
    answer = http.send(request(serve(answering(packed, seen)).port))
    assert isinstance(answer, Reply)
    assert answer.body == bomb
    assert b"accept-encoding" not in seen[0].lower()


def test_a_pooled_request_reuses_its_connection_and_no_cookie(serve: Serve) -> None:
    seen: list[bytes] = []
    listener = serve(answering(OK.replace(b"X-One: 1", b"Set-Cookie: who=first"), seen))
    for _ in range(3):
        assert isinstance(http.send(request(listener.port, pooled=True)), Reply)
    assert listener.accepted == 1
    assert not any(b"cookie" in wire.lower() for wire in seen)


def test_each_thread_keeps_its_own_connection(serve: Serve) -> None:
    listener = serve(answering(OK))

    def twice() -> None:
        for _ in range(2):
            http.send(request(listener.port, pooled=True))
        http._sessions.get().close()

    threads = [threading.Thread(target=twice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert listener.accepted == 2


def test_other_requests_open_a_fresh_connection(serve: Serve) -> None:
    listener = serve(answering(OK))
    for _ in range(3):
        http.send(request(listener.port))
    assert listener.accepted == 3


def test_a_kept_connection_gone_stale_may_have_taken_the_request(serve: Serve) -> None:
    gone = threading.Event()

    def once(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)
        read_request(connection)
        gone.set()
        reset(connection)

    listener = serve(once)
    assert isinstance(http.send(request(listener.port, pooled=True)), Reply)
    assert http.send(request(listener.port, pooled=True)) == lost("reset")
    assert gone.is_set()
    assert listener.accepted == 1


def test_the_environment_changes_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[bytes] = []
    listener = serve(answering(OK, seen))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", os.fspath(netrc))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert isinstance(http.send(request(listener.port, method="GET")), Reply)
    assert b"authorization" not in seen[0].lower()
