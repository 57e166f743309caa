"""Runs the programs of a Procfile side by side and stops all of them, whatever happens.

It stops them in the reverse order of their stages, so that workers can still speak to broker and provider while
they finish; tells only each program itself to stop (a worker's own children must not die in the middle of a
send); and kills what is left after a grace. Restarting is not its business, and it must not know what it runs.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import IO, Final

from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

GRACE_SECONDS: Final = 10.0
TICK_SECONDS: Final = 0.05
NAME_WIDTH: Final = 11
STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Interrupts:
    """How often a person or the system asked for the end; the second time means at once."""

    count: int = 0


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Count Ctrl-C, SIGTERM and a closed terminal instead of dying of them."""
    heard = Interrupts()

    def count(_number: int, _frame: FrameType | None) -> None:
        heard.count += 1

    before = {number: signal.signal(number, count) for number in STOPPING}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended, with its exit status (negative: the signal that killed it)."""

    name: str
    status: int

    def describe(self) -> str:
        """Say it for a person."""
        if self.status < 0:
            return f"{self.name} was killed ({signal.Signals(-self.status).name})"
        return f"{self.name} ended (exit status {self.status})"


@dataclass(frozen=True, slots=True)
class _Program:
    name: str
    process: subprocess.Popen[bytes]
    reader: threading.Thread


class Supervisor:
    """The running programs, in stages; not for use from more than one thread."""

    def __init__(self, output: IO[str], inherited: int, grace: float = GRACE_SECONDS) -> None:
        """Hand the descriptor `inherited` to every program; `grace` is in seconds."""
        self._printer = Printer(output, width=NAME_WIDTH)
        self._printing = threading.Lock()
        self._colours = get_colours()
        self._inherited = inherited
        self._grace = grace
        self._stages: list[list[_Program]] = []

    @property
    def processes(self) -> list[int]:
        """The ids of the programs' processes; each leads a process group of its own."""
        return [each.process.pid for each in self._all()]

    def start(self, commands: Mapping[str, str], environment: Mapping[str, str]) -> None:
        """Start one stage, name to shell command; a later stage is stopped before it."""
        stage: list[_Program] = []
        self._stages.append(stage)
        for name, command in commands.items():
            process = subprocess.Popen(  # noqa: S602 - a Procfile's lines are shell commands by definition
                command,
                shell=True,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C at the terminal reaches the supervisor only.
                start_new_session=True,
                pass_fds=(self._inherited,),
            )
            reader = threading.Thread(target=self._relay, args=(name, next(self._colours), process), daemon=True)
            stage.append(_Program(name, process, reader))
            reader.start()

    def say(self, text: str, name: str = "alrim", colour: str | None = None) -> None:
        """Print one or more lines under a name, never in the middle of another's."""
        with self._printing:
            self._printer.write(Message("line", text, datetime.now().astimezone(), name, colour))

    def ended(self) -> Ended | None:
        """Return the first program that ended by itself, if any did."""
        for each in self._all():
            status = each.process.poll()
            if status is not None:
                return Ended(each.name, status)
        return None

    def wait(self, heard: Interrupts, until: Callable[[], bool]) -> Ended | None:
        """Wait until the condition holds, an interrupt comes, or a program ends; return the one that ended."""
        while not heard.count and not until():
            ended = self.ended()
            if ended is not None:
                return ended
            time.sleep(TICK_SECONDS)
        return None

    def stop(self, heard: Interrupts) -> None:
        """Stop everything, later stages first; kill what is left after the grace or at one more interrupt."""
        deadline, interrupted = time.monotonic() + self._grace, heard.count
        for stage in reversed(self._stages):
            for each in stage:
                each.process.terminate()
            while _any_runs(stage) and time.monotonic() < deadline and heard.count == interrupted:
                time.sleep(TICK_SECONDS)
            killed = [each.name for each in stage if each.process.poll() is None]
            if killed:
                self.say(f"killing {', '.join(killed)}: not ended within {self._grace:.0f} s")
            for each in stage:
                # Also where the program itself ended: what it started and left behind is in its group.
                with suppress(ProcessLookupError):
                    os.killpg(each.process.pid, signal.SIGKILL)
                each.process.wait()
                each.reader.join(timeout=1)

    def _all(self) -> Iterator[_Program]:
        return (each for stage in self._stages for each in stage)

    def _relay(self, name: str, colour: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                self.say(line.decode(errors="replace"), name, colour)


def _any_runs(stage: Sequence[_Program]) -> bool:
    return any(each.process.poll() is None for each in stage)


def commands(procfile: str) -> dict[str, str]:
    """Read a Procfile's text: name to shell command, in its order."""
    return dict(parse_procfile(procfile).processes)
