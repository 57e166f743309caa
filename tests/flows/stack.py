"""A running installation for one test session: the product's own processes on free ports, ended by id.

Starts what Procfile names, in small: one server, one worker (more of both on demand), beat, and the sandbox.
"""

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import requests

from config.vocabulary import CONSUMES, Process
from tests.servers.process import free_port, with_parent

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
READY_WITHIN = 40.0
RECEIPT_TOKEN = secrets.token_hex(16)
RECEIPT_SECRET = secrets.token_hex(16)
T = TypeVar("T")


def wait_for(what: str, check: Callable[[], T], seconds: float = READY_WITHIN) -> T:
    """Ask until the answer is true and return it; fails loudly with the last error."""
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            if answer := check():
                return answer
            last = answer
        except (OSError, requests.RequestException) as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s; last: {last!r}")


@dataclass
class Stack:
    """Processes of one installation and where they are."""

    directory: Path
    database_url: str
    broker_url: str
    extra: dict[str, str] = field(default_factory=dict)
    webs: int = 1
    beats: int = 1
    workers: int = 1
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Choose ports and secrets."""
        self.sandbox_port, self.smtp_port = free_port(), free_port()
        self.api_ports = {_nth("web", number): free_port() for number in range(1, self.webs + 1)}
        self.api_port = self.api_ports["web"]
        self.api = f"http://127.0.0.1:{self.api_port}"
        self.sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        self.environment = {
            **os.environ,
            "ALRIM_ENV": "test",
            "ALRIM_VAR": str(self.directory),
            "ALRIM_DATABASE_URL": self.database_url,
            "ALRIM_BROKER_URL": self.broker_url,
            "ALRIM_API_PORT": str(self.api_port),
            "ALRIM_SANDBOX_PORT": str(self.sandbox_port),
            "ALRIM_SANDBOX_SMTP_PORT": str(self.smtp_port),
            "ALRIM_SANDBOX_HANG": "30",
            "ALRIM_SOLAPI_RECEIPT_TOKEN": RECEIPT_TOKEN,
            "ALRIM_SOLAPI_RECEIPT_SECRET": RECEIPT_SECRET,
            "ALRIM_SANDBOX_WEBHOOK_SECRET": RECEIPT_SECRET,
            "ALRIM_JWT_SECRET": secrets.token_hex(32),
            "ALRIM_INDEX_KEY": secrets.token_hex(32),
            "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "PYTHONUNBUFFERED": "1",
            **self.extra,
        }

    def commands(self) -> dict[str, list[str]]:
        queues = ",".join(queue for process in (Process.WORKER, Process.WORKER_BULK) for queue in CONSUMES[process])
        celery = [PYTHON, "-m", "celery", "-A", "workers.celery_app:app"]
        return {
            "sandbox": [PYTHON, "-m", "sandbox"],
            **{name: self._serve(port) for name, port in self.api_ports.items()},
            **{
                name: [*celery, "worker", "-n", f"{name}@test", "-c", "4", "-Q", queues]
                for name in (_nth("worker", number) for number in range(1, self.workers + 1))
            },
            # A file with the number of a killed one would keep the next from starting.
            **{
                name: [*celery, "beat", "--schedule", str(self.directory / name), "--pidfile="]
                for name in (_nth("beat", number) for number in range(1, self.beats + 1))
            },
        }

    def _serve(self, port: int) -> list[str]:
        return [
            *(PYTHON, "-m", "uvicorn", "api.main:create_app", "--factory", "--host", "127.0.0.1"),
            *("--port", str(port), "--no-access-log", "--no-proxy-headers"),
        ]

    def start(self, *only: str) -> None:
        """Migrate and start everything, or only these; returns when they serve."""
        migrate = [PYTHON, "-m", "alembic", "upgrade", "head"]
        subprocess.run(migrate, cwd=ROOT, env=self.environment, check=True, capture_output=True, timeout=60)
        names = only or tuple(self.commands())
        for name in names:
            self.launch(name)
        wait_for("the sandbox", lambda: requests.get(f"{self.sandbox}/inbox.json", timeout=2).ok)
        for name in names:
            self.wait_until_ready(name)

    def wait_until_ready(self, name: str) -> None:
        """Return when an API serves or a worker consumes; there is nothing to ask of the others."""
        if name in self.api_ports:
            wait_for("the API", partial(_serves, self.api_ports[name]))
        elif name.startswith("worker"):
            wait_for("the worker", partial(self._works, name))

    def _works(self, name: str) -> bool:
        return b" ready." in self.log(name)

    def launch(self, name: str) -> None:
        """Start one of the processes in a group of its own."""
        log = (self.directory / f"{name}.log").open("ab")
        command = [*with_parent(), *self.commands()[name]]
        self.processes[name] = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def kill(self, name: str) -> None:
        """SIGKILL one process and its children."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)

    def end(self, name: str, within: float) -> int:
        """Tell one process to stop, its leader alone as supervisors do, and return with what status it ended."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=within)

    def stop(self) -> None:
        """End all, gently first."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=8)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)
        self.processes.clear()

    def log(self, name: str) -> bytes:
        """Everything that a process has written so far."""
        return (self.directory / f"{name}.log").read_bytes()


def _serves(port: int) -> bool:
    return bool(requests.get(f"http://127.0.0.1:{port}/ready", timeout=5).json()["status"] == "ok")


def _nth(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"
