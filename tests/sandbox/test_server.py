import asyncio
import re
import smtplib
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests
import uvicorn

from sandbox import server
from sandbox.settings import Settings
from tests.sandbox.running import running


def test_the_line_names_both_ports_and_both_answer_on_loopback_only() -> None:
    lines: list[str] = []

    def ready(running: uvicorn.Server, line: str) -> None:
        lines.append(line)
        assert running.servers[0].sockets[0].getsockname()[0] == "127.0.0.1"
        threading.Thread(target=probe, args=(running, line)).start()

    def probe(running: uvicorn.Server, line: str) -> None:
        found = re.fullmatch(r"sandbox ready http://127\.0\.0\.1:(\d+) smtp 127\.0\.0\.1:(\d+)", line)
        assert found
        lines.append(str(requests.get(f"http://127.0.0.1:{found[1]}/inbox.json", timeout=5).status_code))
        with smtplib.SMTP("127.0.0.1", int(found[2]), timeout=5) as smtp:
            lines.append(str(smtp.ehlo()[0]))
        running.should_exit = True

    asyncio.run(server.serve(Settings(port=0, smtp_port=0), ready))
    assert lines[1:] == ["200", "250"]


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with running(Settings(port=0, smtp_port=0)) as base, requests.Session() as session:
        began = time.monotonic()
        for _ in range(50):
            session.get(f"{base}/inbox.json", timeout=5)
    assert time.monotonic() - began < 50 * 0.04


def test_it_stops_though_a_watcher_is_connected() -> None:
    with running(Settings(port=0, smtp_port=0)) as base:
        port = urlsplit(base).port
        assert port
        watcher = socket.create_connection(("127.0.0.1", port), timeout=5)
        watcher.sendall(b"GET /inbox/events HTTP/1.1\r\nHost: x\r\n\r\n")
        assert watcher.recv(4).startswith(b"HTTP")
        began = time.monotonic()
    assert time.monotonic() - began < 3
    watcher.close()


def test_a_taken_port_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        asyncio.run(server.serve(Settings(port=taken.getsockname()[1], smtp_port=0), lambda *_: None))
