"""Several exchanges at once: all in flight together, each answer in its place, one's silence no other's."""

import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pycurl
import pytest

from tests.workers.transports.servers import (
    NO_NAME,
    Listener,
    Script,
    answering,
    closed_port,
    hang,
    read_request,
    reset,
)
from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.transports import wide
from workers.transports.kept import Kept

Serve = Callable[[Script], Listener]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def request(port: int, name: str = "x") -> HttpRequest:
    url = f"http://127.0.0.1:{port}/{name}"
    return HttpRequest("POST", url, {"X-Request-Id": name}, b"a=1", delivers=True, pooled=False)


def slow(connection: socket.socket) -> None:
    name = read_request(connection).split(b" ", 2)[1].removeprefix(b"/")
    time.sleep(0.3)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))


def deaf(connection: socket.socket) -> None:
    read_request(connection)
    reset(connection)


def test_all_are_in_flight_together_and_answers_stand_as_the_requests_do(serve: Serve) -> None:
    listener, names = serve(slow), [f"n{number}" for number in range(40)]
    begun = time.monotonic()
    answers = wide.send_all([request(listener.port, name) for name in names])
    assert time.monotonic() - begun < 3
    assert [answer.body.decode() for answer in answers if isinstance(answer, Reply)] == names
    assert listener.accepted == len(names)


def test_ones_silence_is_no_others(serve: Serve, quick: float) -> None:
    good, dead, mute = serve(answering(OK)), serve(deaf), serve(hang)
    ports = [good.port, closed_port(), dead.port, mute.port, good.port]
    begun = time.monotonic()
    first, refused, broken, silent, last = wide.send_all([request(port) for port in ports])
    assert time.monotonic() - begun < quick + 1
    assert [first, last] == [Reply(200, {"content-length": "2"}, b"{}")] * 2
    assert refused == Silence(may_have_left=False, code="refused")
    assert broken == Silence(may_have_left=True, code="reset")
    assert silent == Silence(may_have_left=True, code="timeout")


def test_a_host_s_name_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def note(*said: object) -> int:
        asked.append(said)
        return 0

    monkeypatch.setattr(wide, "_SETTINGS", (*wide._SETTINGS, (pycurl.RESOLVER_START_FUNCTION, note)))
    monkeypatch.setattr(wide, "_multis", Kept(pycurl.CurlMulti))
    named = [replace(request(1), url=f"http://{NO_NAME}/") for _ in range(40)]
    assert set(wide.send_all(named)) == {Silence(may_have_left=False, code="dns")}
    assert len(asked) == 1


def test_what_was_broken_off_is_let_go(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    mute, good = serve(hang), serve(answering(OK))

    def broken_off(_: pycurl.CurlMulti) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(wide, "_failures", broken_off)
        patch.setattr("workers.transports.deadline.exchange_seconds", lambda: 0.1)
        with pytest.raises(KeyboardInterrupt):
            wide.send_all([request(mute.port), request(good.port)])
    assert wide.send_all([request(good.port)]) == [Reply(200, {"content-length": "2"}, b"{}")]


def test_nothing_at_all_is_no_exchange() -> None:
    assert wide.send_all([]) == []
