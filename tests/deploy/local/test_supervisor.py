import io
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.supervisor import Ended, Interrupts, Supervisor, commands, interrupts
from tests.deploy.local import process_groups as groups

PATIENCE = 10.0


@contextmanager
def supervisor(tmp_path: Path, grace: float = PATIENCE) -> Iterator[tuple[Supervisor, io.StringIO]]:
    output = io.StringIO()
    descriptor = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    running = Supervisor(output, descriptor, grace)
    try:
        yield running, output
    finally:
        running.stop(Interrupts())
        os.close(descriptor)


def start(running: Supervisor, **programs: str) -> None:
    running.start(programs, os.environ)


def await_file(path: Path, holds: str = "") -> str:
    until = time.monotonic() + PATIENCE
    while not (path.exists() and holds in path.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    return path.read_text()


def await_end(leaders: list[int]) -> list[int]:
    until = time.monotonic() + PATIENCE
    while groups.running(leaders) and time.monotonic() < until:
        time.sleep(0.01)
    return groups.running(leaders)


def polite(name: str, log: Path) -> str:
    return f"trap 'echo {name} >> {log}; exit 0' TERM; echo up >> {log}.{name}; while :; do sleep 0.05; done"


def test_a_later_stage_is_stopped_before_an_earlier_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with supervisor(tmp_path) as (running, _):
        start(running, broker=polite("broker", log))
        start(running, web=polite("web", log), worker=polite("worker", log))
        for name in ("broker", "web", "worker"):
            await_file(tmp_path / f"log.{name}", "up")
        leaders = running.processes
        running.stop(Interrupts())
        assert await_end(leaders) == []
    stopped = log.read_text().split()
    assert (set(stopped), stopped[-1]) == ({"web", "worker", "broker"}, "broker")


def test_only_the_program_itself_is_told_to_stop_and_its_children_may_finish(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = f"sh -c 'trap \"echo told >> {log}\" TERM; echo up > {log}.up; sleep 0.6; echo finished >> {log}'"
    with supervisor(tmp_path) as (running, _):
        start(running, worker=f"trap : TERM; {child} & child=$!; wait $child; wait $child")
        await_file(tmp_path / "log.up", "up")
        running.stop(Interrupts())
    assert log.read_text().split() == ["finished"]


def test_what_does_not_stop_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    with supervisor(tmp_path, grace=0.3) as (running, output):
        start(running, deaf=f"trap '' TERM; sleep 60 & echo up > {tmp_path}/up; wait; sleep 60")
        await_file(tmp_path / "up", "up")
        leaders = running.processes
        assert groups.running(leaders) == leaders
        began = time.monotonic()
        running.stop(Interrupts())
        assert time.monotonic() - began < PATIENCE / 2
        assert await_end(leaders) == []
    assert "killing deaf" in output.getvalue()


def test_what_a_program_leaves_behind_is_killed_too(tmp_path: Path) -> None:
    with supervisor(tmp_path) as (running, _):
        start(running, parent="sleep 60 & exit 3")
        assert running.wait(Interrupts(), lambda: False) == Ended("parent", 3)
        leaders = running.processes
        assert groups.running(leaders) == leaders
        running.stop(Interrupts())
        assert await_end(leaders) == []


def test_a_second_interrupt_kills_at_once(tmp_path: Path) -> None:
    with supervisor(tmp_path, grace=60) as (running, _), interrupts() as heard:
        start(running, deaf=f"trap '' TERM; echo up > {tmp_path}/up; while :; do sleep 0.05; done")
        await_file(tmp_path / "up", "up")
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        running.stop(heard)
        assert heard.count == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_waiting_and_is_counted(number: signal.Signals, tmp_path: Path) -> None:
    before = signal.getsignal(number)
    with supervisor(tmp_path) as (running, _), interrupts() as heard:
        start(running, web="sleep 60")
        os.kill(os.getpid(), number)
        assert running.wait(heard, lambda: False) is None
        assert heard.count == 1
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(
    ("command", "said"),
    [("exit 0", "web ended (exit status 0)"), ("exit 7", "web ended (exit status 7)"),
     ("kill -KILL $$", "web was killed (SIGKILL)")],
)  # fmt: skip
def test_a_program_that_ends_by_itself_is_named(command: str, said: str, tmp_path: Path) -> None:
    with supervisor(tmp_path) as (running, _):
        start(running, other="sleep 60", web=command)
        ended = running.wait(Interrupts(), lambda: False)
    assert ended is not None
    assert ended.describe() == said


def test_lines_are_printed_whole_under_their_names(tmp_path: Path) -> None:
    with supervisor(tmp_path) as (running, output):
        start(running, **{name: f"for i in $(seq 200); do echo {name}-$i; done; sleep 60" for name in ("web", "beat")})
        until = time.monotonic() + PATIENCE
        while output.getvalue().count("-200") < 2 and time.monotonic() < until:
            time.sleep(0.01)
        running.say("two\nlines")
    lines = output.getvalue().splitlines()
    shown = [re.fullmatch(r"\d\d:\d\d:\d\d (\w+) +\| (.*)", line) for line in lines]
    assert None not in shown
    texts = [(match[1], match[2]) for match in shown if match]
    assert [text for name, text in texts if name == "web"] == [f"web-{i}" for i in range(1, 201)]
    assert [text for name, text in texts if name == "alrim"] == ["two", "lines"]


def test_a_procfile_is_read_in_its_order() -> None:
    assert list(commands("# a comment\nweb: exec serve --port ${PORT:-1}\nworker: work\n").items()) == [
        ("web", "exec serve --port ${PORT:-1}"),
        ("worker", "work"),
    ]
