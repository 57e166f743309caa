"""Workers that die at one point of their way: SIGKILL before or after the n-th commit or HTTP call.

Run as a process of its own. It reads cases `[[act, at, [id, …]], …]` as JSON from its input and forks a worker for
each, one after the other; it writes `[[[point, …], exit status], …]`, the points that each came to (an `at` of -1
lets it live). The product's own code runs; only the moment of death is added from outside.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery.exceptions import Ignore, Retry
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from config.logging import configure
from config.settings import Worker, settings
from config.vocabulary import Channel, Lane
from models.types import utc_now
from workers.channels.exchange import HttpRequest, Reply, Silence
from workers.tasks.deliver import deliver
from workers.tasks.reconcile import inquire
from workers.tasks.sweep import settle_leases
from workers.transports import http, wide


class Stopper:
    """Counts points, and ends the process at the chosen one as a power cut would."""

    def __init__(self, at: int, said: int) -> None:
        """Write the points to the descriptor `said`."""
        self._at = at
        self._said = said
        self._passed = 0

    def point(self, name: str) -> None:
        os.write(self._said, f"{name}\n".encode())
        if self._passed == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        self._passed += 1

    def watch_commits(self) -> None:
        event.listen(Engine, "commit", lambda _: self.point("before commit"))
        event.listen(Session, "after_commit", lambda _: self.point("after commit"))

    def watched(self, send: Callable[[HttpRequest], Reply | Silence]) -> Callable[[HttpRequest], Reply | Silence]:
        def stopping(request: HttpRequest) -> Reply | Silence:
            name = f"{request.method} {urlsplit(request.url).path.rsplit('/', 1)[1]}"
            self.point(f"before {name}")
            answer = send(request)
            self.point(f"after {name}")
            return answer

        return stopping

    def watched_all(
        self, send_all: Callable[[Sequence[HttpRequest]], list[Reply | Silence]]
    ) -> Callable[[Sequence[HttpRequest]], list[Reply | Silence]]:
        def stopping(requests: Sequence[HttpRequest]) -> list[Reply | Silence]:
            self.point("before wave")
            answers = send_all(requests)
            self.point("after wave")
            return answers

        return stopping


def work(act: str, ids: list[str]) -> None:
    with suppress(Ignore, Retry):
        match act:
            case "deliver":
                deliver(Channel.SOLAPI, ids)
            case "deliver kakao":
                deliver(Channel.KAKAO, ids)
            case "settle":
                settle_leases(Channel.SOLAPI, Lane.URGENT, utc_now() + settings(Worker).lease)
            case "ask":
                inquire([UUID(each) for each in ids])
            case _:
                raise SystemExit(f"{act}: deliver, deliver kakao, settle or ask")


def live(act: str, at: int, ids: list[str], said: int) -> None:
    stopper = Stopper(at, said)
    stopper.watch_commits()
    setter: Any = http
    setter.send = stopper.watched(http.send)
    setter = wide
    setter.send_all = stopper.watched_all(wide.send_all)
    work(act, ids)


def fork(act: str, at: int, ids: list[str]) -> tuple[list[str], int]:
    heard, said = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(heard)
        live(act, at, ids, said)
        sys.exit(0)
    os.close(said)
    with os.fdopen(heard) as points:
        passed = points.read().splitlines()
    _, status = os.waitpid(worker, 0)
    return passed, os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    configure("stopping")
    json.dump([fork(*case) for case in json.load(sys.stdin)], sys.stderr)
