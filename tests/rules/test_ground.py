"""The ground keeps its own rules: unit tests reach no network, and a gap in coverage is said, and fails in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.sources import ROOT

UNIT = """
import socket
import pytest

def listener():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server

def connect():
    with listener() as server, socket.socket() as client:
        client.connect(server.getsockname())

def test_connects():
    connect()

def test_swallows():
    with pytest.raises(AssertionError):
        connect()

@pytest.mark.store
def test_marked():
    connect()

def test_unix_sockets_are_no_network():
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
        client.connect("none")
"""

GAP = """
from tests.servers import mariadb

mariadb.find = lambda: None

def test_on_each(database_url):
    assert database_url.startswith("sqlite")
"""

MARKERS = """
[pytest]
markers =
    store: talks to a real database
    flow: starts real processes
"""


def run(folder: Path, source: str, ci: str) -> tuple[int, list[str]]:
    (folder / "pytest.ini").write_text(MARKERS)
    (folder / "test_inner.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines()


def test_a_unit_test_reaches_no_network(tmp_path: Path) -> None:
    _, lines = run(tmp_path, UNIT, ci="")
    ends = {line.split(" - ")[0].replace("test_inner.py::test_", "") for line in lines if "test_inner.py::" in line}
    assert ends == {
        "FAILED connects",
        "ERROR connects",
        "PASSED swallows",
        "ERROR swallows",
        "PASSED marked",
        "PASSED unix_sockets_are_no_network",
    }


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_gap_is_said_last_and_fails_in_ci(tmp_path: Path, ci: str, status: int) -> None:
    code, lines = run(tmp_path, GAP, ci)
    assert code == status
    assert lines[-1].startswith("NOT COVERED: mariadb: binary not found")
    assert "1 passed, 1 skipped" in lines[-2]
