import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import pytest

from config.settings import SettingsError, settings
from tests.servers.process import free_port
from workers.health import METRICS, SOCKET_PATH_BYTES, Address, Page, Pages, address, ask, listen, main

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.flow


Health = Callable[[], Page]
TOKEN = "a token of the tests"


def well() -> Page:
    return Page.json(HTTPStatus.OK, {"status": "ok"})


def deaf() -> Page:
    return Page.json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "deaf"})


def pages(health: Health = well) -> Pages:
    return {"/health": health, METRICS: lambda: Page.text(b"alrim_up 1\n")}


@contextmanager
def serving(where: Address, health: Health = well) -> Iterator[None]:
    server = listen(where, pages(health))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("ALRIM_VAR", str(tmp_path))
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


@pytest.mark.usefixtures("say")
def test_a_socket_under_the_state_directory_by_default(tmp_path: Path) -> None:
    assert address("worker_bulk") == tmp_path / "health.worker_bulk.sock"


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("unix:/run/alrim/w.sock", Path("/run/alrim/w.sock")),
        ("127.0.0.1:9101", ("127.0.0.1", 9101)),
        ("localhost:9101", ("127.0.0.1", 9101)),
    ],
)
def test_where_it_listens(say: pytest.MonkeyPatch, said: str, where: Address) -> None:
    say.setenv("ALRIM_HEALTH_LISTEN", said)
    assert address("worker") == where


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("0.0.0.0:9101", "reached from other machines"),
        ("10.0.0.1:9101", "reached from other machines"),
        ("9101", "neither"),
        ("127.0.0.1:http", "neither"),
        ("127.0.0.1:99999", "neither"),
        ("127.0.0.1:-1", "neither"),
        ("example.com:9101", "neither"),
        ("unix:/" + "a" * SOCKET_PATH_BYTES, "at most 107 bytes, this one 108"),
    ],
)
def test_where_it_does_not(say: pytest.MonkeyPatch, said: str, why: str) -> None:
    say.setenv("ALRIM_HEALTH_LISTEN", said)
    with pytest.raises(SettingsError, match=f"ALRIM_HEALTH_LISTEN.*{why}"):
        address("worker")


def test_beyond_this_machine_with_a_token_only(say: pytest.MonkeyPatch) -> None:
    say.setenv("ALRIM_HEALTH_LISTEN", "0.0.0.0:9101")
    say.setenv("ALRIM_METRICS_TOKEN", TOKEN)
    assert address("worker") == ("0.0.0.0", 9101)
    port = free_port()
    with serving(("0.0.0.0", port)):
        assert ask(("0.0.0.0", port))[0] == 200, "the check of the same machine"


def status_of(port: int, path: str, **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("token", "borne", "status"),
    [("", None, 200), (TOKEN, f"Bearer {TOKEN}", 200), (TOKEN, "Bearer another", 401), (TOKEN, None, 401)],
)
def test_who_reads_the_numbers_over_tcp(say: pytest.MonkeyPatch, token: str, borne: str | None, status: int) -> None:
    say.setenv("ALRIM_METRICS_TOKEN", token)
    port = free_port()
    with serving(("127.0.0.1", port)):
        assert status_of(port, METRICS, **({} if borne is None else {"Authorization": borne})) == status
        assert (status_of(port, "/health"), status_of(port, "/")) == (200, 404)


def test_a_socket_that_only_its_user_opens_asks_for_no_token(say: pytest.MonkeyPatch, tmp_path: Path) -> None:
    say.setenv("ALRIM_METRICS_TOKEN", TOKEN)
    with serving(tmp_path / "w.sock"), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / "w.sock"))
        caller.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert caller.makefile("rb").read().endswith(b"\r\n\r\nalrim_up 1\n")


def test_the_longest_path_is_served(tmp_path: Path) -> None:
    room = SOCKET_PATH_BYTES - len(os.fsencode(tmp_path)) - 1
    path = tmp_path / ("a" * room)
    with serving(path):
        assert ask(path) == (200, '{"status": "ok"}')


def test_a_socket_is_closed_to_others_and_a_stale_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "health.worker.sock"
    for _ in range(2):
        with serving(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert ask(path)[0] == 200
        assert path.exists(), "left behind, as after a kill"


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(SettingsError, match="cannot listen"):
        listen(path, pages())
    assert path.read_text() == "mine"


def test_over_tcp_and_a_port_that_is_taken() -> None:
    where = ("127.0.0.1", free_port())
    with serving(where, deaf), socket.create_connection(where):  # a caller who says nothing holds up nobody
        assert ask(where) == (503, '{"status": "deaf"}')
        with pytest.raises(SettingsError, match="Address already in use"):
            listen(where, pages())


def test_a_forked_child_lets_go_of_the_port() -> None:
    where = ("127.0.0.1", free_port())
    server = listen(where, pages())
    read, write = os.pipe()
    forked, says_so = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.write(says_so, b"x")
        os.read(read, 1)
        os._exit(0)
    os.read(forked, 1)
    server.server_close()
    listen(where, pages()).server_close()
    assert os.waitpid(child, os.WNOHANG) == (0, 0), "it was alive when the port was taken again"
    os.write(write, b"x")
    assert os.waitpid(child, 0) == (child, 0)
    for end in (read, write, forked, says_so):
        os.close(end)


@pytest.mark.parametrize(("answer", "status", "said"), [(well, 0, "ok"), (deaf, 1, "deaf")])
@pytest.mark.usefixtures("say")
def test_the_check_a_person_or_a_supervisor_runs(tmp_path: Path, answer: Health, status: int, said: str) -> None:
    with serving(tmp_path / "health.worker.sock", answer):
        command = [sys.executable, "-m", "workers.health", "worker"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (status, f'{{"status": "{said}"}}\n')


def test_the_check_of_a_worker_that_is_not_there(say: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("worker") == 1
    assert "No such file" in capsys.readouterr().out
    say.setenv("ALRIM_HEALTH_LISTEN", "0.0.0.0:1")
    settings.cache_clear()
    assert main("worker") == 1
    assert "ALRIM_HEALTH_LISTEN" in capsys.readouterr().out


def test_the_check_loads_neither_celery_nor_a_database() -> None:
    code = "import sys, workers.health; print(*{'celery', 'kombu', 'sqlalchemy', 'models'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
