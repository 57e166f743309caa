"""One child process that a private server runs in: how it is started, awaited, stopped and killed.

It ends with its parent, whatever becomes of that one, and only processes started here are ever signalled. It
knows no particular server, and nothing of pytest.
"""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below what Linux hands to outgoing connections: a client that calls a stopped server on such a port can reach
itself, and then keeps the port from the server that wants it back."""


class ServerError(Exception):
    """A private server did not start or stop; the text ends with its last log lines."""


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody listens on; it is not reserved."""
    for _ in range(200):
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise ServerError(f"no free port found in {PORTS}")


def first_words(port: int, say: bytes = b"") -> bytes:
    """Connect, say something, return what comes back first; empty if nobody is there."""
    with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1) as connection:
        connection.sendall(say)
        return connection.recv(64)
    return b""


def locate(*names: str) -> Path | None:
    """Return the first of these programs that is installed; Debian keeps servers off users' PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
    found = (shutil.which(name, path=path) for name in names)
    return next((Path(program) for program in found if program), None)


class Child:
    """A command that is started, and started again, until `close`; at the parent's exit it is killed."""

    def __init__(self, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._command = [*with_parent(), *map(str, command)]
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], within: float) -> None:
        """Start and wait until `ready`; does nothing if it runs.

        Raises:
            ServerError: it ended, or was not ready `within` seconds (and is killed then).
        """
        if self.runs():
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        atexit.register(self.kill)
        deadline = time.monotonic() + within
        while not ready():
            if not self.runs() or time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"not ready: {self._last_lines()}")
            time.sleep(0.02)

    def stop(self, within: float = 20) -> None:
        """End it as an operator would and wait; does nothing if it does not run.

        Raises:
            ServerError: it took longer than `within` seconds (and is killed then).
        """
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise ServerError(f"did not stop: {self._last_lines()}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """End it, and what it started, as a power cut would, and wait; does nothing if it does not run."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None
        atexit.unregister(self.kill)

    def pause(self) -> None:
        """Let it do nothing any more, until it is killed."""
        self._signal(signal.SIGSTOP)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            # It leads a process group of its own and is not reaped yet, so the number still means that group.
            os.killpg(self._process.pid, number)

    def _last_lines(self) -> str:
        return " | ".join(self._log.read_text(errors="replace").splitlines()[-8:])


def with_parent() -> list[str]:
    """What stands before a command so that Linux ends it with the thread that started it, even a killed one."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
