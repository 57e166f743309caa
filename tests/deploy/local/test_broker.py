import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from config.settings import Installation
from deploy.local.broker import socket_path

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def var() -> Iterator[Path]:
    # Shorter than pytest's own folders: a socket's path is short.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def broker(var: Path) -> Iterator[redis.Redis]:
    environment = {**os.environ, "ALRIM_ENV": "local", "ALRIM_VAR": str(var), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "deploy.local.broker"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as server:
        until = time.monotonic() + 20
        while not socket_path(var).exists() and time.monotonic() < until and server.poll() is None:
            time.sleep(0.02)
        client = redis.Redis(unix_socket_path=str(socket_path(var)))
        try:
            yield client
        finally:
            client.close()
            server.send_signal(signal.SIGTERM)
            assert server.wait(10) == 0


@pytest.mark.flow
def test_what_was_rung_survives_a_restart_and_no_port_is_open(var: Path) -> None:
    with broker(var) as client:
        client.rpush("send.solapi.normal", "a message")
        assert stat.S_IMODE(socket_path(var).stat().st_mode) == 0o700
        wanted = {"port": "0", "appendonly": "yes", "maxmemory-policy": "noeviction", "save": ""}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted
    assert not socket_path(var).exists()
    with broker(var) as client:
        assert client.lrange("send.solapi.normal", 0, -1) == [b"a message"]


def test_the_settings_expect_it_where_it_listens(var: Path) -> None:
    installation = Installation(env="local", var=var)
    assert installation.broker() == f"redis+socket://{socket_path(var.resolve())}?virtual_host=0"
