import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from deploy.local import readiness
from deploy.local.readiness import Ports, Waiting, banner


class Answering(HTTPServer):
    """Answers every request with the status that its path says."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if isinstance(self.server, Answering):
            self.server.asked += 1
        self.send_response(int(self.path.removeprefix("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Handler) as answering:
        thread = threading.Thread(target=answering.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield answering
        answering.shutdown()
        thread.join()


@pytest.mark.flow
def test_it_is_over_when_every_part_has_answered_well(server: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "EVERY_SECONDS", 0.0)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    here, said = f"http://127.0.0.1:{server.server_port}", list[str]()
    probes = {"API": f"{here}/200", "Flower": f"{here}/503"}
    waiting = Waiting(probes, said.append)
    assert not waiting.over()
    assert not waiting.over()
    assert said == ["API is ready"]
    assert server.asked == 3
    assert Waiting({"API": f"{here}/200"}, said.append).over()


@pytest.mark.flow
def test_a_part_that_does_not_listen_yet_is_waited_for(server: Answering) -> None:
    server.server_close()
    assert not Waiting({"API": f"http://127.0.0.1:{server.server_port}/200"}, list[str]().append).over()


@pytest.mark.flow
def test_parts_are_not_asked_more_often_than_a_few_times_a_second(server: Answering) -> None:
    waiting = Waiting({"API": f"http://127.0.0.1:{server.server_port}/503"}, list[str]().append)
    assert [waiting.over() for _ in range(50)] == [False] * 50
    assert server.asked < 5


def test_the_banner_says_where_everything_is() -> None:
    places = Ports(8001, 5556, 8026, 1026)
    text = banner(places, Path("/srv/var"), 4.21, "ALRIM_API_PORT=8001 ")
    for part in ("ready after 4.2 s", "http://127.0.0.1:8001/docs", "127.0.0.1:5556", ":8026", ":1026", "/srv/var"):
        assert part in text
    assert "  ALRIM_API_PORT=8001 make demo\n" in text
    assert """-d '{"email": "me@example.com", "pw": "change-me-soon"}'""" in text
    assert places.probes() == {
        "API": "http://127.0.0.1:8001/health",
        "Flower": "http://127.0.0.1:5556/healthcheck",
        "sandbox": "http://127.0.0.1:8026/inbox.json",
    }
