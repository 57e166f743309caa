"""Runs the whole sandbox on free ports while a test runs, and signs requests as SOLAPI's clients do."""

import asyncio
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import requests
import uvicorn
from typing_extensions import override

from sandbox import server
from sandbox.settings import Settings

FROM = "0212345678"


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Yield the base URL."""
    began: list[tuple[uvicorn.Server, str]] = []
    up = threading.Event()

    def ready(running: uvicorn.Server, line: str) -> None:
        began.append((running, line))
        up.set()

    thread = threading.Thread(target=lambda: asyncio.run(server.serve(settings, ready)))
    thread.start()
    assert up.wait(10)
    try:
        yield began[0][1].split()[2]
    finally:
        began[0][0].should_exit = True
        thread.join()


def authorization() -> str:
    date, salt = datetime.now(UTC).isoformat(), secrets.token_hex(16)
    signature = hmac.new(b"sandbox", (date + salt).encode(), hashlib.sha256).hexdigest()
    return f"HMAC-SHA256 apiKey=sandbox, date={date}, salt={salt}, signature={signature}"


class Signed(requests.auth.AuthBase):
    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = authorization()
        return r


class Api:
    """A signing client of one sandbox."""

    def __init__(self, base: str, session: requests.Session) -> None:
        self.base = base
        self.session = session
        session.auth = Signed()

    def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.base}/solapi{path}"
        answer = self.session.request(method, url, json=body, headers=named, timeout=10)
        return answer.status_code, answer.json()

    def group(self, *numbers: str, **options: object) -> str:
        status, group = self.call("POST", "/messages/v4/groups", options)
        assert status == 200
        if numbers:
            body = {"messages": [sms(number) for number in numbers]}
            assert self.call("PUT", f"/messages/v4/groups/{group['groupId']}/messages", body)[0] == 200
        return str(group["groupId"])

    def send(self, group: str) -> tuple[int, Any]:
        return self.call("POST", f"/messages/v4/groups/{group}/send", {})

    def status(self, group: str) -> str:
        return str(self.call("GET", f"/messages/v4/groups/{group}")[1]["status"])

    def inbox(self, to: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.session.get(f"{self.base}/inbox.json", params={"to": to}, timeout=10).json()
        return listed

    def fault(self, **fault: object) -> None:
        assert self.session.put(f"{self.base}/faults", json=fault, timeout=10).status_code == 200


@contextmanager
def api(settings: Settings) -> Iterator[Api]:
    with running(settings) as base, requests.Session() as session:
        yield Api(base, session)


def sms(to: str, text: str = "안녕하세요", **more: object) -> dict[str, object]:
    return {"to": to, "from": FROM, "text": text, **more}


def eventually(what: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
