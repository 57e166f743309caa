"""Batches: how fast recipients are accepted, in one body and as an upload, and how fast they come to the provider."""

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import requests

from benchmarks.accept import CONTENT, PATH
from benchmarks.figures import Figure
from benchmarks.ground import Ground, Installation, load
from tests.flows.batch_client import BATCHES, MESSAGE, BatchClient, people

OURS: Final = "alrim, 10,000 a call"
EACH: Final = "alrim, one a request"
UPLOAD: Final = "alrim, upload of a CSV file"
NOTES: Final = {
    OURS: "durable: answered after COMMIT, every recipient sealed and in a row of its own; 2 calls at once",
    EACH: "durable; 32 connections",
    UPLOAD: "durable; one caller, never whole in memory",
}
A_CALL: Final = 10_000
CALLS: Final = 8
ROWS: Final = 1_000_000
END_TO_END: Final = 10
"""Calls whose messages are followed to the provider."""
MIB: Final = 1024
"""Lines of /proc give KiB."""


def measure(ground: Ground, rounds: int, seconds: float, rows: int = ROWS, a_call: int = A_CALL) -> dict[str, Figure]:
    """Measure both ways of accepting, the upload, and the way to the provider, each `rounds` times, in turn."""
    rate = Figure("bulk_rate", "accept in bulk, 1 process", "recipients/s", OURS, NOTES)
    length = Figure("upload_seconds", f"upload of {rows:,} recipients", "s", "", {UPLOAD: NOTES[UPLOAD]})
    memory = Figure("upload_memory", "the same, memory of the API above idle", "MiB", "", {UPLOAD: "its peak"})
    whole = Figure("bulk_to_provider", "SOLAPI in bulk, request to provider", "messages/s", "", {OURS: "provider 0 ms"})
    for _ in range(rounds):
        stack = ground.stack()
        with stack.serving(processes=1) as client:
            load(client, PATH, [CONTENT], seconds=1)
            seen = load(client, PATH, [CONTENT], seconds=seconds)
            rate.add(EACH, len(seen.latencies) / (seen.ended - seen.began))
            rate.add(OURS, CALLS * a_call / accept(BatchClient(client), CALLS, a_call))
        stack = ground.stack()
        with stack.running("web", stack.commands()["web"]) as web:
            client = stack.registered()
            idle = _memory(web.pid, "VmRSS")
            took = upload(BatchClient(client), rows, stack.directory / "recipients.csv")
            rate.add(UPLOAD, rows / took)
            length.add(UPLOAD, took)
            memory.add(UPLOAD, (_memory(web.pid, "VmHWM") - idle) / MIB)
        whole.add(OURS, _to_provider(ground.stack(), END_TO_END, a_call))
    return {each.name: each for each in (rate, length, memory, whole)}


def accept(batches: BatchClient, calls: int, a_call: int) -> float:
    """Send so many calls, two at once, all signed beforehand, and return the seconds that they took."""
    content = {"channel": "solapi", "message": MESSAGE, "lane": "bulk", "recipients": people(a_call)}
    body = json.dumps(content, ensure_ascii=False).encode()
    signed = [batches.client.signed("POST", BATCHES, body, uuid.uuid4().hex) for _ in range(calls)]
    with ThreadPoolExecutor(2) as callers:
        began = time.monotonic()
        answers = [*callers.map(lambda one: _post(one[0], one[1], body), signed)]
        took = time.monotonic() - began
    wrong = [answer.text for answer in answers if answer.status_code != requests.codes.accepted]
    if wrong or any(answer.json()["accepted"] != a_call for answer in answers):
        raise RuntimeError(f"not everything was accepted: {wrong[:1]}")
    return took


def _post(url: str, headers: dict[str, str], body: bytes) -> requests.Response:
    return requests.post(url, data=body, headers={**headers, "Content-Type": "application/json"}, timeout=60)


def upload(batches: BatchClient, rows: int, path: Path, **fields: Any) -> float:  # noqa: ANN401 - a batch's fields
    """Upload so many recipients from a file, and return the seconds that it took."""
    path.write_bytes(b"".join(lines(rows)))
    batch = batches.made(lane="bulk", **fields)["id"]
    where = f"{BATCHES}/{batch}/recipients"
    url, headers = batches.client.signed("PUT", where, path.read_bytes())
    began = time.monotonic()
    with path.open("rb") as file:
        answer = requests.put(url, data=file, headers={**headers, "Content-Type": "text/csv"}, timeout=600)
    took = time.monotonic() - began
    if answer.json().get("accepted") != rows:
        raise RuntimeError(f"not everything was accepted: {answer.text}")
    return took


def lines(rows: int) -> Iterator[bytes]:
    """Write recipients as CSV."""
    yield b"to,name,order\n"
    for number in range(rows):
        yield f"010{20000100 + number},홍길동,A-{number}\n".encode()


def _to_provider(stack: Installation, calls: int, a_call: int) -> float:
    """Messages a second from the first call to the last message at the provider."""
    with ExitStack() as running:
        running.enter_context(stack.providing(0))
        client = running.enter_context(stack.serving(processes=1))
        running.enter_context(stack.at_work())
        accept(BatchClient(client), 1, 100)
        stack.wait_for_count(100)
        began = time.time()
        accept(BatchClient(client), calls, a_call)
        stack.wait_for_count(100 + calls * a_call)
        return calls * a_call / (max(stack.seen().values()) - began)


def _memory(pid: int, name: str) -> int:
    """KiB of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))
