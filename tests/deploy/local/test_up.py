import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]
PORTS = ("ALRIM_API_PORT", "ALRIM_FLOWER_PORT", "ALRIM_SANDBOX_PORT", "ALRIM_SANDBOX_SMTP_PORT")
PATIENCE = 60.0
LOGIN = {"email": "me@example.com", "pw": "change-me-soon"}


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    # Shorter than pytest's own folders: a socket's path is short.
    with tempfile.TemporaryDirectory() as folder:
        free = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
        ports = {name: str(each.getsockname()[1]) for name, each in zip(PORTS, free, strict=True)}
        for each in free:
            each.close()
        plain = {name: value for name, value in os.environ.items() if not name.startswith("ALRIM_")}
        # A supervisor around us would set PORT; it must not move the API.
        yield {**plain, **ports, "ALRIM_VAR": f"{folder}/var", "PORT": "9"}


def refused(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "deploy.local.up"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_port_in_use_is_one_clear_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["ALRIM_FLOWER_PORT"]))):
        said = refused(environment)
    port = environment["ALRIM_FLOWER_PORT"]
    assert said == f"make up: port {port} is in use (ALRIM_FLOWER_PORT): stop what listens there or set another\n"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALRIM_API_PORT", "eighty", "make up: ALRIM_API_PORT: "),
        ("ALRIM_VAR", "/tmp/" + "v" * 120, "a socket's path at most "),  # noqa: S108 - it is refused before it is made
    ],
)
def test_a_wrong_setting_is_one_clear_line(name: str, value: str, said: str, environment: dict[str, str]) -> None:
    assert said in refused({**environment, name: value})


def test_a_second_one_in_the_same_folder_is_one_clear_line(environment: dict[str, str]) -> None:
    var = Path(environment["ALRIM_VAR"])
    var.mkdir()
    with (var / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        assert "(processes 4711)" in refused(environment)


@contextmanager
def installation(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        up = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.up"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + PATIENCE
        while "ready after" not in log.read_text() and up.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        yield up
    finally:
        if up.poll() is None:
            up.send_signal(signal.SIGINT)
        up.wait(30)


def left_over(leaders: list[int]) -> list[int]:
    """Return the process groups that still have a member that runs."""
    groups = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(") ")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            groups.add(int(group))
    return [each for each in leaders if each in groups]


@pytest.mark.flow
def test_it_comes_up_keeps_its_data_and_leaves_no_process(environment: dict[str, str], tmp_path: Path) -> None:
    api = f"http://127.0.0.1:{environment['ALRIM_API_PORT']}/api/auth"
    var = Path(environment["ALRIM_VAR"])
    with installation(environment, tmp_path / "first") as up:
        leaders = [int(each) for each in (var / "up.lock").read_text().split()]
        assert requests.post(f"{api}/register/email", json=LOGIN, timeout=10).status_code == 201
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0, (tmp_path / "first").read_text()
    assert len(leaders) == 8
    assert left_over(leaders) == []
    secrets = (var / "secrets.env").read_bytes()
    with installation(environment, tmp_path / "second") as up:
        assert requests.post(f"{api}/login/email", json=LOGIN, timeout=10).status_code == 200
        leaders = [int(each) for each in (var / "up.lock").read_text().split()]
        os.killpg(leaders[-1], signal.SIGKILL)
        assert up.wait(30) == 1
    assert "flower was killed (SIGKILL): stopping everything else" in (tmp_path / "second").read_text()
    assert left_over(leaders) == []
    assert (var / "secrets.env").read_bytes() == secrets
