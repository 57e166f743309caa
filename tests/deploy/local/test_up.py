import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from deploy.local import supervisor
from tests.deploy.local.process_groups import running

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


@pytest.mark.flow
def test_it_comes_up_and_ctrl_c_leaves_the_data_and_no_process(environment: dict[str, str], tmp_path: Path) -> None:
    var, log = Path(environment["ALRIM_VAR"]), tmp_path / "log"
    with installation(environment, log) as up:
        leaders = [int(each) for each in (var / "up.lock").read_text().split()]
        register = f"http://127.0.0.1:{environment['ALRIM_API_PORT']}/api/auth/register/email"
        assert requests.post(register, json=LOGIN, timeout=10).status_code == 201, log.read_text()
        assert running(leaders) == leaders
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0, log.read_text()
    assert running(leaders) == []
    assert len(leaders) == 1 + len(supervisor.commands((ROOT / "Procfile").read_text())) + 2
    assert {f"{name} is ready" for name in ("API", "Flower", "sandbox")} <= {
        line.partition("| ")[2] for line in log.read_text().splitlines()
    }
    with closing(sqlite3.connect(var / "alrim.db")) as database:
        assert database.execute("SELECT email FROM accounts").fetchall() == [(LOGIN["email"],)]
